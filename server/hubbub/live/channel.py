"""One topic on this node: its readers, and the fan-out of new events to them.

A reader is *ready* (gets every flush) or *behind* (a slow one, see `backpressure`). The invariant that keeps G4: a
ready reader was sent exactly the events up to `_sent`; a reader behind, exactly those up to its position.
"""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic

from hubbub.domain.events import Audience, Kind, Topic
from hubbub.domain.held import OwnChange
from hubbub.domain.times import now_ms
from hubbub.live.backpressure import SlowReaders
from hubbub.live.connection import Connection, Variant
from hubbub.live.log import EncodedEvent
from hubbub.live.log_cache import LogCache
from hubbub.live.log_reader import LogState
from hubbub.live.presence import Presence
from hubbub.live.topic_log import TopicLog
from hubbub.live.tuning import Sizes, Timings
from hubbub.metrics import DELIVERED, POST_TO_DELIVERY
from hubbub.protocol.messages import events_push, own_push, reset_push
from hubbub.protocol.views import own_view

Write = Callable[[bytes], None]


class Channel:
    """Takes events from its log and writes them, as frames, to its readers (`flush`)."""

    def __init__(self, topic: Topic, cache: LogCache, timings: Timings = Timings(), sizes: Sizes = Sizes()) -> None:
        self.topic = topic
        self.log = TopicLog(topic, cache, self._take_in, self._reset, sizes)
        self.presence = Presence(topic, timings.typing)
        self.readers: dict[Connection, Variant] = {}
        self.told = 0  # how often an author was told of a comment
        self._tick = timings.tick
        self._flush_bytes = sizes.flush_bytes
        self._ready: dict[Variant, dict[Connection, Write]] = {}
        self._slow = SlowReaders(self.log, self._try_resume, timings, sizes)
        self._pending: list[EncodedEvent] = []  # the log's last events, which no ready reader was sent yet
        self._flush_at: asyncio.TimerHandle | None = None
        self._not_before = 0.0

    @property
    def watching(self) -> int:
        """How many people read the topic, on all nodes."""
        return self.watching_here + self.presence.remote_readers

    @property
    def watching_here(self) -> int:
        """How many people read the topic on this node: authors, and connections without a token."""
        return len(self.readers) - self.presence.same_again

    @property
    def _sent(self) -> int:
        """The last event that every ready reader was sent."""
        return self.log.tip - len(self._pending)

    def learn(self, state: LogState) -> None:
        """Takes the state as storage has it, unless events were published since."""
        if state.head >= self.log.tip:
            self.presence.set_closed(state.closed)

    # From the log

    def _take_in(self, events: Sequence[EncodedEvent]) -> None:
        """New events, in order."""
        for encoded in events:
            event = encoded.event
            if event.comment is not None and event.outdates:
                for waiting in self._pending:  # the old text must not leave: the change may be acknowledged already
                    waiting.replace_comment(event.comment)
            self._pending.append(encoded)
            if event.thread is not None:
                self.presence.set_closed(event.thread.closed)
        self._schedule()

    def _reset(self) -> None:
        """The log begins again: all readers have to join again."""
        self.dismiss_all()
        self._pending.clear()

    # Fan-out

    def _schedule(self) -> None:
        if self._flush_at is None:
            wait = max(0.0, self._not_before - monotonic())
            self._flush_at = asyncio.get_running_loop().call_later(wait, self.flush)

    def flush(self) -> None:
        """Writes what is pending to every ready reader, then rests as long as that took: reading must go on too."""
        if self._flush_at is not None:
            self._flush_at.cancel()
            self._flush_at = None
        if not self._pending:
            return
        started = monotonic()
        events, self._pending = self._take(self._flush_bytes)
        for variant, writers in self._ready.items():
            if writers:
                frame = self._frame(variant, events)
                for write in list(writers.values()):
                    write(frame)
                DELIVERED.inc(len(writers) * len(events))
        self._observe(events)
        ended = monotonic()
        self._not_before = ended + max(self._tick, ended - started)
        if self._pending:
            self._schedule()

    def _take(self, limit: int) -> tuple[list[EncodedEvent], list[EncodedEvent]]:
        """The first events that fit into `limit` bytes of JSON or so, at least one, and the rest."""
        size = 0
        for index, event in enumerate(self._pending):
            size += event.size
            if size > limit and index:
                return self._pending[:index], self._pending[index:]
        return self._pending, []

    def _frame(self, variant: Variant, events: Sequence[EncodedEvent]) -> bytes:
        encoded = [event.encoded(variant.codec, variant.audience) for event in events]
        return variant.frame(events_push(variant.codec, self.topic, self.log.epoch, encoded))

    def _observe(self, events: Sequence[EncodedEvent]) -> None:
        now = now_ms()
        for event in events:
            if event.event.kind == Kind.POSTED:
                POST_TO_DELIVERY.observe(max(0, now - event.event.at) / 1000)

    def push_presence(self) -> None:
        """Tells the ready readers how many read and how many type, if that changed."""
        if not self.presence.update(self.watching):
            return
        typing = self.presence.typing
        for variant, writers in self._ready.items():
            others, typists = self.presence.frames(variant)
            for reader, write in list(writers.items()):
                write(typists if reader in typing else others)

    def tell(self, change: OwnChange) -> None:
        """Tells an author, on each of their connections here, what the state of their comment is."""
        self.told += 1
        comment = own_view(change.comment)
        for reader in self.presence.readers_of(change.comment.author.id):
            reader.send(own_push(reader.variant.codec, self.topic, comment, change.reason))

    # Readers

    def enter(self, reader: Connection, audience: Audience, author: str | None = None) -> Variant:
        """Takes in a reader, with this author's token or none, who gets nothing before it is admitted; returns the
        variant of what it gets here."""
        self.presence.enter(reader, author)
        variant = self.readers[reader] = reader.variant.to(audience)
        reader.followed[self.topic] = self
        return variant

    def identify(self, reader: Connection, author: str) -> bool:
        """A reader has this author's token from here on; returns whether it had another one, or none."""
        if self.presence.author_of(reader) == author:
            return False
        self.presence.forget(reader)
        self.presence.enter(reader, author)
        return True

    def admit(self, reader: Connection, position: int) -> None:
        """Lets `reader`, who was sent everything up to `position`, follow the log from there."""
        if not self._try_resume(reader, position):
            self._slow.add(reader, self.readers[reader], position)

    def _try_resume(self, reader: Connection, position: int) -> bool:
        """Makes a reader ready, if its position is the tip and its transport takes more."""
        self.flush()
        if self._pending or position != self.log.tip or reader.paused:
            return False
        self._ready.setdefault(self.readers[reader], {})[reader] = reader.write
        return True

    def lag(self, reader: Connection) -> None:
        """A ready reader's transport is full: no flush writes to it until it drains and has caught up."""
        variant = self.readers[reader]
        if self._ready.get(variant, {}).pop(reader, None) is not None:
            self._slow.add(reader, variant, self._sent)

    def dismiss_all(self) -> None:
        """Sends all readers to join again."""
        for reader in list(self.readers):
            self.dismiss(reader)

    def dismiss(self, reader: Connection) -> None:
        """Sends a reader to join again."""
        reader.send(reset_push(reader.variant.codec, self.topic))
        self.leave(reader)

    def leave(self, reader: Connection) -> None:
        """Forgets a reader."""
        variant = self.readers.pop(reader, None)
        self.presence.forget(reader)
        reader.followed.pop(self.topic, None)
        if variant is not None:
            self._ready.get(variant, {}).pop(reader, None)
        catching_up = self._slow.discard(reader)
        if catching_up is not None:
            catching_up.cancel()

    def close(self) -> None:
        """Ends what runs for this channel."""
        self.log.close()
        if self._flush_at is not None:
            self._flush_at.cancel()
