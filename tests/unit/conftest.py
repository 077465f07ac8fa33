"""What unit tests share: bounded Hypothesis, a migrated SQLite database, and a worker that runs over it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from hubbub.storage.engine import Database
from hubbub.storage.sites import put_site
from hubbub.storage.threads import insert_threads
from hubbub.transport.base import Handler, Publication
from hubbub.transport.memory import MemoryBus, MemoryCommandBus
from hubbub.worker.loop import CommitLoop
from tests.unit import samples
from tests.unit.migrated import migrated

# A red run must mean that the change under test is wrong, and must be red again when it is run again: so examples do
# not differ between runs. `--hypothesis-profile=explore` is for looking further, at random.
settings.register_profile("unit", max_examples=60, deadline=None, derandomize=True, database=None)
settings.register_profile("explore", max_examples=2000, deadline=None, database=None)
settings.load_profile("unit")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database of this test's own, with the site `samples.SITE` and the thread `samples.THREAD` in it."""
    path = tmp_path / "hubbub.db"
    path.write_bytes(migrated())
    database = Database(f"sqlite:///{path}")
    with database.writer.begin() as db:
        put_site(db, samples.site())
        insert_threads(db, [samples.thread()], samples.AT)
    yield database
    database.close()


class Published(MemoryBus):
    """A bus that hands `to` the publications of all topics."""

    def __init__(self, to: Handler) -> None:
        super().__init__()
        self._to = to

    async def publish(self, publications: Sequence[Publication]) -> None:
        """See Bus."""
        for publication in publications:
            self._to(publication)


@dataclass
class Worker:
    """A commit loop at work, what goes into it and what comes out."""

    database: Database
    command_bus: MemoryCommandBus
    bus: MemoryBus
    loop: CommitLoop
    published: list[Publication]


@pytest.fixture
async def worker(database: Database) -> AsyncIterator[Worker]:
    """A running commit loop over `database`."""
    published: list[Publication] = []
    command_bus, bus = MemoryCommandBus(), Published(published.append)
    worker = Worker(database, command_bus, bus, CommitLoop(command_bus, bus, database), published)
    running = asyncio.create_task(worker.loop.run())
    yield worker
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await worker.loop.finished()
