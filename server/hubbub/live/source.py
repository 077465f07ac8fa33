"""What the hub reads of storage, so that a crowd costs little more than one reader.

Nothing given out here is older than the moment it was asked for (G9). Those who ask while many do are gathered for a
moment and share one query. Pieces of the log stay in memory; whether one is still true is told by the thread's head.
"""

import asyncio
from bisect import bisect_right
from dataclasses import dataclass

from hubbub.domain.actor import Actor
from hubbub.domain.model import Thread
from hubbub.live.log import EncodedEvent
from hubbub.protocol.codec import Codec
from hubbub.services.cache import Cache
from hubbub.services.history import EncodedPage, History
from hubbub.storage.reads import EventPage, Page

PIECE = 500  # events read at once; the n-th piece holds the events from n * PIECE + 1 on
MEMORY = 32 * 1024 * 1024  # bytes of pieces
EACH = 0.002  # s that one question keeps the next group waiting: below 500 a second nobody notices
LONGEST = 0.15  # s that anybody waits for company: a reconnect storm of five seconds costs some forty queries


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the log as storage showed it when the thread's head was `head`."""

    epoch: str
    head: int
    events: list[EncodedEvent]

    def after(self, seq: int) -> list[EncodedEvent]:
        """Its events after `seq`."""
        return self.events[bisect_right(self.events, seq, key=lambda event: event.seq) :]


class Source:
    """Reads for all channels of a hub."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._gathering: asyncio.Future[None] | None = None
        self._gathered = 0
        self._not_before = 0.0
        self._pieces: Cache[tuple[str, int], Piece] = Cache(MEMORY)
        self._reading: dict[tuple[str, int], asyncio.Task[Thread]] = {}

    async def thread(self, thread: str) -> Thread:
        """The thread as it is now. Refused `not_found`."""
        await self._gather()
        return await self._history.thread(thread)

    async def page(self, thread: str, page: Page, codec: Codec, viewer: Actor | None) -> EncodedPage:
        """A page of comments as it is now. Refused `not_found`."""
        await self._gather()
        return await self._history.page(thread, page, codec, viewer)

    async def events(self, thread: str, after: int, limit: int) -> EventPage:
        """The events after `after`, at most `limit`. Refused `not_found`."""
        return await self._history.events(thread, after, limit)

    async def load(self, thread: str, place: int) -> Thread:
        """Has the events that follow `place` in memory, and returns the thread as it is now. Refused `not_found`."""
        key = (thread, place // PIECE)
        reading = self._reading.get(key)
        if reading is not None or self._pieces.get(key) is not None:
            if reading is not None:
                await asyncio.shield(reading)
            return await self.thread(thread)
        reading = self._reading[key] = asyncio.create_task(self._read(key))
        reading.add_done_callback(lambda done: done.cancelled() or done.exception())  # all who asked may have left
        return await asyncio.shield(reading)

    def piece(self, thread: str, place: int) -> Piece | None:
        """What memory has of the log after `place`."""
        return self._pieces.get((thread, place // PIECE))

    def drop(self, thread: str, place: int) -> None:
        """What memory has there is out of date."""
        self._pieces.drop((thread, place // PIECE))

    def forget(self) -> None:
        """A log was replaced or went back, and with it perhaps others: what memory has may never have happened."""
        self._pieces.clear()

    async def _read(self, key: tuple[str, int]) -> Thread:
        thread, number = key
        try:
            page = await self._history.events(thread, number * PIECE, PIECE)
        finally:
            del self._reading[key]
        piece = Piece(page.thread.epoch, page.thread.head, [EncodedEvent(event) for event in page.events])
        self._pieces.put(key, piece, sum(event.size for event in piece.events))
        return page.thread

    async def _gather(self) -> None:
        """Returns at once in quiet times; otherwise together with all who came since the last group left."""
        self._gathered += 1
        if self._gathering is None:
            loop = asyncio.get_running_loop()
            self._gathering = loop.create_future()
            if loop.time() >= self._not_before:
                self._let_go()
                return
            loop.call_at(self._not_before, self._let_go)
        await asyncio.shield(self._gathering)

    def _let_go(self) -> None:
        assert self._gathering is not None
        self._gathering.set_result(None)
        self._gathering = None
        self._not_before = asyncio.get_running_loop().time() + min(LONGEST, EACH * self._gathered)
        self._gathered = 0
