"""Copies in memory are kept up to date, whatever fails meanwhile."""

import asyncio

from structlog.testing import capture_logs

from hubbub.services.copies import keep_up_to_date


async def test_a_copy_is_reloaded_although_storage_failed_meanwhile() -> None:
    loaded, calls = asyncio.Event(), 0

    async def load() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OSError("away")
        loaded.set()

    with capture_logs() as lines:
        running = asyncio.create_task(keep_up_to_date(load, "site", every=0))
        async with asyncio.timeout(30):
            await loaded.wait()
        running.cancel()
    assert [(line["event"], line["table"], line["error"]) for line in lines] == [("copy_not_reloaded", "site", "away")]
