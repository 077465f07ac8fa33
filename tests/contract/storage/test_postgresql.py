"""Connections to PostgreSQL: limits that end with each transaction, and connections that are lost, silent or frozen."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import msgspec
import psycopg
import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from hubbub.logs import describe
from hubbub.storage.comments import Page, Snapshot, comment_by_id, read_snapshot
from hubbub.storage.engine import READERS, Database
from hubbub.storage.events import EventPage, events_since
from hubbub.storage.faults import is_away
from hubbub.storage.paging import PAGE_BYTES
from hubbub.storage.postgresql import Timings
from hubbub.storage.sites import all_sites, put_site
from hubbub.storage.threads import lock_threads, thread_by_id
from hubbub.storage.trees import TreePage, read_tree
from hubbub.worker.committer import commit
from tests.contract.storage.conftest import UNHURRIED
from tests.support.pgbouncer_service import pgbouncer
from tests.support.relay import Relay
from tests.support.services import Service
from tests.unit.samples import THREAD, post, site, uuid
from tests.unit.storage.test_comments import QUESTIONS
from tests.unit.storage.test_trees import QUESTIONS as TREE_QUESTIONS

LOCKS, WRITES, READS, IDLE, SILENCE = (
    getattr(Timings(), name) for name in ("locks", "write", "read", "idle", "silence")
)
SLACK = 5.0  # s that a busy machine may need on top


@pytest.fixture(scope="session")
def bouncer(postgresql: Service) -> Iterator[Service]:
    """PgBouncer with fewer connections than any two of our processes want."""
    with pgbouncer(postgresql, connections=2) as server:
        yield server


@pytest.fixture(params=["direct", "pgbouncer"])
def way(request: pytest.FixtureRequest, database: Database, postgresql: Service) -> Iterator[Database]:
    """The database, prepared already, as another process gets to it."""
    url = postgresql.url if request.param == "direct" else request.getfixturevalue("bouncer").url
    found = Database(url)
    yield found
    found.close()


def setting(db: Connection, name: str) -> str:
    """A setting in force."""
    return str(db.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar_one())


@pytest.mark.parametrize(
    ("name", "writing", "reading"),
    [
        ("transaction_isolation", "read committed", "repeatable read"),
        ("transaction_read_only", "off", "on"),
        ("statement_timeout", f"{WRITES:g}s", f"{READS:g}s"),
        ("lock_timeout", f"{LOCKS:g}s", f"{LOCKS:g}s"),
        ("idle_in_transaction_session_timeout", f"{IDLE:g}s", f"{IDLE:g}s"),
    ],
)
async def test_settings_in_force(way: Database, name: str, writing: str, reading: str) -> None:
    assert await way.write(setting, name) == writing
    assert await way.read(setting, name) == reading


async def test_nothing_outlives_its_transaction(way: Database) -> None:
    """Behind PgBouncer the next transaction of the same connection is somebody else's."""

    def backend(db: Connection) -> tuple[int, int]:
        prepared = "SELECT pg_backend_pid(), (SELECT count(*) FROM pg_prepared_statements)"
        pid, count = db.execute(text(prepared)).one()
        return pid, count

    for number in range(12):  # psycopg would prepare a statement that it sees for the sixth time
        await way.write(commit, [post(number)])
        assert (await way.write(backend))[1] == 0
        assert (await way.read(backend))[1] == 0
    with way.writer.raw_connection() as raw:
        timeout = raw.execute("SHOW statement_timeout").fetchone()
    assert timeout == ("0",)


async def test_a_reader_cannot_write(way: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        await way.read(put_site, site("other"))


async def test_many_processes_share_few_connections(bouncer: Service, database: Database) -> None:
    processes = [Database(bouncer.url, UNHURRIED) for _ in range(4)]  # nobody gives up while others have their turn
    try:
        await asyncio.gather(
            *(processes[number % 4].write(commit, [post(number)]) for number in range(32)),
            *(one.read(thread_by_id, THREAD) for one in processes for _ in range(20)),
        )
        found = await database.read(thread_by_id, THREAD)
        assert found is not None
        assert (found.head, found.comments) == (32, 32)
    finally:
        for one in processes:
            one.close()


def test_the_address_that_hosting_services_give_will_do() -> None:
    database = Database("postgres://nobody@127.0.0.1:1/none?connect_timeout=7")  # nothing connects before it is used
    try:
        assert not database.is_sqlite
        _, options = database.writer.dialect.create_connect_args(database.writer.url)
        assert database.writer.dialect.driver == "psycopg"
        assert options["connect_timeout"] == "7", "what the address says goes before our own"
    finally:
        database.close()


def terminate(postgresql: Service, database: str = "hubbub") -> None:
    """Ends all connections to a database but this one, and waits for it."""
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> pg_backend_pid()",
            [database],
        )


async def test_a_lost_connection_is_not_noticed_by_readers(way: Database, postgresql: Service) -> None:
    for _ in range(3):
        await asyncio.gather(*(way.read(all_sites) for _ in range(4 * READERS)))
        terminate(postgresql)
        assert len(await asyncio.gather(*(way.read(all_sites) for _ in range(4 * READERS)))) == 4 * READERS


async def test_a_connection_lost_while_writing_leaves_nothing_or_all(way: Database, postgresql: Service) -> None:
    def change(db: Connection) -> None:
        commit(db, [post(1)])
        terminate(postgresql)

    with pytest.raises(DBAPIError) as caught:
        await way.write(change)
    assert is_away(caught.value), describe(caught.value)
    assert await way.read(comment_by_id, uuid(1)) is None
    await way.write(commit, [post(1)])
    assert await way.read(comment_by_id, uuid(1)) is not None


async def test_a_frozen_writer_that_holds_rows_loses_them_soon(
    way: Database, database: Database, postgresql: Service
) -> None:
    """A stopped process is one that says nothing more between two statements of its transaction."""
    assert IDLE + 1 <= LOCKS, "soon enough for who waits for the rows"
    held, lost = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    began = time.monotonic()

    def freeze(db: Connection) -> None:
        lock_threads(db, [THREAD])
        loop.call_soon_threadsafe(held.set)
        lost.wait(60)
        commit(db, [post(1)])

    frozen = asyncio.create_task(way.write(freeze))
    await held.wait()
    waiting = Database(postgresql.url, Timings(locks=IDLE + 2 * SLACK))
    try:
        await waiting.write(commit, [post(2)])
        assert IDLE < time.monotonic() - began < IDLE + SLACK
    finally:
        lost.set()
        waiting.close()
    with pytest.raises(DBAPIError) as caught:
        await frozen
    assert is_away(caught.value), describe(caught.value)
    assert await database.read(comment_by_id, uuid(1)) is None


async def test_a_half_open_connection_is_given_up_and_replaced(database: Database, postgresql: Service) -> None:
    """Somebody between acknowledges every packet and passes nothing on: neither side's system can notice."""
    with ExitStack() as stack:
        async with Relay(postgresql.url) as relay, asyncio.timeout(READS + WRITES + 6 * SLACK):
            way = Database(relay.url)
            stack.callback(way.close)  # after the relay, whose end ends what still waits
            await way.read(all_sites)
            await way.write(commit, [post(1)])
            relay.freeze()
            began = time.monotonic()
            assert len(await way.read(all_sites)) == 1, "asked again on a fresh connection"
            assert time.monotonic() - began < READS + SILENCE + SLACK
            with pytest.raises(DBAPIError, match="said nothing") as caught:
                await way.write(commit, [post(2)])
            assert is_away(caught.value)
            await way.write(commit, [post(2)])


async def test_a_connection_that_is_silent_from_the_beginning_is_given_up(
    database: Database, postgresql: Service
) -> None:
    """Before the first transaction SQLAlchemy asks a few questions of its own."""
    with ExitStack() as stack:
        async with Relay(postgresql.url) as relay, asyncio.timeout(READS + SILENCE + 2 * SLACK):
            way = Database(relay.url)
            stack.callback(way.close)
            event.listen(way.writer, "connect", lambda *_: relay.freeze(), insert=True)
            with pytest.raises(DBAPIError, match="said nothing") as caught:
                await way.write(put_site, site())
            assert is_away(caught.value)


@pytest.mark.parametrize("timings", [Timings(silence=SLACK)], ids=["patient"])
async def test_a_statement_that_takes_too_long_is_ended(database: Database) -> None:
    """By PostgreSQL itself, so that it does not go on."""
    began = time.monotonic()
    with pytest.raises(DBAPIError, match="statement timeout") as caught:
        await database.read(lambda db: db.execute(text("SELECT pg_sleep(60)")))
    assert time.monotonic() - began < READS + SILENCE + SLACK
    assert is_away(caught.value)


async def test_an_error_does_not_tell_what_a_row_holds(database: Database) -> None:
    good = post(1, body="secret")
    bad = type(good)(good.id, good.thread, good.actor, good.body, None, None)  # type: ignore[arg-type]  # NOT NULL
    with pytest.raises(DBAPIError) as caught:
        await database.write(commit, [bad])
    assert not is_away(caught.value)
    assert "secret" not in describe(caught.value)


async def test_a_batch_is_a_handful_of_round_trips(database: Database) -> None:
    asked: list[str] = []

    def note(_db: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(database.writer, "before_cursor_execute", note)
    await database.write(commit, [post(number) for number in range(500)])
    assert len(asked) <= 7, asked  # and COMMIT; one of them keeps the authors


@pytest.mark.parametrize(("query", "values"), [*QUESTIONS, *TREE_QUESTIONS])
async def test_every_question_has_its_index(database: Database, query: Any, values: dict[str, object]) -> None:
    """However the tables grow: PostgreSQL finds a way without reading one from end to end."""

    def plan(db: Connection) -> str:
        db.execute(text("SET LOCAL enable_seqscan = off"))
        told = query.compile(db, compile_kwargs={"render_postcompile": True})
        rows = db.exec_driver_sql(f"EXPLAIN {told}", {**told.params, **values})
        return "\n".join(row[0] for row in rows)

    told = await database.write(plan)
    assert "Index" in told
    assert "Seq Scan" not in told


@pytest.mark.parametrize(
    ("read", "most"),
    [
        (lambda db: events_since(db, THREAD, 0, 50), 250),
        (lambda db: read_snapshot(db, THREAD, Page(50)), 250),
        (lambda db: read_snapshot(db, THREAD, Page(50, around=2500)), 250),
        (lambda db: read_tree(db, THREAD, TreePage(50)), 500),  # each root is found, looked up for answers, and read
        (lambda db: read_tree(db, THREAD, TreePage(50, newest_first=False, after=2500)), 500),
    ],
)
async def test_a_page_of_a_long_thread_costs_a_page_before_there_are_statistics(
    database: Database, read: Callable[[Connection], EventPage | Snapshot], most: int
) -> None:
    """A thread that just became busy: PostgreSQL still believes it to be short."""
    for start in range(0, 5000, 500):
        await database.write(commit, [post(number) for number in range(start, start + 500)])
    await database.read(read)  # so that what is read once only, such as the catalogue, is not counted
    assert await _blocks(database, read) < most, "expected a page of 50, of some blocks each"


@pytest.mark.parametrize(
    "read",
    [
        lambda db: events_since(db, THREAD, 0, 100),
        lambda db: read_snapshot(db, THREAD, Page(100)),
        lambda db: read_snapshot(db, THREAD, Page(100, newest_first=False)),
    ],
)
@pytest.mark.parametrize("large", [{"html": "&" * 50_000}, {"html": "", "body": "&" * 50_000}], ids=["HTML", "text"])
async def test_of_large_comments_no_more_is_sent_than_is_answered(
    database: Database, read: Callable[[Connection], EventPage | Snapshot], large: dict[str, str]
) -> None:
    for number in range(100):
        await database.write(commit, [msgspec.structs.replace(post(number), **large)])
    sent: list[int] = []

    def note(_db: Any, cursor: Any, *_rest: Any) -> None:
        sent.append(cursor.rowcount)

    event.listen(database.reader, "after_cursor_execute", note)
    page = await database.read(read)
    answered = len(page.events if isinstance(page, EventPage) else page.comments)
    assert answered == PAGE_BYTES // 50_000
    assert page.more
    assert sent[-1] == answered + 1, "the page, and the one that did not fit"


async def _blocks(database: Database, read: Callable[[Connection], object]) -> int:
    """How many blocks PostgreSQL looks at for it."""

    def count(db: Connection) -> int:
        asked: list[tuple[str, Any]] = []

        def note(_db: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
            asked.append((statement, parameters))

        event.listen(db, "before_cursor_execute", note)
        read(db)
        event.remove(db, "before_cursor_execute", note)
        plans = [
            db.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters).scalar_one()
            for statement, parameters in asked
        ]
        return sum(plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"] for plan in plans)

    return await database.read(count)
