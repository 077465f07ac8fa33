"""Copies of small tables in memory, kept up to date on every node."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from hubbub.logs import describe

RELOAD_EVERY = 0.5  # s: a revoked token acts within 1 s on open sockets (G13), a changed site within 2 s

log = structlog.get_logger()


async def keep_up_to_date(load: Callable[[], Awaitable[None]], table: str, every: float = RELOAD_EVERY) -> None:
    """Calls `load` until cancelled, since other nodes may change the table. Where it fails, the copy stays as it is."""
    while True:
        await asyncio.sleep(every)
        try:
            await load()
        except Exception as error:
            log.warning("copy_not_reloaded", table=table, error=describe(error))
