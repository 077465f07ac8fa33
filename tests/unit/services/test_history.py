"""What happened in a thread: never older than the moment it was asked for, and cheap for many who ask at once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.protocol.codec import JSON, MSGPACK
from hubbub.services.cache import OVERHEAD
from hubbub.services.history import EncodedPage, History, ThreadRef
from hubbub.storage.comments import Page
from hubbub.storage.engine import Database
from tests.unit.conftest import Worker
from tests.unit.samples import ANN, BOB, EPOCH, MAY, SITE, THREAD, actor, post, remove, thread
from tests.unit.services.stepped import Stepped, settle
from tests.unit.worker.tables import batch, tables

PAGE = Page(50)
NONE = "2222333344445555"
OTHER = "othertherethread"


@dataclass
class Queries:
    """How often storage was asked."""

    count: int = 0


@contextmanager
def counting(database: Database) -> Iterator[Queries]:
    """Counts what readers execute."""
    queries = Queries()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        queries.count += not statement.startswith("BEGIN")

    event.listen(database.reader, "before_cursor_execute", note)
    try:
        yield queries
    finally:
        event.remove(database.reader, "before_cursor_execute", note)


@pytest.fixture
def history(database: Database) -> History:
    """A history that knows nothing yet."""
    return History(database)


def numbers(page: EncodedPage) -> list[int]:
    """The numbers of the comments on a page."""
    return [one["number"] for one in msgspec.json.decode(page.comments)]


async def code(work: object) -> str:
    """How `work` is refused."""
    with pytest.raises(Refused) as caught:
        await work  # type: ignore[misc]  # whatever can be awaited
    return caught.value.code


async def test_a_thread_is_found_and_remembered(history: History, database: Database) -> None:
    with counting(database) as queries:
        assert await history.find(SITE, "/none") is None
        assert await history.find(SITE, "/page") == ThreadRef(THREAD, SITE, "/page")
        assert queries.count == 2
        assert await history.find(SITE, "/page") == await history.ref(THREAD)
        assert queries.count == 2
    other = History(database)
    assert await other.ref(THREAD) == ThreadRef(THREAD, SITE, "/page")
    with counting(database) as queries:
        assert await other.find(SITE, "/page") == await other.ref(THREAD)
        assert queries.count == 0


async def test_a_thread_made_later_is_found_then(worker: Worker) -> None:
    history = History(worker.database)
    assert await history.find(SITE, "/new") is None
    await worker.database.write(lambda db: db.execute(text("UPDATE thread SET key = '/new'")))
    assert await history.find(SITE, "/new") is not None


async def test_what_is_not_there(history: History) -> None:
    assert await code(history.ref(NONE)) is ErrorCode.NOT_FOUND
    assert await code(history.thread(NONE)) is ErrorCode.NOT_FOUND
    assert await code(history.head(NONE)) is ErrorCode.NOT_FOUND
    assert await code(history.page(NONE, PAGE, JSON)) is ErrorCode.NOT_FOUND
    assert await code(history.page(NONE, PAGE, JSON, ANN)) is ErrorCode.NOT_FOUND
    assert await code(history.events(NONE, 0, 10)) is ErrorCode.NOT_FOUND
    assert await code(history.events_since(NONE, EPOCH, 0, 10)) is ErrorCode.NOT_FOUND
    assert await history.heads([NONE]) == {}


async def test_memory_is_bounded(worker: Worker) -> None:
    history = History(worker.database, page_bytes=50_000, threads=3)
    for number in range(1, 21):
        await worker.command_bus.submit(post(number))
    pages = [Page(limit, before=before) for limit in (10, 20) for before in range(2, 22)]
    for number, page in enumerate(pages):
        history.remember(thread(id=f"t{number}", key=f"/{number}"))
        await history.page(THREAD, page, JSON)
    assert list(history._by_id) == ["t37", "t38", "t39"]
    assert len(history._by_key) == 3
    kept = [found for page in pages if (found := history._pages.get((THREAD, page, JSON.name)))]
    assert 1 < len(kept) == len(history._pages)
    assert history._pages.currsize == sum(len(page.comments) + OVERHEAD for page in kept) <= 50_000


async def test_a_page_of_a_log_that_went_back_is_not_shown(worker: Worker) -> None:
    """A standby took over without the last commit; its epoch is the same."""
    history = History(worker.database)
    for number in (1, 2):
        await worker.command_bus.submit(post(number))
    assert numbers(await history.page(THREAD, PAGE, JSON)) == [2, 1]
    await worker.database.write(lambda db: db.execute(text("DELETE FROM comment WHERE number = 2")))
    await worker.database.write(lambda db: db.execute(text("UPDATE thread SET head = 1")))
    assert numbers(await history.page(THREAD, PAGE, JSON)) == [1]


async def test_a_hundred_who_ask_at_once_cost_two_queries(history: History, database: Database) -> None:
    with counting(database) as queries:
        assert set(await asyncio.gather(*(history.head(THREAD) for _ in range(100)))) == {(EPOCH, 0)}
    assert queries.count <= 2
    with counting(database) as queries:
        pages = await asyncio.gather(*(history.page(THREAD, PAGE, JSON) for _ in range(100)))
    assert len(set(map(id, pages))) == 1
    assert queries.count <= 2 + 2, "heads, and a page: its thread and its comments"


async def test_those_who_ask_meanwhile_share_the_next_query() -> None:
    with tables() as db:
        storage = Stepped(db)
        history = History(storage.as_database)
        first = [asyncio.create_task(history.head(THREAD)) for _ in range(50)]
        await settle()
        await storage.step()
        later = [asyncio.create_task(history.head(THREAD)) for _ in range(50)]
        await storage.finish(*first, *later)
        assert storage.count == 2


async def test_heads_of_several_threads_are_one_query_and_only_the_unknown_fails() -> None:
    with tables(thread(), thread(id=OTHER, key="/other", head=0)) as db:
        storage = Stepped(db)
        history = History(storage.as_database)
        asks = [asyncio.create_task(history.head(name)) for name in (THREAD, OTHER, NONE)]
        await storage.finish(*asks)
        assert storage.count == 1
        assert [await asks[0], await asks[1]] == [(EPOCH, 0)] * 2
        assert await code(asks[2]) is ErrorCode.NOT_FOUND


async def test_a_page_that_is_still_good_costs_no_reading_of_comments(worker: Worker) -> None:
    history = History(worker.database)
    await worker.command_bus.submit(post(1))
    first = await history.page(THREAD, PAGE, JSON)
    with counting(worker.database) as queries:
        assert await history.page(THREAD, PAGE, JSON) is first
    assert queries.count == 1, "the head alone"
    await worker.command_bus.submit(post(2))
    assert numbers(await history.page(THREAD, PAGE, JSON)) == [2, 1]
    assert numbers(first) == [1]


async def test_pages_are_kept_apart_by_place_and_encoding(worker: Worker) -> None:
    history = History(worker.database)
    for number in (1, 2, 3):
        await worker.command_bus.submit(post(number))
    for _ in range(2):
        assert numbers(await history.page(THREAD, PAGE, JSON)) == [3, 2, 1]
        assert numbers(await history.page(THREAD, Page(2), JSON)) == [3, 2]
        assert numbers(await history.page(THREAD, Page(2, newest_first=False), JSON)) == [1, 2]
        assert numbers(await history.page(THREAD, Page(50, before=2), JSON)) == [1]
        assert (await history.page(THREAD, Page(2), JSON)).more
        assert not (await history.page(THREAD, Page(3), JSON)).more
        packed = await history.page(THREAD, PAGE, MSGPACK)
        assert msgspec.msgpack.decode(packed.comments)[0]["number"] == 3


@pytest.mark.parametrize(
    ("viewer", "bodies"),
    [
        (None, [None, None]),
        (actor("eve"), [None, None]),
        (ANN, ["text 1", None]),
        (BOB, [None, "text 2"]),
        (MAY, ["text 1", "text 2"]),
        (actor("may", MAY.role, "other"), [None, None]),
    ],
)
async def test_who_sees_which_source_texts(worker: Worker, viewer: Actor | None, bodies: list[str | None]) -> None:
    history = History(worker.database)
    await worker.command_bus.submit(post(1, ANN))
    await worker.command_bus.submit(post(2, BOB))
    for who in (MAY, ANN, viewer, None, viewer):  # whoever was here before
        page = await history.page(THREAD, Page(50, newest_first=False), JSON, who)
        if who is viewer:
            assert [one.get("body") for one in msgspec.json.decode(page.comments)] == bodies
        if who is None:
            assert b'"body"' not in page.comments


async def test_readers_with_a_token_share_the_page_of_those_without(worker: Worker) -> None:
    history = History(worker.database)
    await worker.command_bus.submit(post(1, ANN))
    page = await history.page(THREAD, PAGE, JSON)
    assert await history.page(THREAD, PAGE, JSON, BOB) is page
    assert await history.page(THREAD, PAGE, JSON, actor("may", MAY.role, "other")) is page, "a moderator elsewhere"


@pytest.mark.parametrize("viewer", [None, ANN, BOB, MAY])
async def test_what_was_acknowledged_is_seen(worker: Worker, viewer: Actor | None) -> None:
    history = History(worker.database)
    for number in range(1, 6):
        await worker.command_bus.submit(post(number, BOB if number % 2 else ANN))
        assert numbers(await history.page(THREAD, PAGE, JSON, viewer)) == list(range(number, 0, -1))
    await worker.command_bus.submit(remove(3))
    page = await history.page(THREAD, PAGE, JSON, viewer)
    assert b"text 3" not in page.comments
    assert (await history.counts(SITE, ["/page"])) == {"/page": 4}


class Race:
    """Readers, writers and a slow storage, in any order."""

    def __init__(self, storage: Stepped) -> None:
        self.storage = storage
        self.history = History(storage.as_database)
        self.written = 0
        self.asks: list[tuple[int, asyncio.Task[int]]] = []

    def write(self) -> None:
        """A comment is acknowledged."""
        self.written += 1
        batch(self.storage.db, post(self.written))

    def ask(self, viewer: Actor | None) -> None:
        """Somebody asks for the page."""

        async def head() -> int:
            page = await self.history.page(THREAD, PAGE, JSON, viewer)
            assert numbers(page) == list(range(page.thread.head, max(0, page.thread.head - PAGE.limit), -1))
            return page.thread.head

        self.asks.append((self.written, asyncio.create_task(head())))

    async def check(self) -> None:
        """Nobody was told less than was acknowledged when they asked."""
        await self.storage.finish(*(task for _, task in self.asks))
        for acknowledged, task in self.asks:
            assert acknowledged <= await task <= self.written


async def test_a_page_already_being_read_is_not_given_to_who_asked_after_a_write() -> None:
    with tables() as db:
        race = Race(Stepped(db))
        race.ask(None)
        await settle()
        for _ in range(3):  # the head is looked up and told; the page has been looked at, not told
            await race.storage.step()
        race.write()
        race.ask(None)
        await settle()
        for _ in range(2):  # the new head is looked up and told, while the first still waits for its page
            await race.storage.step(-1)
        await race.check()


steps = st.one_of(
    st.just("write"), st.sampled_from(["ask", "ask as ann", "ask as bob"]), st.just(0), st.just(-1), st.integers(1, 5)
)


@given(st.lists(steps, max_size=40))
def test_nobody_ever_sees_less_than_was_acknowledged_when_they_asked(plan: list[str | int]) -> None:
    async def run() -> None:
        with tables() as db:
            race = Race(Stepped(db))
            for step in plan:
                if step == "write":
                    race.write()
                elif isinstance(step, str):
                    race.ask({"ask": None, "ask as ann": ANN, "ask as bob": BOB}[step])
                    await settle()
                elif race.storage.pending:
                    await race.storage.step(step)
            await race.check()

    asyncio.run(run())


async def test_a_log_that_is_replaced_between_two_looks_does_not_keep_anybody_waiting() -> None:
    """A backup was put in place: another epoch, a lower head."""
    with tables(thread(head=5, last_number=5)) as db:
        storage = Stepped(db)
        history = History(storage.as_database)
        asking = asyncio.create_task(history.page(THREAD, PAGE, JSON))
        await settle()
        await storage.step()
        db.execute(text("UPDATE thread SET epoch = 'new', head = 1"))
        await storage.finish(asking)
        assert (await asking).thread.epoch == "new"


@pytest.mark.parametrize("viewer", [None, MAY])
async def test_a_failure_reaches_all_who_asked_and_the_next_ask_works(viewer: Actor | None) -> None:
    with tables() as db:
        storage = Stepped(db)
        history = History(storage.as_database)
        for steps in range(3):  # fails at the head, and at the page
            asks = [asyncio.create_task(history.page(THREAD, PAGE, JSON, viewer)) for _ in range(5)]
            await settle()
            for _ in range(steps):
                await storage.step()
            storage.failing = True
            await storage.finish(*asks)
            assert {type(error) for error in await asyncio.gather(*asks, return_exceptions=True)} == {ConnectionError}
            storage.failing = False
        asking = asyncio.create_task(history.page(THREAD, PAGE, JSON, viewer))
        await storage.finish(asking)
        assert (await asking).thread.head == 0


async def test_a_thread_that_is_gone_between_two_looks_is_not_found() -> None:
    with tables() as db:
        storage = Stepped(db)
        asking = asyncio.create_task(History(storage.as_database).page(THREAD, PAGE, JSON))
        await settle()
        await storage.step()
        db.execute(text("DELETE FROM thread"))
        await storage.finish(asking)
        assert await code(asking) is ErrorCode.NOT_FOUND


async def test_who_leaves_takes_nothing_from_the_others() -> None:
    with tables() as db:
        storage = Stepped(db)
        history = History(storage.as_database)
        asks = [asyncio.create_task(history.page(THREAD, PAGE, JSON)) for _ in range(3)]
        await settle()
        asks[0].cancel()
        await storage.step()
        await storage.step()
        asks[1].cancel()
        await storage.finish(asks[2])
        assert (await asks[2]).thread.id == THREAD


async def test_events_since(worker: Worker) -> None:
    history = History(worker.database)
    for number in (1, 2, 3):
        await worker.command_bus.submit(post(number))
    found = await history.events_since(THREAD, EPOCH, 1, 1)
    assert [one.seq for one in found.events] == [2]
    assert found.more
    assert [one.seq for one in (await history.events_since(THREAD, EPOCH, 3, 10)).events] == []
    assert await code(history.events_since(THREAD, EPOCH, 4, 10)) is ErrorCode.RESET
    assert await code(history.events_since(THREAD, "old", 0, 10)) is ErrorCode.RESET


async def test_the_thread_as_it_is_now(worker: Worker) -> None:
    history = History(worker.database)
    assert (await history.thread(THREAD)).head == 0
    await worker.command_bus.submit(post(1))
    assert (await history.thread(THREAD)).head == 1
    assert await history.heads([THREAD, NONE]) == {THREAD: (EPOCH, 1)}


async def test_counts_are_there_for_every_key_that_was_asked(worker: Worker) -> None:
    history = History(worker.database)
    await worker.command_bus.submit(post(1))
    assert await history.counts(SITE, ["/none", "/page", "/none"]) == {"/none": 0, "/page": 1}
    assert await history.counts("none", ["/page"]) == {"/page": 0}
