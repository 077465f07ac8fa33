"""The worker forgets what is old, whatever else it does."""

import asyncio

import pytest
from sqlalchemy import text

from hubbub.storage.engine import Database
from hubbub.storage.threads import thread_by_id
from hubbub.transport.memory import MemoryBus, MemoryCommandBus
from hubbub.worker.loop import UNREAD_MS, CommitLoop, Timings
from tests.unit.samples import THREAD


async def test_what_is_old_is_forgotten_where_nothing_new_comes(database: Database) -> None:
    two_days = UNREAD_MS * 2
    await database.write(lambda db: db.execute(text(f"UPDATE empty SET seen = seen - {two_days}")))
    loop = CommitLoop(MemoryCommandBus(), MemoryBus(), database, timings=Timings(forget=0.01))
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(60):
        while await database.read(thread_by_id, THREAD):  # noqa: ASYNC110 (in storage)
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await loop.finished()
