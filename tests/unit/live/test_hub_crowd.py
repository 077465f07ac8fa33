"""Thousands of readers who come back at once: a few queries for all of them, and nobody misses anything."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import event

from hubbub.commands.posting import PostComment
from hubbub.protocol.requests.conversation import Position
from hubbub.storage.engine import Database
from tests.unit.live.desk import MODERATOR, Desk, open_desk, until
from tests.unit.live.reader import Reader

READERS = 2000
TOGETHER = 25  # who come in the same moment, at least
RATE = 2000  # who come in a second, however slow this machine is: a storm waits for nobody
QUERIES = 50 / 5  # a second, as promised: 50 in the 5 s that a reconnect storm may take
OPENING = 12  # the thread, its log's end, the pieces of the log


@contextmanager
def queries(database: Database) -> Iterator[list[str]]:
    """What is asked of storage."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    event.listen(database.reader, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.reader, "before_cursor_execute", note)


async def come_back(desk: Desk, readers: list[Reader], after: Position) -> None:
    """All join within a second or so, while comments are posted."""
    started = monotonic()
    joins: list[asyncio.Task[None]] = []
    for turn in count():
        due = max(len(joins) + TOGETHER, int((monotonic() - started) * RATE))
        for reader in readers[len(joins) : due]:
            joins.append(asyncio.create_task(desk.hub.join(reader.connection, desk.topic, 1, after)))
        if turn % 4 == 0:
            await desk.post()
            desk.publish()
        await asyncio.sleep(0.01)
        if len(joins) == len(readers):
            break
    await asyncio.gather(*joins)


@pytest.mark.parametrize("behind", [5, 1500])
async def test_a_reconnect_storm_costs_few_queries(tmp_path: Path, behind: int) -> None:
    async with open_desk(tmp_path) as desk:
        commands = [PostComment(f"id-{n}", desk.thread, MODERATOR, "x", "x", None) for n in range(2000)]
        await desk.write(*commands)
        epoch, head = await desk.history.head(desk.thread)
        desk.unpublished.clear()
        readers = [Reader() for _ in range(READERS if behind < 100 else READERS // 40)]
        with queries(desk.database) as asked:
            started = monotonic()
            await come_back(desk, readers, Position(epoch, head - behind))
            _, head_after = await desk.history.head(desk.thread)
            for reader in readers:
                await until(partial(told, reader, head_after))
            seconds = monotonic() - started
        for reader in readers:
            assert reader.seqs() == list(range(head - behind + 1, head_after + 1))
        assert len(asked) <= OPENING + QUERIES * seconds, f"{len(asked)} queries in {seconds:.1f} s"


async def test_in_quiet_times_nobody_waits_for_company(tmp_path: Path) -> None:
    async with open_desk(tmp_path, longest_wait=3600) as desk:
        async with asyncio.timeout(60):
            for _ in range(5):
                await desk.hub.join(Reader().connection, desk.topic, 1, None)


def told(reader: Reader, head: int) -> bool:
    """Whether it was told of this event."""
    return reader.seqs()[-1:] == [head]
