"""Loops that go on until cancelled, whatever happens to Redis."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Generic, TypeVar

import structlog
from redis.exceptions import RedisError

from hubbub.logs import describe

_FIRST_WAIT, _LONGEST_WAIT = 0.05, 1.0  # s between attempts

log = structlog.get_logger()
T = TypeVar("T")


def end_if_cancelled() -> None:
    """Raises a CancelledError that was lost: Python 3.11's `asyncio.wait_for`, which redis-py sends with, swallows a
    cancellation if the sending has just ended."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def repeat(turn: Callable[[], Awaitable[None]], doing: str) -> None:
    """Runs turns until cancelled. After a turn that failed it waits, with exponential backoff and jitter. The backoff
    starts again after a turn that succeeded, or that ran for as long as the longest wait."""
    wait = _FIRST_WAIT
    while True:
        end_if_cancelled()
        started = monotonic()
        try:
            await turn()
        except (RedisError, OSError) as error:
            log.warning("redis_failed", doing=doing, error=describe(error))
        except Exception:
            log.exception("redis_turn_failed", doing=doing)
        else:
            wait = _FIRST_WAIT
            continue
        wait = _FIRST_WAIT if monotonic() - started > _LONGEST_WAIT else min(2 * wait, _LONGEST_WAIT)
        await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 (spreads load, guards nothing)


class Batcher(Generic[T]):
    """Collects items and handles them in batches, one batch a turn of `repeat`. Items that come meanwhile wait for the
    next turn, and so does a batch that failed."""

    def __init__(self, deal: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._deal = deal
        self._some = asyncio.Event()
        self.items: list[T] = []

    def put(self, item: T) -> None:
        """Adds an item."""
        self.items.append(item)
        self._some.set()

    async def turn(self) -> None:
        """Handles the items that are there; waits for the first."""
        await self._some.wait()
        self._some.clear()
        items, self.items = self.items, []
        try:
            await self._deal(items)
        except BaseException:
            self.items[:0] = items
            self._some.set()
            raise
