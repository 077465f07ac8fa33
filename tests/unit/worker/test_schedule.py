"""What is due happens, once, whoever looks, and whatever is wrong with another plan (G19)."""

import asyncio
import sqlite3
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from hubbub.commands.base import Answer, Denied, Done
from hubbub.commands.schedule import KINDS, CarryOutPlanned, to_payload
from hubbub.commands.threads import SetMode
from hubbub.domain.errors import ErrorCode
from hubbub.domain.events import Kind
from hubbub.storage import schema
from hubbub.storage.engine import Database
from hubbub.storage.events import events_since
from hubbub.storage.schedule import Due, due_now, put_due
from hubbub.storage.threads import thread_by_id
from hubbub.worker.committer import commit
from hubbub.worker.schedule import Schedule
from tests.unit.conftest import Published
from tests.unit.samples import MAY, THREAD, close, reopen

PAST, FUTURE = 1000, 4_000_000_000_000


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is said of failures."""
    with capture_logs() as lines:
        yield lines


async def commanded(database: Database, command: Any) -> Answer:
    """What the worker answers to a command."""
    (answer,) = (await database.write(commit, [command])).answers
    return answer


async def plan(database: Database, close_at: int | None) -> Answer:
    """A moderator sets when the thread closes."""
    return await commanded(database, SetMode(THREAD, MAY, close_at))


async def kinds(database: Database) -> list[str]:
    """The kinds of the thread's events, in order."""
    page = await database.read(events_since, THREAD, 0, 100)
    assert page is not None
    return [event.kind for event in page.events]


def schedule(database: Database, published: list[Any] | None = None) -> Schedule:
    """One that publishes into a list."""
    return Schedule(Published((published if published is not None else []).append), database)


async def test_a_thread_closes_when_it_is_due_and_readers_are_told(database: Database) -> None:
    assert isinstance(await plan(database, PAST), Done)
    published: list[Any] = []
    await schedule(database, published).run_due()
    thread = await database.read(thread_by_id, THREAD)
    assert thread is not None
    assert (thread.closed, thread.mode.close_at) == (True, None)
    assert [event.kind for event in published[0].events] == [Kind.CLOSED]
    assert (published[0].events[0].by, published[0].events[0].by_id) == (MAY.name, MAY.id)


async def test_it_is_not_closed_before(database: Database) -> None:
    await plan(database, FUTURE)
    await schedule(database).run_due()
    assert await kinds(database) == [Kind.MODE]


async def test_many_who_look_at_the_same_time_do_it_once(database: Database) -> None:
    await plan(database, PAST)
    await asyncio.gather(*(schedule(database).run_due() for _ in range(4)))
    assert await kinds(database) == [Kind.MODE, Kind.CLOSED]


async def test_a_worker_that_comes_late_does_not_do_it_again(database: Database) -> None:
    await plan(database, PAST)
    (due,) = await database.read(due_now, KINDS, 10)
    for command in (CarryOutPlanned(id=due.id, payload=due.payload), reopen()) * 2:
        await commanded(database, command)
    assert await kinds(database) == [Kind.MODE, Kind.CLOSED, Kind.REOPENED]


@pytest.mark.parametrize("instead", [FUTURE, None])
async def test_another_time_or_none_takes_the_place_of_the_first(database: Database, instead: int | None) -> None:
    await plan(database, PAST)
    await plan(database, instead)
    await schedule(database).run_due()
    assert await kinds(database) == [Kind.MODE, Kind.MODE]


async def test_who_closes_by_hand_leaves_nothing_to_do(database: Database) -> None:
    await plan(database, PAST)
    await commanded(database, close())
    await commanded(database, reopen())
    await schedule(database).run_due()
    assert await kinds(database) == [Kind.MODE, Kind.CLOSED, Kind.REOPENED]


async def test_a_thread_that_a_node_without_plans_has_closed_keeps_no_time_to_close(database: Database) -> None:
    await plan(database, PAST)
    await database.write(lambda db: db.execute(update(schema.thread).values(closed=True)))
    await schedule(database).run_due()
    thread = await database.read(thread_by_id, THREAD)
    assert thread is not None
    assert (thread.closed, thread.mode.close_at) == (True, None)


async def test_the_same_time_again_changes_nothing(database: Database) -> None:
    await plan(database, FUTURE)
    assert await plan(database, FUTURE) == Done(await database.read(thread_by_id, THREAD))
    assert await kinds(database) == [Kind.MODE]


async def test_a_closed_thread_takes_no_time_to_close(database: Database) -> None:
    await commanded(database, close())
    answer = await plan(database, FUTURE)
    assert isinstance(answer, Denied)
    assert answer.code == ErrorCode.CONFLICT


async def test_a_plan_that_cannot_be_carried_out_does_not_stop_the_others(
    database: Database, logged: list[MutableMapping[str, Any]]
) -> None:
    await database.write(put_due, Due("bad", 1, "CloseThread", "x", "no JSON"))
    await plan(database, PAST)
    await schedule(database).run_due()
    assert await kinds(database) == [Kind.MODE, Kind.CLOSED]
    assert [line["plan"] for line in logged if line["event"] == "plan_failed"] == ["bad"]
    assert await database.read(due_now, KINDS, 10) == []  # it is tried again later


async def test_a_plan_that_is_refused_is_over(database: Database, logged: list[MutableMapping[str, Any]]) -> None:
    gone = close(thread="gone")
    payload = to_payload(gone)
    await database.write(put_due, Due("close gone", 1, "CloseThread", "gone", payload))
    await schedule(database).run_due()
    assert [line["event"] for line in logged] == ["plan_refused"]
    assert await database.read(due_now, KINDS, 10) == []


async def test_what_is_due_while_storage_is_away_happens_when_it_is_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plan(database, PAST)
    write, away = database.write, [True, True]

    async def failing(*args: Any) -> Any:
        if away:
            away.pop()
            raise OperationalError("UPDATE", {}, sqlite3.OperationalError("disk I/O error"))
        return await write(*args)

    monkeypatch.setattr(database, "write", failing)
    closed = asyncio.Event()
    running = asyncio.create_task(Schedule(Published(lambda _: closed.set()), database, every=0.01).run())
    async with asyncio.timeout(30):
        await closed.wait()
    running.cancel()
    assert await kinds(database) == [Kind.MODE, Kind.CLOSED]
