"""A worker whose storage hangs, while it does something else than carrying out commands."""

import asyncio
from collections.abc import Callable
from typing import Any

from hubbub.storage.engine import Database
from hubbub.transport.memory import MemoryBus
from hubbub.worker.loop import Timings, _forget_old
from tests.support.waiting import until
from tests.unit.samples import post
from tests.unit.worker.test_loop import Batches, Flaky, away


async def test_who_is_cut_off_while_forgetting_old_requests_is_paused_as_well(database: Database) -> None:
    timings = Timings(doubt=0.01, forget=0.0)
    batches, hanging = Batches([post(1)]), asyncio.Event()

    class CutOff(Flaky):
        async def read(self, query: Callable[..., Any], *args: Any) -> Any:
            await asyncio.Event().wait()

        async def write(self, change: Callable[..., Any], *args: Any) -> Any:
            if change is not _forget_old:
                return await super().write(change, *args)
            await hanging.wait()
            raise away()

    running = asyncio.create_task(batches.run(CutOff(database), MemoryBus(), timings, wait_for_storage=True))  # type: ignore[arg-type]  # all that a loop uses
    await until(lambda: batches.paused, "it leaves its share to others")
    hanging.set()
    await running
    assert not batches.paused
