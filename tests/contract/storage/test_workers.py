"""Several workers over one PostgreSQL: whoever comes second finds what the first did, and storage that is away is
waited for."""

import asyncio
import random
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import replace
from string import ascii_letters
from typing import Any

import psycopg
import pytest
from msgspec import structs
from sqlalchemy import Connection, text
from structlog.testing import capture_logs

from hubbub.commands import AnyWrite
from hubbub.commands.base import Done
from hubbub.commands.sites import PutSite, UseCode
from hubbub.commands.threads import SetMode
from hubbub.domain.errors import ErrorCode
from hubbub.domain.model import Hold
from hubbub.storage import empty_threads
from hubbub.storage.comments import comment_by_id
from hubbub.storage.engine import Database
from hubbub.storage.events import events_since
from hubbub.storage.idempotency import count_dead_letters
from hubbub.storage.migrate import upgrade
from hubbub.storage.sites import all_sites, put_site
from hubbub.storage.threads import insert_threads, lock_threads, thread_by_id
from hubbub.transport.memory import MemoryBus, MemoryCommandBus
from hubbub.worker.committer import Committed, commit
from hubbub.worker.loop import CommitLoop, Timings
from tests.contract.storage.conftest import UNHURRIED
from tests.support.pgbouncer_service import pgbouncer
from tests.support.postgresql_service import postgresql_server, wait_for_postgresql
from tests.support.relay import Relay as Way
from tests.support.services import Service
from tests.support.waiting import until
from tests.unit import samples
from tests.unit.samples import OTHER, THREAD, close, edit, ensure, post, put_thread, remove, site, thread, uuid
from tests.unit.worker.tables import outcome


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What the workers say."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def second(postgresql: Service, database: Database) -> Iterator[Database]:
    """Another process's way to the same database, which has another thread as well."""
    with database.writer.begin() as db:
        insert_threads(db, [thread(id=OTHER, key="/other")], samples.AT)
    found = Database(postgresql.url, UNHURRIED)
    yield found
    found.close()


@pytest.fixture
async def worker(second: Database) -> AsyncIterator[MemoryCommandBus]:
    """The way to a commit loop over `second`."""
    command_bus = MemoryCommandBus()
    async with at_work(command_bus, second):
        yield command_bus


@asynccontextmanager
async def at_work(
    command_bus: MemoryCommandBus, database: Database, timings: Timings = Timings()
) -> AsyncIterator[None]:
    """A commit loop, which waits for storage, for as long as the block runs."""
    loop = CommitLoop(command_bus, MemoryBus(), database, wait_for_storage=True, timings=timings)
    running = asyncio.create_task(loop.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await loop.finished()


class PausedOrNot(MemoryCommandBus):
    """Remembers whether it is paused."""

    paused = False

    def pause(self) -> None:
        """See Queue."""
        self.paused = True

    def resume(self) -> None:
        """See Queue."""
        self.paused = False


async def meanwhile(first: Database, commands: list[AnyWrite], work: Callable[[], Any]) -> tuple[Committed, Any]:
    """`commands` in a transaction of `first` that is committed only once `work` waits for it."""
    loop, begun, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def slowly(db: Connection) -> Committed:
        done = commit(db, commands)
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(60)
        return done

    def waits(db: Connection) -> bool:
        return bool(db.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")))

    committing = asyncio.create_task(first.write(slowly))
    await begun.wait()
    working = asyncio.ensure_future(work())
    while not await first.read(waits):
        assert not working.done(), f"expected to wait for the first: {working}"
        await asyncio.sleep(0.01)
    go_on.set()
    return await committing, await asyncio.gather(working, return_exceptions=True)


def answer(found: Any) -> Any:
    """The one thing that came of `meanwhile`'s work."""
    return found[0]


async def test_a_worker_finds_what_another_did_while_it_waited_for_the_thread(
    database: Database, worker: MemoryCommandBus
) -> None:
    _, told = await meanwhile(database, [post(1), close("Enough.")], lambda: worker.submit(post(2)))
    assert answer(told).code is ErrorCode.THREAD_CLOSED


async def test_a_worker_finds_comments_as_another_left_them(database: Database, worker: MemoryCommandBus) -> None:
    """What is read before the lock could be written back as it was."""
    await worker.submit(post(1))
    await meanwhile(database, [edit(1, "new")], lambda: worker.submit(remove(1)))
    found = await database.read(comment_by_id, uuid(1))
    assert found is not None
    assert (found.body, found.removed) == ("new", True)


def test_a_thread_in_which_somebody_posts_just_now_is_not_forgotten(database: Database, second: Database) -> None:
    with database.writer.begin() as posting:
        commit(posting, [post(1)])
        with second.writer.begin() as forgetting:
            assert not empty_threads.forget_unread(forgetting, -60_000)  # ms: as if everything were old
    with database.reader.begin() as db:
        found = thread_by_id(db, samples.THREAD)
        assert found is not None
        assert found.comments == 1
        assert thread_by_id(db, OTHER) is None


async def test_a_post_brought_to_two_workers_is_stored_once(database: Database, worker: MemoryCommandBus) -> None:
    first, told = await meanwhile(database, [post(1)], lambda: worker.submit(post(1)))
    assert outcome(answer(told)) == outcome(first.answers[0]) == ("done", 1)


async def test_an_id_used_in_two_threads_at_once_is_good_for_one(database: Database, worker: MemoryCommandBus) -> None:
    """The threads' locks don't order these; the ids' index does."""
    _, told = await meanwhile(database, [post(1)], lambda: worker.submit(post(1, thread=OTHER)))
    assert answer(told).code is ErrorCode.CONFLICT
    assert (await worker.submit(post(1))).seq == 1
    found = await database.read(thread_by_id, OTHER)
    assert found is not None
    assert found.head == 0


async def test_a_page_made_by_two_workers_at_once_is_one_thread(database: Database, worker: MemoryCommandBus) -> None:
    first, told = await meanwhile(database, [ensure("/new"), ensure("/b")], lambda: worker.submit(ensure("/new")))
    made = first.answers[0]
    assert isinstance(made, Done)
    assert answer(told) == made


async def test_a_request_brought_to_two_workers_is_carried_out_once(
    database: Database, worker: MemoryCommandBus
) -> None:
    def closing(request: str) -> AnyWrite:
        return put_thread("/page", title="Title", request=request)

    first, told = await meanwhile(database, [closing("r")], lambda: worker.submit(closing("r")))
    assert outcome(first.answers[0]) == ("done", 1)
    assert outcome(answer(told)) == ("done", None)
    code = UseCode(code="c")
    first, told = await meanwhile(database, [code], lambda: worker.submit(code))
    assert answer(told).code is ErrorCode.UNAUTHORIZED
    new = PutSite.of(site("new"))
    first, told = await meanwhile(database, [new], lambda: worker.submit(new))
    assert answer(told) == Done()


@pytest.mark.parametrize("hold", [Hold.NONE, Hold.ALL])
async def test_of_two_workers_who_give_a_name_at_once_the_second_sees_what_the_first_gave(
    database: Database, worker: MemoryCommandBus, hold: Hold
) -> None:
    def named(number: int, author: str, thread: str) -> AnyWrite:
        return structs.replace(
            post(number, replace(samples.actor(author), name="Nina"), thread=thread), keeps_names=True
        )

    await worker.submit(SetMode(THREAD, samples.MAY, hold=hold))
    _, told = await meanwhile(database, [named(1, "one", THREAD)], lambda: worker.submit(named(2, "two", OTHER)))
    assert answer(told).code is ErrorCode.NAME_TAKEN


async def test_workers_that_meet_in_many_threads_never_lock_each_other_out(
    database: Database, second: Database
) -> None:
    ids = [f"t{number}" for number in range(1000)]
    await database.write(insert_threads, [thread(id=one, key=one) for one in ids], samples.AT)
    locking = [one.write(lock_threads, order) for order in (ids, ids[::-1]) for one in (database, second) * 20]
    assert {len(locked) for locked in await asyncio.gather(*locking)} == {1000}


async def test_a_connection_that_is_cut_again_and_again_stores_everything_once(
    database: Database, worker: MemoryCommandBus, postgresql: Service
) -> None:
    posting = [asyncio.create_task(worker.submit(post(number, request=f"r{number}"))) for number in range(1, 301)]
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        for _ in range(20):
            await asyncio.to_thread(
                connection.execute,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ 'comment|COMMIT'"
                " AND pid <> pg_backend_pid()",
            )
    done = await asyncio.gather(*posting)
    assert [one.seq for one in done] == list(range(1, 301))
    page = await database.read(events_since, THREAD, 0, 1000)
    assert page is not None
    assert len(page.events) == 300


@pytest.fixture
def own() -> Iterator[Service]:
    """A PostgreSQL that this test may stop."""
    with postgresql_server() as server:
        yield server


async def prepared(own: Service) -> Database:
    """A connection to it, migrated, with a thread."""
    database = Database(own.url, UNHURRIED)
    await database.write(upgrade)
    await database.write(put_site, site())
    await database.write(insert_threads, [thread()], samples.AT)
    return database


async def test_a_database_that_is_away_is_waited_for(own: Service, logged: list[MutableMapping[str, Any]]) -> None:
    database, command_bus = await prepared(own), MemoryCommandBus()
    try:
        async with at_work(command_bus, database):
            await command_bus.submit(post(1))
            own.end(signal.SIGQUIT)  # immediate: as if it had crashed
            waiting = [asyncio.create_task(command_bus.submit(post(number))) for number in range(2, 30)]
            await until(lambda: any(line["event"] == "storage_unavailable" for line in logged), "storage is missed")
            own.start()
            async with asyncio.timeout(60):
                assert [one.seq for one in await asyncio.gather(*waiting)] == list(range(2, 30))
        assert await database.read(count_dead_letters) == 0
        assert [line["event"] for line in logged] == ["storage_unavailable", "storage_back"]
    finally:
        database.close()


async def test_a_worker_that_is_cut_off_leaves_its_share_to_others_meanwhile(
    database: Database, postgresql: Service
) -> None:
    """Packets vanish, so nothing fails for long."""
    command_bus = PausedOrNot()
    with ExitStack() as stack:
        async with Way(postgresql.url) as way:
            worker = Database(way.url, UNHURRIED)
            stack.callback(worker.close)
            async with at_work(command_bus, worker, Timings(doubt=0.2)):
                await command_bus.submit(post(1))
                way.stall()
                waiting = asyncio.create_task(command_bus.submit(post(2)))
                await until(lambda: command_bus.paused, "it rests")
                way.resume()
                assert (await waiting).seq == 2
                assert not command_bus.paused


async def test_a_write_that_only_takes_long_is_no_reason_to_rest(database: Database, postgresql: Service) -> None:
    """All workers would."""
    asked = Asked(postgresql.url, UNHURRIED)
    command_bus = PausedOrNot()
    try:
        await asked.read(all_sites)  # so that there is a connection
        with psycopg.connect(postgresql.url) as other:
            other.execute("SELECT * FROM thread FOR UPDATE")
            async with at_work(command_bus, asked, Timings(doubt=2.0)):  # twice what it is, for a busy machine
                waiting = asyncio.create_task(command_bus.submit(post(1)))
                await until(lambda: asked.answers > 2, "it asks twice")
                assert not command_bus.paused
                other.rollback()
                assert (await waiting).seq == 1
    finally:
        asked.close()


class Asked(Database):
    """Counts answers."""

    answers = 0

    async def read(self, query: Callable[..., Any], *args: Any) -> Any:
        """See Database."""
        found = await super().read(query, *args)
        self.answers += 1
        return found


async def test_a_worker_can_end_while_storage_is_away(own: Service, logged: list[MutableMapping[str, Any]]) -> None:
    database, command_bus = await prepared(own), MemoryCommandBus()
    try:
        async with asyncio.timeout(None) as ending, at_work(command_bus, database):
            await command_bus.submit(post(1))
            own.end(signal.SIGQUIT)
            waiting = asyncio.create_task(command_bus.submit(post(2)))
            await until(lambda: any(line["event"] == "storage_unavailable" for line in logged), "storage is missed")
            ending.reschedule(asyncio.get_running_loop().time() + Timings().drain - 2)
        assert not waiting.done(), "not answered, so that another worker will take it"
        waiting.cancel()
        own.start()
        (await asyncio.to_thread(wait_for_postgresql, own.url)).close()
        assert await database.read(comment_by_id, uuid(2)) is None
    finally:
        database.close()


async def test_a_schema_that_is_not_there_is_waited_for(own: Service) -> None:
    database, command_bus = await prepared(own), MemoryCommandBus()
    try:
        with psycopg.connect(own.url, autocommit=True) as connection:
            connection.execute("ALTER TABLE comment RENAME TO hidden")  # an operator at work: nobody's fault either
            async with at_work(command_bus, database):
                waiting = asyncio.create_task(command_bus.submit(post(1)))
                await asyncio.sleep(0.5)  # two attempts and more: nothing may come of them
                assert not waiting.done()
                connection.execute("ALTER TABLE hidden RENAME TO comment")
                assert (await waiting).seq == 1
        assert await database.read(count_dead_letters) == 0
    finally:
        database.close()


async def test_what_is_not_the_databases_fault_is_put_aside(database: Database, worker: MemoryCommandBus) -> None:
    unlikely = "".join(
        random.Random(1).choices(ascii_letters, k=20_000)
    )  # more than an index takes, and incompressible
    bad: list[AnyWrite] = [post(3, body="\ud800", request="a"), post(4, body="a\0b", request="b"), ensure(unlikely)]
    good: list[AnyWrite] = [post(number) for number in (1, 2, 5, 6)]
    async with asyncio.timeout(60):
        results = await asyncio.gather(*(worker.submit(one) for one in [*bad, *good]), return_exceptions=True)
    codes = [getattr(result, "code", None) for result in results]
    assert codes == [ErrorCode.INTERNAL] * 3 + [None] * 4
    assert await database.read(count_dead_letters) == 3
    again = (await database.write(commit, [bad[0], bad[1]])).answers
    assert [outcome(one) for one in again] == [("denied", ErrorCode.INTERNAL)] * 2, "refused once, refused for ever"


async def test_two_that_migrate_at_once_do_it_once(own: Service) -> None:
    with pgbouncer(own, connections=3) as bouncer:
        several = [Database(url, UNHURRIED) for url in (own.url, bouncer.url, bouncer.url)]
        try:
            await asyncio.gather(*(one.write(upgrade) for one in several))
            await several[0].write(put_site, site())
            assert len(await several[1].read(all_sites)) == 1
        finally:
            for one in several:
                one.close()
