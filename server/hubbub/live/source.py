"""What the hub reads of storage, so that a crowd costs little more than one reader.

Nothing given out here is older than the moment it was asked for (G9). Those who ask while many do are gathered for a
moment and share one query. Pieces of the log stay in memory; whether one is still true is told by the thread's head.
"""

import asyncio
from bisect import bisect_right
from dataclasses import dataclass

from cachetools import LRUCache

from hubbub.domain.actor import Actor
from hubbub.domain.model import Thread
from hubbub.live.log import EncodedEvent
from hubbub.protocol.codec import Codec
from hubbub.services.cache import lru_cache_of_bytes
from hubbub.services.history import EncodedPage, History
from hubbub.storage.comments import Page
from hubbub.storage.events import EventPage

PIECES = (500, 20, 1)  # events read at once: where storage cuts such a piece for its bytes, the next size is tried
MEMORY = 32 * 1024 * 1024  # bytes of pieces
EACH = 0.002  # s that one question keeps the next group waiting: below 500 a second nobody notices
LONGEST = 0.15  # s that anybody waits for company: a reconnect storm of five seconds costs some forty queries

Key = tuple[str, int, int]  # of a piece: its thread, its size and n; it holds the events from n * size + 1 on


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the log as storage showed it when the thread's head was `head`; of the events up to `end` it has all
    that were there."""

    epoch: str
    head: int
    end: int
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
        self._pieces: LRUCache[Key, Piece] = lru_cache_of_bytes(MEMORY, _held)
        self._reading: dict[Key, asyncio.Task[Thread]] = {}

    async def thread(self, thread: str) -> Thread:
        """The thread as it is now. Refused `not_found`."""
        await self._gather()
        return await self._history.thread(thread)

    async def page(self, thread: str, page: Page, codec: Codec, viewer: Actor | None) -> EncodedPage:
        """A page of comments as it is now. Refused `not_found`."""
        await self._gather()
        return await self._history.page(thread, page, codec, viewer)

    async def events(self, thread: str, after: int, limit: int) -> EventPage:
        """The events after `after`, at most `limit`, and of large ones fewer. Refused `not_found`."""
        return await self._history.events(thread, after, limit)

    async def load(self, thread: str, place: int) -> Thread:
        """Has the events that follow `place` in memory, and returns the thread as it is now. Refused `not_found`."""
        key, piece = self._find(thread, place)
        reading = self._reading.get(key)
        if reading is None and piece is None:
            reading = self._reading[key] = asyncio.create_task(self._read(key))
            reading.add_done_callback(lambda done: done.cancelled() or done.exception())  # all who asked may have left
            now = await asyncio.shield(reading)
        else:
            if reading is not None:
                await asyncio.shield(reading)
            now = await self.thread(thread)
        cut = self._find(thread, place)[0][1] < key[1]
        return await self.load(thread, place) if cut else now

    def piece(self, thread: str, place: int) -> Piece | None:
        """What memory has of the log after `place`."""
        return self._find(thread, place)[1]

    def drop(self, thread: str, place: int) -> None:
        """What memory has there is out of date."""
        self._pieces.pop(self._find(thread, place)[0], None)

    def _find(self, thread: str, place: int) -> tuple[Key, Piece | None]:
        """The largest piece that has what follows `place`, or the key of the one to be read next for it."""
        for size in PIECES:
            key = (thread, size, place // size)
            piece = self._pieces.get(key)
            if piece is None or place < piece.end:
                break
        return key, piece

    def forget(self) -> None:
        """A log was replaced or went back, and with it perhaps others: what memory has may never have happened."""
        self._pieces.clear()

    async def _read(self, key: Key) -> Thread:
        thread, size, number = key
        try:
            page = await self._history.events(thread, number * size, size)
        finally:
            del self._reading[key]
        events = [EncodedEvent(event) for event in page.events]
        end = events[-1].seq if events and page.more else (number + 1) * size
        self._pieces[key] = Piece(page.thread.epoch, page.thread.head, end, events)
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


def _held(piece: Piece) -> int:
    return sum(event.held for event in piece.events)
