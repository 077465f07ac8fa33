"""A worker whose storage hangs, while it does something else than carrying out commands."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hubbub.storage.engine import Database
from hubbub.transport.memory import MemoryBus
from hubbub.worker import relay as relay_module
from tests.support.waiting import until
from tests.unit.samples import post
from tests.unit.worker.test_relay import Batches, Flaky, away


async def test_who_is_cut_off_while_forgetting_old_requests_rests_as_well(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "DOUBT", 0.01)
    monkeypatch.setattr(relay_module, "FORGET_EVERY", 0.0)
    batches, hanging = Batches([post(1)]), asyncio.Event()

    class CutOff(Flaky):
        async def read(self, query: Callable[..., Any], *args: Any) -> Any:
            await asyncio.Event().wait()

        async def write(self, change: Callable[..., Any], *args: Any) -> Any:
            if change is not relay_module._forget_old:
                return await super().write(change, *args)
            await hanging.wait()
            raise away()

    running = asyncio.create_task(batches.run(CutOff(database), MemoryBus(), patient=True))  # type: ignore[arg-type]  # all that a relay uses
    await until(lambda: batches.resting, "it leaves its share to others")
    hanging.set()
    await running
    assert not batches.resting
