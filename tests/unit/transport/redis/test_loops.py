"""Work that goes on for ever ends when it is told to, and not otherwise."""

import asyncio
from contextlib import suppress

import pytest
from redis.exceptions import ConnectionError as RedisAway

from hubbub.transport.redis.loops import repeat


@pytest.mark.parametrize("failure", [RedisAway("away"), OSError("cut"), ValueError("ours")])
async def test_a_turn_that_fails_is_taken_again(failure: Exception) -> None:
    turns = asyncio.Event()
    failures = [failure, failure]

    async def turn() -> None:
        if failures:
            raise failures.pop()
        turns.set()
        await asyncio.sleep(0)

    task = asyncio.create_task(repeat(turn, "testing"))
    await asyncio.wait_for(turns.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_that_a_library_lost_ends_it_all_the_same() -> None:
    begun = asyncio.Event()

    async def turn() -> None:
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)

    task = asyncio.create_task(repeat(turn, "testing"))
    await begun.wait()
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=5)
    assert done
    assert task.cancelled()
