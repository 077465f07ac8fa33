"""What is due happens, once, although processes die (G19): in one process, and with many."""

import asyncio
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.contract import Api
from tests.support.many import Many, Web, many
from tests.support.postgresql_service import wait_for_postgresql
from tests.support.server import Server
from tests.support.waiting import until

WAIT = 60.0  # s on a busy machine; a quiet one takes two


def close_in(url: str, token: str, thread: str, seconds: float) -> str:
    """Sets when the thread closes; returns the time as the answer shows it."""
    close_at = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    answer = httpx.patch(
        f"{url}/api/v1/threads/{thread}",
        json={"close_at": close_at},
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    shown: str = answer.raise_for_status().json()["thread"]["mode"]["close_at"]
    return shown


def kinds(server: Any, thread: str) -> list[str]:
    """The kinds of the thread's events, in order."""
    epoch = server.get("/api/v1/threads", thread=thread)["thread"]["epoch"]
    return [event["kind"] for event in server.get(f"/api/v1/threads/{thread}/events", epoch=epoch, after=0)["events"]]


async def test_a_thread_that_is_due_while_the_server_is_killed_closes_once_it_is_back(server: Server) -> None:
    thread, other = server.open_thread("/due"), server.open_thread("/later")
    assert close_in(server.url, server.token(), thread, 2).endswith("Z")
    close_in(server.url, server.token(), other, 3600)
    server.kill()
    await asyncio.sleep(2)  # it becomes due meanwhile
    server.start()
    await until(lambda: "thread.closed" in kinds(server, thread), "the thread is closed", WAIT)
    server.kill()
    server.start()
    await asyncio.sleep(1)  # a second look
    assert kinds(server, thread) == ["thread.mode", "thread.closed"]
    assert kinds(server, other) == ["thread.mode"]


async def test_a_delayed_comment_is_seen_once_although_the_server_is_killed(server: Server) -> None:
    thread, later, token = server.open_thread("/delayed"), server.open_thread("/delayed/later"), server.token()
    with Api(server.url) as api:
        ann = api.session(name="Ann").token
        for one in (thread, later):
            api.call("PATCH", f"/api/v1/threads/{one}", {"delay": 600}, token=token).ok()
        posted = [api.post(thread, token=ann).ok(201)["comment"]["id"] for _ in range(3)]
        api.post(later, token=ann).ok(201)
    for one, count in ((thread, 3), (later, 1)):
        server.kill()
        bring_forward(server, one)
        server.start()
        await until(partial(seen, server, one, count), "all are seen", WAIT)
    # What was due in the end was looked for after the second start: by then nothing is seen twice.
    assert kinds(server, thread) == ["thread.mode", *["comment.posted"] * 3]
    comments = server.get("/api/v1/threads", thread=thread)["comments"]
    assert [comment["id"] for comment in reversed(comments)] == posted


def seen(server: Server, thread: str, count: int) -> bool:
    """Whether so many of the thread's comments are seen."""
    return kinds(server, thread).count("comment.posted") == count


def bring_forward(server: Server, thread: str) -> None:
    """The time of a thread's delayed comments comes."""
    with closing(sqlite3.connect(server.data_dir / "hubbub.db")) as database, database:
        for change in ("UPDATE held SET due = 0 WHERE thread = ?", "UPDATE schedule SET due = 0 WHERE subject = ?"):
            assert database.execute(change, (thread,)).rowcount > 0


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """A web node and two workers."""
    with many(tmp_path_factory.mktemp("due"), webs=1, workers=2) as found:
        yield found


async def test_a_worker_that_is_killed_leaves_what_is_due_to_the_other(nodes: Many) -> None:
    (web,), token = nodes.webs, nodes.token()
    threads = [web.open_thread(f"/due/{number}") for number in range(20)]
    delayed = [web.open_thread(f"/delayed/{number}") for number in range(10)]
    with Api(web.url) as api:
        ann = api.session(name="Ann").token
        for thread in delayed:
            api.call("PATCH", f"/api/v1/threads/{thread}", {"delay": 2}, token=token).ok()
            api.post(thread, token=ann).ok(201)
    for thread in threads:
        close_in(web.url, token, thread, 2)
    nodes.workers[0].kill()
    await until_closed(web, threads)
    assert {tuple(kinds(web, thread)) for thread in delayed} == {("thread.mode", "comment.posted")}
    nodes.workers[0].start()


async def test_a_database_that_fails_in_the_middle_of_closing_closes_each_thread_once(nodes: Many) -> None:
    (web,), token, service = nodes.webs, nodes.token(), nodes.postgresql
    threads = [web.open_thread(f"/due/failover/{number}") for number in range(10)]
    for thread in threads:
        close_in(web.url, token, thread, 3600)
    with (
        closing(psycopg.connect(service.url, autocommit=True)) as database,
        closing(psycopg.connect(service.url)) as other,
    ):
        other.execute("SELECT id FROM thread FOR UPDATE")  # no transaction that closes one gets further
        database.execute("UPDATE schedule SET due = 0")
        await until(lambda: is_waiting(database), "a worker is closing them", WAIT)
        service.send(signal.SIGQUIT)  # what `pg_ctl stop -m immediate` sends
        assert service.process is not None
        await asyncio.to_thread(service.process.wait)
    service.start()
    wait_for_postgresql(service.url).close()
    await until_closed(web, threads)


async def until_closed(web: Web, threads: Sequence[str]) -> None:
    """Waits until all are closed; AssertionError if any is closed again."""
    await until(lambda: all("thread.closed" in kinds(web, one) for one in threads), "all are closed", WAIT)
    await asyncio.sleep(1)  # nobody does it again
    assert {tuple(kinds(web, thread)) for thread in threads} == {("thread.mode", "thread.closed")}


def is_waiting(database: psycopg.Connection) -> bool:
    """Whether a transaction waits for a lock."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = 'hubbub' AND wait_event_type = 'Lock'"
    return database.execute(waiting).fetchone() is not None
