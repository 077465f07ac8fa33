"""Tells storage which empty threads are read, so that it forgets those alone that nobody reads."""

import asyncio
from time import monotonic

import structlog

from hubbub.services.history import History
from hubbub.storage.faults import reason
from hubbub.transport.base import Ingest
from hubbub.transport.commands import KeepThreads

TELL_EVERY = 60.0  # s
AGAIN = 3600.0  # s until the same thread is told of again: often enough for a day, and a row an hour at most
AT_ONCE = 500  # threads in one command

log = structlog.get_logger()


class Visits:
    """What this node has to tell, and told already."""

    def __init__(self, history: History, ingest: Ingest) -> None:
        self._history = history
        self._ingest = ingest
        self._due: set[str] = set()
        self._told: dict[str, float] = {}

    async def run(self) -> None:
        """Tells for ever."""
        while True:
            await asyncio.sleep(TELL_EVERY)
            await self.tell()

    async def tell(self) -> None:
        """Tells of what was read since; what can't be told now is told the next time."""
        now = monotonic()
        self._told = {thread: at for thread, at in self._told.items() if at > now - AGAIN}
        self._due |= self._history.take_empty() - self._told.keys()
        try:
            while self._due:
                threads = sorted(self._due)[:AT_ONCE]
                await self._ingest.append(KeepThreads(tuple(threads)))
                self._due.difference_update(threads)
                self._told.update(dict.fromkeys(threads, now))
        except Exception as error:
            log.warning("visits_not_told", error=reason(error))
