"""Reports the empty threads that are read to storage, so that it deletes only those that nobody reads."""

import asyncio
from collections.abc import Callable
from time import monotonic

import structlog

from hubbub.commands.threads import KeepThreads
from hubbub.logs import describe
from hubbub.services.history import History
from hubbub.transport.base import CommandBus

REPORT_EVERY = 60.0  # s
REPEAT_AFTER = 3600.0  # s until the same thread is reported again: often enough for a day, and a row an hour at most
BATCH = 500  # threads in one command

log = structlog.get_logger()


class EmptyThreadReports:
    """The empty threads that this node has yet to report, and those reported within the last hour."""

    def __init__(
        self, history: History, command_bus: CommandBus, *, batch: int = BATCH, clock: Callable[[], float] = monotonic
    ) -> None:
        self._history = history
        self._command_bus = command_bus
        self._batch = batch
        self._clock = clock
        self._due: set[str] = set()
        self._reported: dict[str, float] = {}

    async def run(self) -> None:
        """Reports once a minute, until cancelled."""
        while True:
            await asyncio.sleep(REPORT_EVERY)
            await self.report()

    async def report(self) -> None:
        """Reports what was read since the last time. What fails is reported again the next time."""
        now = self._clock()
        self._reported = {thread: at for thread, at in self._reported.items() if at > now - REPEAT_AFTER}
        self._due |= self._history.take_empty() - self._reported.keys()
        try:
            while self._due:
                threads = sorted(self._due)[: self._batch]
                await self._command_bus.submit(KeepThreads(tuple(threads)))
                self._due.difference_update(threads)
                self._reported.update(dict.fromkeys(threads, now))
        except Exception as error:
            log.warning("visits_not_told", error=describe(error))
