"""Waiting for a condition, never for a time."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 30.0  # s: far more than anything takes that is waited for


async def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Looks again and again; AssertionError naming `what` if it has not come true within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 (what is waited for sets no event)
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"expected within {seconds:g} s: {what}") from None


async def within(seconds: float, attempt: Callable[[], Awaitable[float]]) -> None:
    """Makes an attempt, which says how many seconds it took, again where these were too many: a busy machine holds up
    one attempt, a fault all three."""
    took: list[float] = []
    while not took or took[-1] >= seconds:
        assert len(took) < 3, f"expected less than {seconds:g} s, took {took}"
        took.append(await attempt())
