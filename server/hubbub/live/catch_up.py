"""Brings one reader who is behind up to the tip, page by page from the log, at the pace at which it reads (G4, G8)."""

import asyncio
from collections.abc import Callable

import structlog

from hubbub.domain.errors import Refused
from hubbub.live.connection import Connection, Variant
from hubbub.live.log import EncodedEvent, pages
from hubbub.live.topic_log import TopicLog
from hubbub.live.tuning import Sizes, Timings
from hubbub.logs import describe
from hubbub.metrics import CATCH_UPS, DELIVERED
from hubbub.protocol.close_codes import INTERNAL
from hubbub.protocol.messages import events_push

log = structlog.get_logger()


class CatchUp:
    """Catch-ups of one topic's readers. `try_resume` makes a reader ready if its position is the tip; it is called
    without a pause since that position was written."""

    def __init__(
        self, topic_log: TopicLog, try_resume: Callable[[Connection, int], bool], timings: Timings, sizes: Sizes
    ) -> None:
        self._log = topic_log
        self._try_resume = try_resume
        self._timings = timings
        self._sizes = sizes

    async def run(self, reader: Connection, variant: Variant, position: int) -> None:
        """Runs until the reader is ready or leaves. While storage fails, the reader keeps its position and waits."""
        try:
            while not self._try_resume(reader, position):
                await reader.drained()
                if position > self._log.tip:  # its snapshot was newer than what has been published here
                    await self._log.filled()
                if position != self._log.tip:
                    before = position
                    position = await self._advance(reader, variant, position)
                    if position == before and not reader.paused:
                        await asyncio.sleep(self._timings.stale_retry)
        except Refused as refused:  # what the topic is about is gone
            log.warning("catch_up_refused", topic=str(self._log.topic), error=str(refused))
            reader.link.close(INTERNAL.code, INTERNAL.name)

    async def _advance(self, reader: Connection, variant: Variant, position: int) -> int:
        """Writes while the transport takes it and memory has what follows; returns the reader's new position."""
        source = "memory" if self._log.remembers(position) else "storage"
        try:
            now = await self._log.refresh(position)
        except Refused:
            raise
        except Exception as error:  # storage is away: no reason to lose those who read
            log.warning("catch_up_waits", topic=str(self._log.topic), error=describe(error))
            await asyncio.sleep(self._timings.storage_retry)
            return position
        if now.epoch != self._log.epoch or now.head < position:  # another log, or one that went back
            self._log.reset(now.epoch, now.head)  # cancels this task, as the reader is sent to join again
            return position
        while not reader.paused and (events := self._log.cached_since(position, now.head)):
            position = self._write(reader, variant, events, position, source)
        return position

    def _write(
        self, reader: Connection, variant: Variant, events: list[EncodedEvent], position: int, source: str
    ) -> int:
        """Writes while the transport takes it; returns the reader's new position."""
        codec = variant.codec
        for seq, run in pages(events, codec, self._sizes.page_bytes, variant.audience):
            if reader.paused:
                break
            reader.send(events_push(codec, self._log.topic, self._log.epoch, run))
            DELIVERED.inc(len(run))
            CATCH_UPS.labels(source).inc()
            position = seq
        return position
