"""The cache between storage and the hub: a crowd of readers costs little more than one reader.

A result is never older than its request (G9). Under load, requests wait a moment and share one query. Segments of logs
stay in memory; the log's head tells whether a segment is still true.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cachetools import LRUCache

from hubbub.domain.actor import Actor
from hubbub.domain.events import Topic
from hubbub.live.log import EncodedEvent
from hubbub.live.log_reader import LogPage, LogReader, LogState, Snapshot
from hubbub.protocol.codec import Codec
from hubbub.services.cache import lru_cache_of_bytes

SEGMENT_EVENTS = (500, 20, 1)  # events read at once: where storage cuts a segment for its bytes, the next size is tried
SEGMENTS_BYTES = 32 * 1024 * 1024
WAIT_PER_REQUEST = 0.002  # s that one request delays the next group: below 500 requests a second nobody notices
LONGEST_WAIT = 0.15  # s that a request waits for others: a reconnect storm of five seconds costs some forty queries

Key = tuple[Topic, int, int]  # of a segment: its topic, its size and n; it holds the events from n * size + 1 on


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the log as storage showed it when the log's head was `head`; of the events up to `end` it has all
    that were there."""

    epoch: str
    head: int
    end: int
    events: list[EncodedEvent]

    def after(self, seq: int) -> list[EncodedEvent]:
        """Its events after `seq`."""
        return self.events[bisect_right(self.events, seq, key=lambda event: event.seq) :]


class LogCache:
    """Reads for all channels of a hub."""

    def __init__(
        self,
        readers: Mapping[str, LogReader],
        *,
        segment_events: Sequence[int] = SEGMENT_EVENTS,
        segments_bytes: int = SEGMENTS_BYTES,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        """`readers` by the kind of their topics."""
        self._readers = readers
        self._gathering: asyncio.Future[None] | None = None
        self._gathered = 0
        self._not_before = 0.0
        self._longest_wait = longest_wait
        self._sizes = segment_events
        self.segments: LRUCache[Key, Segment] = lru_cache_of_bytes(segments_bytes, _held)
        self._reading: dict[Key, asyncio.Task[LogState]] = {}

    async def state(self, topic: Topic) -> LogState:
        """The state of what a topic is about. Refused `not_found`."""
        await self._gather()
        return await self._readers[topic.kind].state(topic.name)

    async def snapshot(self, topic: Topic, codec: Codec, viewer: Actor | None) -> Snapshot:
        """The snapshot for a new reader. Refused `not_found`."""
        await self._gather()
        return await self._readers[topic.kind].snapshot(topic.name, codec, viewer)

    async def events(self, topic: Topic, after: int, limit: int) -> LogPage:
        """The events after `after`, at most `limit`, and fewer where they are large. Refused `not_found`."""
        return await self._readers[topic.kind].events(topic.name, after, limit)

    async def heads(self, kind: str, topics: Sequence[Topic]) -> dict[Topic, tuple[str, int]]:
        """(epoch, head) of each of these topics, all of one kind; one whose log is gone is left out."""
        found = await self._readers[kind].heads([topic.name for topic in topics])
        return {Topic(kind, name): head for name, head in found.items()}

    async def read_through(self, topic: Topic, position: int) -> LogState:
        """Loads the events after `position` into memory, and returns the state as it is now. Refused `not_found`."""
        key, segment = self._find(topic, position)
        reading = self._reading.get(key)
        if reading is None and segment is None:
            reading = self._reading[key] = asyncio.create_task(self._read(key))
            reading.add_done_callback(lambda done: done.cancelled() or done.exception())  # all who asked may have left
            now = await asyncio.shield(reading)
        else:
            if reading is not None:
                await asyncio.shield(reading)
            now = await self.state(topic)
        (_, size, _), _ = self._find(topic, position)
        was_cut = size < key[1]  # storage returned too little for this segment: the next smaller one is to be read
        return await self.read_through(topic, position) if was_cut else now

    def segment(self, topic: Topic, position: int) -> Segment | None:
        """What memory has of the log after `position`."""
        return self._find(topic, position)[1]

    def drop(self, topic: Topic, position: int) -> None:
        """Forgets what `segment` returns, which is out of date."""
        self.segments.pop(self._find(topic, position)[0], None)

    def _find(self, topic: Topic, position: int) -> tuple[Key, Segment | None]:
        """The largest segment that has the events after `position`, or the key of the segment to be read next."""
        for size in self._sizes:
            key = (topic, size, position // size)
            segment = self.segments.get(key)
            if segment is None or position < segment.end:
                break
        return key, segment

    def forget(self) -> None:
        """Forgets everything: a log was replaced or went back, and perhaps others with it."""
        self.segments.clear()

    async def _read(self, key: Key) -> LogState:
        topic, size, number = key
        try:
            page = await self.events(topic, number * size, size)
        finally:
            del self._reading[key]
        events = [EncodedEvent(event) for event in page.events]
        end = events[-1].seq if events and page.more else (number + 1) * size
        self.segments[key] = Segment(page.state.epoch, page.state.head, end, events)
        return page.state

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
        self._not_before = asyncio.get_running_loop().time() + min(
            self._longest_wait, WAIT_PER_REQUEST * self._gathered
        )
        self._gathered = 0


def _held(segment: Segment) -> int:
    return sum(event.held for event in segment.events)
