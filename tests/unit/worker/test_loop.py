"""The worker's loop: answers only after commit and publication, and one bad command or a full disk harms no other."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any

import msgspec
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from structlog.testing import capture_logs

from hubbub.commands import AnyWrite
from hubbub.commands.base import Answer, Denied, Done
from hubbub.commands.posting import PostComment
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.storage.engine import Database
from hubbub.storage.idempotency import count_dead_letters, handled_before, insert_handled
from hubbub.storage.sites import all_sites
from hubbub.storage.threads import thread_by_id
from hubbub.transport.base import Delivery, Publication
from hubbub.transport.memory import MemoryBus, MemoryCommandBus
from hubbub.worker.loop import BATCH, PAUSE_AFTER, REMEMBERED_MS, CommitLoop, Timings
from tests.support.waiting import until
from tests.unit.conftest import Published, Worker
from tests.unit.samples import AT, THREAD, close, post, reopen, uuid
from tests.unit.worker.tables import outcome


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What the worker says of failures; drawing their tracebacks would take most of these tests' time."""
    with capture_logs() as lines:
        yield lines


class Batches:
    """A command bus that hands out prepared batches and notes their answers, and then nothing more."""

    paused = False

    def __init__(self, *batches: Sequence[AnyWrite]) -> None:
        self._batches = list(batches)
        self.answers: dict[AnyWrite, list[Answer]] = {command: [] for batch in batches for command in batch}
        self.finished = asyncio.Event()

    async def submit(self, command: AnyWrite) -> Done:
        """Nobody submits here."""
        raise AssertionError

    async def take(self, most: int) -> Sequence[Delivery]:
        """The next batch."""
        if not self._batches:
            self.finished.set()
            await asyncio.Event().wait()
        batch = self._batches.pop(0)
        assert len(batch) <= most
        return [Delivery(command, self.answers[command].append) for command in batch]

    def pause(self) -> None:
        """See Queue."""
        self.paused = True

    def resume(self) -> None:
        """See Queue."""
        self.paused = False

    async def run(
        self, database: Database, bus: MemoryBus, timings: Timings = Timings(), *, wait_for_storage: bool = False
    ) -> list[Answer]:
        """Has a loop work through the batches; the answers, exactly one for each command."""
        loop = CommitLoop(self, bus, database, wait_for_storage=wait_for_storage, timings=timings)
        running = asyncio.create_task(loop.run())
        ended = asyncio.create_task(self.finished.wait())
        await asyncio.wait((running, ended), timeout=30, return_when=asyncio.FIRST_COMPLETED)
        assert not running.done(), f"the worker ended: {running.exception()!r}"
        assert ended.done(), "the worker waits for something"
        running.cancel()
        await asyncio.wait((running,))
        await loop.finished()
        assert {len(given) for given in self.answers.values()} == {1}
        return [answer for (answer,) in self.answers.values()]


def stored(database: Database) -> set[str]:
    """The ids of all comments on disk, as another process sees them."""
    connection = sqlite3.connect(str(database.url.database))
    try:
        return {row[0] for row in connection.execute("SELECT id FROM comment")}
    finally:
        connection.close()


def poison(number: int) -> PostComment:
    """A comment that SQLite cannot store: its text is no text."""
    return post(number, body="\ud800")


def null(number: int) -> PostComment:
    """A comment that the schema refuses."""
    good = post(number)
    return PostComment(good.id, good.thread, good.actor, good.body, None, None)  # type: ignore[arg-type]  # NOT NULL


async def test_senders_hear_of_it_after_it_is_on_disk_and_published(database: Database) -> None:
    happened: list[str] = []

    def publish(publication: Publication) -> None:
        happened.append("published" if stored(database) == {uuid(1), uuid(2)} else "published before it was stored")

    def answer(answer: Answer) -> None:
        happened.append(f"answered {answer.seq if isinstance(answer, Done) else answer}")

    bus = Published(publish)
    loop = CommitLoop(MemoryCommandBus(), bus, database)
    await loop._handle([Delivery(post(1), answer), Delivery(post(2), answer)])
    await loop.finished()
    assert happened == ["published", "answered 1", "answered 2"]


async def test_a_batch_is_one_transaction_and_one_publication(worker: Worker) -> None:
    done = await asyncio.gather(*(worker.command_bus.submit(post(number)) for number in range(1, 21)))
    assert [one.seq for one in done] == list(range(1, 21))
    assert [len(publication.events) for publication in worker.published] == [20]


async def test_no_batch_is_over_its_limit(worker: Worker) -> None:
    count = 2 * BATCH + 1
    await asyncio.gather(*(worker.command_bus.submit(post(number)) for number in range(count)))
    sizes = [len(publication.events) for publication in worker.published]
    assert sum(sizes) == count
    assert max(sizes) <= BATCH


async def test_a_refusal_reaches_its_sender_alone(worker: Worker) -> None:
    results = await asyncio.gather(
        worker.command_bus.submit(post(1)),
        worker.command_bus.submit(post(2, parent=uuid(9))),
        worker.command_bus.submit(post(3)),
        return_exceptions=True,
    )
    refused = results[1]
    assert isinstance(refused, Refused)
    assert refused.code is ErrorCode.BAD_REQUEST
    assert [result.seq for result in results if isinstance(result, Done)] == [1, 2]


@pytest.mark.parametrize("bad", [poison, null])
@pytest.mark.parametrize("place", [0, 3, 7])
async def test_a_command_that_cannot_be_stored_stands_alone(database: Database, bad: type, place: int) -> None:
    commands: list[AnyWrite] = [post(number) for number in range(1, 9)]
    commands[place] = bad(place + 1)
    answers = await Batches(commands).run(database, MemoryBus())
    denied = [answer for answer in answers if isinstance(answer, Denied)]
    assert [answer.code for answer in denied] == [ErrorCode.INTERNAL]
    assert answers[place] is denied[0]
    assert [answer.seq for answer in answers if isinstance(answer, Done)] == list(range(1, 8))
    assert stored(database) == {uuid(number) for number in range(1, 9)} - {uuid(place + 1)}


async def test_many_bad_commands_stand_alone_too(database: Database, logged: list[MutableMapping[str, Any]]) -> None:
    commands: list[AnyWrite] = [poison(n) if n % 3 == 0 else post(n) for n in range(1, 20)]
    answers = await Batches(commands, [post(99)]).run(database, MemoryBus())
    assert [isinstance(answer, Denied) for answer in answers] == [n % 3 == 0 for n in range(1, 20)] + [False]
    assert [answer.seq for answer in answers if isinstance(answer, Done)] == list(range(1, 15))
    assert [(line["event"], line["command"]) for line in logged] == [("poison_command", "PostComment")] * 6


async def test_while_storage_is_away_nothing_is_stored_and_then_all_goes_on(worker: Worker) -> None:
    await worker.database.write(lambda db: db.execute(text("PRAGMA busy_timeout = 0")))
    other = sqlite3.connect(str(worker.database.url.database), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        results = await asyncio.gather(
            *(worker.command_bus.submit(post(number)) for number in range(1, 4)), return_exceptions=True
        )
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert [(r.code, r.retry_after) for r in results if isinstance(r, Refused)] == [(ErrorCode.UNAVAILABLE, 1)] * 3
    assert stored(worker.database) == set()
    assert worker.published == []
    assert (await worker.command_bus.submit(post(1))).seq == 1


async def test_a_full_disk_is_unavailable_and_leaves_nothing_half_stored(worker: Worker) -> None:
    pages: int = await worker.database.write(lambda db: db.execute(text("PRAGMA page_count")).scalar())
    await worker.database.write(lambda db: db.execute(text(f"PRAGMA max_page_count = {pages + 2}")))
    results = await asyncio.gather(
        *(worker.command_bus.submit(post(number, body="x" * 9000)) for number in range(1, 9)), return_exceptions=True
    )
    assert {r.code if isinstance(r, Refused) else r for r in results} == {ErrorCode.UNAVAILABLE}
    assert stored(worker.database) == set()
    assert worker.published == []
    found = await worker.database.read(thread_by_id, THREAD)
    assert found is not None
    assert (found.head, found.comments) == (0, 0)
    await worker.database.write(lambda db: db.execute(text("PRAGMA max_page_count = 100000")))
    done = await asyncio.gather(*(worker.command_bus.submit(post(number, body="x" * 9000)) for number in range(1, 9)))
    assert [one.seq for one in done] == list(range(1, 9))


async def test_a_publication_that_fails_stops_neither_the_answer_nor_the_worker(
    database: Database, logged: list[MutableMapping[str, Any]]
) -> None:
    """What is committed is committed: nodes find a lost publication by comparing heads."""

    def fail(publication: Publication) -> None:
        raise RuntimeError("planted")

    bus = Published(fail)
    answers = await Batches([post(1)], [post(2)]).run(database, bus)
    assert [answer.seq for answer in answers if isinstance(answer, Done)] == [1, 2]
    assert [line["event"] for line in logged] == ["not_published"] * 2


async def turns() -> None:
    """The loop goes round some times: whatever waits for nothing is done then."""
    for _ in range(10):
        await asyncio.sleep(0)


class HeldBus(Published):
    """A bus that takes its time, once."""

    def __init__(self) -> None:
        self.published: list[Publication] = []
        super().__init__(self.published.append)
        self.publishing = asyncio.Event()
        self.go_on = asyncio.Event()

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Waits to be told, the first time."""
        if not self.publishing.is_set():
            self.publishing.set()
            await self.go_on.wait()
        await super().publish(publications)


async def test_a_batch_under_way_is_finished_when_the_worker_is_told_to_end(database: Database) -> None:
    command_bus, bus = MemoryCommandBus(), HeldBus()
    loop = CommitLoop(command_bus, bus, database)
    running = asyncio.create_task(loop.run())
    sending = asyncio.create_task(command_bus.submit(close()))
    await bus.publishing.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not sending.done()
    finishing = asyncio.create_task(loop.finished())
    await turns()
    assert not finishing.done()
    bus.go_on.set()
    await finishing
    assert (await sending).seq == 1


async def test_a_worker_that_had_nothing_to_do_is_finished_at_once(database: Database) -> None:
    loop = CommitLoop(MemoryCommandBus(), MemoryBus(), database)
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await loop.finished()


async def test_what_could_not_be_stored_is_kept_to_be_looked_at(database: Database) -> None:
    """As JSON, or as much of it as can be shown, without anything that no database takes."""
    await Batches([poison(1)], [null(2)]).run(database, MemoryBus())
    rows = await database.read(lambda db: db.execute(text("SELECT command, error FROM dead_letter ORDER BY id")).all())
    assert await database.read(count_dead_letters) == 2
    assert "PostComment" in rows[0][0]
    assert "\\ud800" in rows[0][0]
    assert rows[0][1].startswith("UnicodeEncodeError")
    assert json.loads(rows[1][0])["id"] == uuid(2)
    assert rows[1][1].startswith("IntegrityError: NOT NULL")


async def test_halving_keeps_the_order(database: Database) -> None:
    """What follows a bad command finds what came before it, in whichever half each is."""
    commands: list[AnyWrite] = [post(1), post(2, parent=uuid(1)), poison(3), close("x"), post(4), reopen(), post(5)]
    commands.insert(5, poison(6))
    answers = await Batches(commands).run(database, MemoryBus())
    codes = [outcome(answer)[1] for answer in answers]
    assert codes == [1, 2, ErrorCode.INTERNAL, 3, ErrorCode.THREAD_CLOSED, ErrorCode.INTERNAL, 4, 5]


class Flaky:
    """A database whose writes fail first: with these errors, before or after they are on disk."""

    def __init__(self, database: Database, *errors: Exception, committed: bool = False) -> None:
        self._database = database
        self._errors = list(errors)
        self._committed = committed
        self.writes = self.done = 0

    async def write(self, change: Callable[..., Any], *args: Any) -> Any:
        """See Database."""
        self.writes += 1
        if not self._errors:
            done = await self._database.write(change, *args)
            self.done += 1
            return done
        if self._committed:
            await self._database.write(change, *args)
        raise self._errors.pop(0)

    async def read(self, query: Callable[..., Any], *args: Any) -> Any:
        """See Database."""
        return await self._database.read(query, *args)


def away(sqlstate: str | None = None) -> OperationalError:
    """An error as psycopg's come from SQLAlchemy."""
    orig: Exception = sqlite3.OperationalError() if sqlstate is None else psycopg.errors.lookup(sqlstate)()
    return OperationalError("COMMIT", {}, orig)


@pytest.mark.parametrize("committed", [False, True], ids=["undone", "on disk"])
async def test_a_loop_that_waits_for_storage_tries_again_until_storage_is_back(
    database: Database, committed: bool, logged: list[MutableMapping[str, Any]]
) -> None:
    """Whether the lost transaction was stored or not: every command is carried out once and has one answer."""
    flaky = Flaky(database, away("57P01"), away("57P03"), committed=committed)
    commands: list[AnyWrite] = [post(1), post(2), *(msgspec.structs.replace(close(r), request=r) for r in ("a", "b"))]
    answers = await Batches(commands).run(flaky, MemoryBus(), wait_for_storage=True)  # type: ignore[arg-type]  # all that a loop uses
    told = [answer.seq for answer in answers if isinstance(answer, Done)]
    assert told == ([1, 2, None, None] if committed else [1, 2, 3, 4])
    found = await database.read(thread_by_id, THREAD)
    assert found is not None
    assert (found.head, found.reason) == (4, "b")
    assert [line["event"] for line in logged] == ["storage_unavailable", "storage_back"]


async def test_who_cannot_write_for_long_leaves_the_work_to_others_meanwhile(database: Database) -> None:
    paused: list[bool] = []
    batches = Batches([post(1)])

    class Watched(Flaky):
        async def write(self, change: Callable[..., Any], *args: Any) -> Any:
            paused.append(batches.paused)
            return await super().write(change, *args)

    flaky = Watched(database, *(away("57P03") for _ in range(PAUSE_AFTER + 2)))
    await batches.run(flaky, MemoryBus(), wait_for_storage=True)  # type: ignore[arg-type]  # all that a loop uses
    assert paused == [False] * (PAUSE_AFTER + 1) + [True] * 2
    assert not batches.paused


async def test_who_is_paused_does_not_stay_so_for_another_reason(database: Database) -> None:
    """Who is paused is brought nothing, and would never find out that it can write."""
    batches = Batches()
    flaky = Flaky(database, *(away("57P03") for _ in range(PAUSE_AFTER + 2)), ValueError("planted"))
    loop = CommitLoop(batches, MemoryBus(), flaky, wait_for_storage=True, timings=Timings(retry=0.01))  # type: ignore[arg-type]  # all that a loop uses
    with pytest.raises(ValueError, match="planted"):
        await loop._write(all_sites)
    assert not batches.paused


async def test_who_lost_a_race_finds_the_winners_work(database: Database) -> None:
    """No command is at fault when another worker stored the same a moment before: the batch stays whole."""
    race = IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation())
    flaky = Flaky(database, race)
    answers = await Batches([post(1), post(2)]).run(flaky, MemoryBus())  # type: ignore[arg-type]  # all that a loop uses
    assert [answer.seq for answer in answers if isinstance(answer, Done)] == [1, 2]
    assert flaky.writes == 2


async def test_the_next_batch_is_stored_while_the_last_one_is_told(database: Database) -> None:
    """And told only after it, so that a thread's publications leave in order."""
    bus, batches, writer = HeldBus(), Batches([post(1)], [post(2)]), Flaky(database)
    running = asyncio.create_task(batches.run(writer, bus))  # type: ignore[arg-type]  # all that a loop uses
    await until(lambda: writer.done == 2, "both are stored")
    await turns()
    assert batches.answers == {post(1): [], post(2): []}
    bus.go_on.set()
    assert [answer.seq for answer in await running if isinstance(answer, Done)] == [1, 2]
    assert [event.seq for publication in bus.published for event in publication.events] == [1, 2]


async def test_old_requests_are_forgotten_now_and_then(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the database's clock: the worker's is some years ahead."""
    await database.write(insert_handled, {"old": None})
    with database.writer.begin() as db:
        db.execute(text(f"UPDATE handled SET at = at - {REMEMBERED_MS + 2000}"))
    await database.write(insert_handled, {"new": None})
    monkeypatch.setattr("time.time_ns", lambda: 2 * AT * 1_000_000)
    await Batches([post(1)]).run(database, MemoryBus(), Timings(forget=0.0))
    assert await database.read(handled_before, ["old", "new"]) == {"new": None}
