"""Work that goes on for ever, whatever happens to Redis."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Generic, TypeVar

import structlog
from redis.exceptions import RedisError

_FIRST_WAIT, _LONGEST_WAIT = 0.05, 1.0  # s between attempts

log = structlog.get_logger()
T = TypeVar("T")


def end_if_cancelled() -> None:
    """Raises CancelledError again where it was lost: Python 3.11's `asyncio.wait_for`, with which redis-py sends, takes
    a cancellation for nothing if the sending has just ended."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def repeat(turn: Callable[[], Awaitable[None]], doing: str) -> None:
    """Takes one turn after the other until cancelled. After one that failed it waits, longer each time and by chance,
    so that not all come back at once; the waits begin anew once a turn went well, or for as long as the longest."""
    wait = _FIRST_WAIT
    while True:
        end_if_cancelled()
        started = monotonic()
        try:
            await turn()
        except (RedisError, OSError) as error:
            log.warning("redis_failed", doing=doing, error=str(error) or type(error).__name__)
        except Exception:
            log.exception("redis_turn_failed", doing=doing)
        else:
            wait = _FIRST_WAIT
            continue
        wait = _FIRST_WAIT if monotonic() - started > _LONGEST_WAIT else min(2 * wait, _LONGEST_WAIT)
        await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 (spreads load, guards nothing)


class Batcher(Generic[T]):
    """Collects items and deals with all of them together, in turns for `repeat`. What comes meanwhile waits for the
    next turn; after a turn that failed, everything does."""

    def __init__(self, deal: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._deal = deal
        self._some = asyncio.Event()
        self.items: list[T] = []

    def put(self, item: T) -> None:
        """Adds an item."""
        self.items.append(item)
        self._some.set()

    async def turn(self) -> None:
        """Deals with what is there; waits until something is."""
        await self._some.wait()
        self._some.clear()
        items, self.items = self.items, []
        try:
            await self._deal(items)
        except BaseException:
            self.items[:0] = items
            self._some.set()
            raise
