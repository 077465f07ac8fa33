"""The worker's loop: answers only after commit and publication, and one bad command or a full disk harms no other."""

import asyncio
import sqlite3
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from hubbub.domain.errors import ErrorCode, Refused
from hubbub.storage import reads
from hubbub.storage.engine import Database
from hubbub.transport.base import Delivery
from hubbub.transport.commands import Answer, AnyWrite, Denied, Done, PostComment, Publication
from hubbub.transport.memory import MemoryBus, MemoryIngest
from hubbub.worker.relay import BATCH, Relay
from tests.unit.conftest import Worker
from tests.unit.samples import THREAD, close, post, uuid


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What the worker says of failures; drawing their tracebacks would take most of these tests' time."""
    with capture_logs() as lines:
        yield lines


class Batches:
    """An ingest that hands out prepared batches and notes their answers, and then nothing more."""

    def __init__(self, *batches: Sequence[AnyWrite]) -> None:
        self._batches = list(batches)
        self.answers: dict[AnyWrite, list[Answer]] = {command: [] for batch in batches for command in batch}
        self.finished = asyncio.Event()

    async def append(self, command: AnyWrite) -> Done:
        """Nobody appends here."""
        raise AssertionError

    async def take(self, most: int) -> Sequence[Delivery]:
        """The next batch."""
        if not self._batches:
            self.finished.set()
            await asyncio.Event().wait()
        batch = self._batches.pop(0)
        assert len(batch) <= most
        return [Delivery(command, self.answers[command].append) for command in batch]

    async def run(self, database: Database, bus: MemoryBus) -> list[Answer]:
        """Has a relay work through the batches; the answers, exactly one for each command."""
        running = asyncio.create_task(Relay(self, bus, database).run())
        ended = asyncio.create_task(self.finished.wait())
        await asyncio.wait((running, ended), timeout=30, return_when=asyncio.FIRST_COMPLETED)
        assert not running.done(), f"the worker ended: {running.exception()!r}"
        assert ended.done(), "the worker waits for something"
        running.cancel()
        await asyncio.wait((running,))
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

    bus = MemoryBus()
    bus.handler = publish
    relay = Relay(MemoryIngest(), bus, database)
    await relay._handle([Delivery(post(1), answer), Delivery(post(2), answer)])
    assert happened == ["published", "answered 1", "answered 2"]


async def test_a_batch_is_one_transaction_and_one_publication(worker: Worker) -> None:
    done = await asyncio.gather(*(worker.ingest.append(post(number)) for number in range(1, 21)))
    assert [one.seq for one in done] == list(range(1, 21))
    assert [len(publication.events) for publication in worker.published] == [20]


async def test_no_batch_is_over_its_limit(worker: Worker) -> None:
    count = 2 * BATCH + 1
    await asyncio.gather(*(worker.ingest.append(post(number)) for number in range(count)))
    sizes = [len(publication.events) for publication in worker.published]
    assert sum(sizes) == count
    assert max(sizes) <= BATCH


async def test_a_refusal_reaches_its_sender_alone(worker: Worker) -> None:
    results = await asyncio.gather(
        worker.ingest.append(post(1)),
        worker.ingest.append(post(2, parent=uuid(9))),
        worker.ingest.append(post(3)),
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
            *(worker.ingest.append(post(number)) for number in range(1, 4)), return_exceptions=True
        )
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert [(r.code, r.retry_after) for r in results if isinstance(r, Refused)] == [(ErrorCode.UNAVAILABLE, 1)] * 3
    assert stored(worker.database) == set()
    assert worker.published == []
    assert (await worker.ingest.append(post(1))).seq == 1


async def test_a_full_disk_is_unavailable_and_leaves_nothing_half_stored(worker: Worker) -> None:
    pages: int = await worker.database.write(lambda db: db.execute(text("PRAGMA page_count")).scalar())
    await worker.database.write(lambda db: db.execute(text(f"PRAGMA max_page_count = {pages + 2}")))
    results = await asyncio.gather(
        *(worker.ingest.append(post(number, body="x" * 9000)) for number in range(1, 9)), return_exceptions=True
    )
    assert {r.code if isinstance(r, Refused) else r for r in results} == {ErrorCode.UNAVAILABLE}
    assert stored(worker.database) == set()
    assert worker.published == []
    found = await worker.database.read(reads.thread_by_id, THREAD)
    assert found is not None
    assert (found.head, found.comments) == (0, 0)
    await worker.database.write(lambda db: db.execute(text("PRAGMA max_page_count = 100000")))
    done = await asyncio.gather(*(worker.ingest.append(post(number, body="x" * 9000)) for number in range(1, 9)))
    assert [one.seq for one in done] == list(range(1, 9))


async def test_a_publication_that_fails_stops_neither_the_answer_nor_the_worker(
    database: Database, logged: list[MutableMapping[str, Any]]
) -> None:
    """What is committed is committed: nodes find a lost publication by comparing heads."""

    def fail(publication: Publication) -> None:
        raise RuntimeError("planted")

    bus = MemoryBus()
    bus.handler = fail
    answers = await Batches([post(1)], [post(2)]).run(database, bus)
    assert [answer.seq for answer in answers if isinstance(answer, Done)] == [1, 2]
    assert [line["event"] for line in logged] == ["not_published"] * 2


class HeldBus(MemoryBus):
    """A bus that takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.publishing = asyncio.Event()
        self.go_on = asyncio.Event()

    async def publish(self, publication: Publication) -> None:
        """Waits to be told."""
        self.publishing.set()
        await self.go_on.wait()


async def test_a_batch_under_way_is_finished_when_the_worker_is_told_to_end(database: Database) -> None:
    ingest, bus = MemoryIngest(), HeldBus()
    relay = Relay(ingest, bus, database)
    running = asyncio.create_task(relay.run())
    sending = asyncio.create_task(ingest.append(close()))
    await bus.publishing.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not sending.done()
    finishing = asyncio.create_task(relay.finished())
    bus.go_on.set()
    await finishing
    assert (await sending).seq == 1


async def test_a_worker_that_had_nothing_to_do_is_finished_at_once(database: Database) -> None:
    relay = Relay(MemoryIngest(), MemoryBus(), database)
    running = asyncio.create_task(relay.run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await relay.finished()
