"""One thread on this node: its readers, the tail of its log, and the order in which the one reaches the other.

A reader is *ready* (gets every flush) or *behind* (its own task brings it up from the log, see `catch_up`). The
invariant that keeps G4: a ready reader was sent exactly the events up to `sent`; a reader behind, exactly those up
to its place.
"""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic

import structlog

from hubbub.domain.model import Event, Kind, Thread
from hubbub.domain.times import now_ms
from hubbub.live.catch_up import catch_up
from hubbub.live.connection import Connection, Variant
from hubbub.live.log import EncodedEvent, Tail
from hubbub.live.source import Source
from hubbub.metrics import DELIVERED, LAGGING, POST_TO_DELIVERY
from hubbub.protocol.messages import events_push, presence_push, reset_push
from hubbub.storage.faults import reason

TICK = 0.005  # s: events this close together travel in one frame; nobody can see the difference
FLUSH_BYTES = 128 * 1024  # of events in one flush: with the transport's own 64 KiB limit a reader costs < 256 KiB (G8)
WAITING = 1000  # events that came too early; beyond, storage is quicker
FETCHED = 1000  # events read from storage at once
TYPING = 5.0  # s that one `typing` counts

Write = Callable[[bytes], None]


log = structlog.get_logger()


class Channel:
    """Publications in (`accept`), frames out (`flush`); opened at a head of storage's, so nothing before it is ours
    to send."""

    def __init__(self, thread: str, source: Source) -> None:
        self.thread = thread
        self._source = source
        self.epoch = ""
        self.tail = Tail(0)
        self.readers: set[Connection] = set()
        self.typing: dict[Connection, float] = {}
        self.elsewhere = 0  # readers on other nodes
        self.shown = (0, 0)  # watching and typing, as last pushed
        self.closed = False  # as far as is known here: it decides of nothing that is stored
        self._open = False
        self._sent = 0
        self._ready: dict[Variant, dict[Connection, Write]] = {}
        self._behind: dict[Connection, asyncio.Task[None]] = {}
        self._pending: list[EncodedEvent] = []
        self._early: dict[int, Event] = {}
        self._before: list[tuple[str, Sequence[Event]]] = []  # publications that came before the channel was open
        self._filling: asyncio.Task[None] | None = None
        self._flush_at: asyncio.TimerHandle | None = None
        self._not_before = 0.0

    @property
    def tip(self) -> int:
        """The last event known here."""
        return self.tail.tip

    def open(self, epoch: str, head: int, recent: Sequence[Event] = ()) -> None:
        """Begins at storage's head, with the events before it in memory for those who come back; what was published
        meanwhile comes after."""
        if self._open:
            return
        self._open = True
        self.epoch = epoch
        self.tail = Tail(head, recent)
        self._sent = head
        before, self._before = self._before, []
        for publication in before:
            self.accept(*publication)
        self._release()

    def learn(self, thread: Thread) -> None:
        """How the thread is, read from storage, unless what was published since is newer."""
        if thread.head >= self.tip:
            self.closed = thread.closed

    @property
    def watching(self) -> int:
        """How many read the thread, on all nodes."""
        return len(self.readers) + self.elsewhere

    # Events in

    def accept(self, epoch: str, events: Sequence[Event]) -> None:
        """New events, in any order and number of copies; what is missing is fetched."""
        if not self._open:
            if len(self._before) < WAITING:
                self._before.append((epoch, events))
            return
        if epoch != self.epoch:
            self.fill()  # another log, or a message that is long out of date: storage knows
            return
        for event in events:
            if event.seq > self.tip and len(self._early) < WAITING:
                self._early[event.seq] = event
        self._release()
        if self._early:
            self.fill()

    def compare(self, epoch: str, head: int, tail: Tail, tip: int) -> None:
        """Storage's head, read after our tail was `tail` and ended at `tip` (it may have moved since): fetches what
        this node missed. Another log, or one shorter than the tip was, resets all readers."""
        if not self._open or tail is not self.tail:  # reset meanwhile: what was read is of no more use
            return
        if epoch != self.epoch or head < tip:
            self.reset(epoch, head)
        elif head > self.tip:
            self.fill()

    def _release(self) -> None:
        """Takes in what follows the tip; drops what is not new."""
        for seq in [seq for seq in self._early if seq <= self.tip]:
            del self._early[seq]
        while (event := self._early.pop(self.tip + 1, None)) is not None:
            if event.comment is not None and event.outdates:
                for waiting in self._pending:  # the old text must not leave: the change may be acknowledged already
                    waiting.show(event.comment)
            self._pending.append(self.tail.append(event))
            if event.thread is not None:
                self.closed = event.thread.closed
                if self.closed:
                    self.typing.clear()
        if self._pending:
            self._schedule()

    def fill(self) -> None:
        """Fetches what storage has beyond the tip."""
        if self._filling is None and self._open:
            self._filling = asyncio.create_task(self._fetch(self.tail))

    async def _fetch(self, tail: Tail) -> None:
        """Reads on from storage until there is no more; a failure is made good by the next comparison of heads."""
        try:
            more = True
            while more:
                page = await self._source.events(self.thread, self.tip, FETCHED)
                if tail is not self.tail:  # reset meanwhile
                    return
                if page.thread.epoch != self.epoch:
                    self.reset(page.thread.epoch, page.thread.head)
                    return
                self._early.update((event.seq, event) for event in page.events if event.seq > self.tip)
                self._release()
                more = page.more
        except Exception as error:
            log.warning("log_not_read", thread=self.thread, error=reason(error))
        finally:
            self._filling = None

    async def filled(self) -> None:
        """Waits for `fill`, which storage's failure may have left undone."""
        self.fill()
        if self._filling is not None:
            await asyncio.wait([self._filling])

    def reset(self, epoch: str, head: int) -> None:
        """The log is another one or went back: begins anew at storage's head, and sends all readers to load it."""
        self._source.forget()
        for reader in list(self.readers):
            self.dismiss(reader)
        self._pending.clear()
        self._early.clear()
        self._open = False
        self.open(epoch, head)

    # Frames out

    def _schedule(self) -> None:
        if self._flush_at is None:
            wait = max(0.0, self._not_before - monotonic())
            self._flush_at = asyncio.get_running_loop().call_later(wait, self.flush)

    def flush(self) -> None:
        """Writes what is pending to every ready reader, then rests as long as that took, so that reading goes on
        too."""
        if self._flush_at is not None:
            self._flush_at.cancel()
            self._flush_at = None
        if not self._pending:
            return
        started = monotonic()
        events, self._pending = self._take(FLUSH_BYTES)
        self._sent = events[-1].seq
        for variant, writers in self._ready.items():
            if writers:
                frame = self._frame(variant, events)
                for write in list(writers.values()):
                    write(frame)
                DELIVERED.inc(len(writers) * len(events))
        self._observe(events)
        ended = monotonic()
        self._not_before = ended + max(TICK, ended - started)
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
        encoded = [event.encoded(variant.codec) for event in events]
        return variant.frame(events_push(variant.codec, self.thread, self.epoch, encoded))

    def _observe(self, events: Sequence[EncodedEvent]) -> None:
        now = now_ms()
        for event in events:
            if event.event.kind == Kind.POSTED:
                POST_TO_DELIVERY.observe(max(0, now - event.event.at) / 1000)

    def push_presence(self) -> None:
        """Tells the ready readers how many read and how many write, if that changed."""
        now = monotonic()
        self.typing = {reader: until for reader, until in self.typing.items() if until > now}
        shown = (self.watching, len(self.typing))
        if shown == self.shown:
            return
        self.shown = shown
        watching, typing = shown
        for variant, writers in self._ready.items():
            others = variant.frame(presence_push(variant.codec, self.thread, watching, typing))
            typists = (
                variant.frame(presence_push(variant.codec, self.thread, watching, typing - 1)) if typing else others
            )
            for reader, write in list(writers.items()):
                write(typists if reader in self.typing else others)

    def note_typing(self, reader: Connection) -> None:
        """This reader writes a comment just now."""
        self.typing[reader] = monotonic() + TYPING

    # The log

    def remembers(self, place: int) -> bool:
        """Whether what follows `place` is in memory, as far as it was published here."""
        return place >= self.tip or self.tail.since(place) is not None

    async def ask(self, place: int) -> Thread:
        """The thread as it is now; what follows `place` in its log is in memory then, unless it was overtaken."""
        if self.remembers(place):
            thread = await self._source.thread(self.thread)
            if thread.head <= max(place, self.tip):
                return thread
        return await self._source.load(self.thread, place)

    def known_since(self, place: int, head: int) -> list[EncodedEvent]:
        """What memory has of the events after `place`, if it is as new as storage when the thread's head was `head`, so
        that a removal elsewhere counts (G9)."""
        if place >= head:
            return []
        up_to_date = self.tip >= head
        recent = self.tail.since(place) if up_to_date else None
        if recent is not None:
            return recent
        piece = self._source.piece(self.thread, place)
        if piece is None:
            return []
        true = piece.head >= head or (up_to_date and piece.head >= self.tail.changed)
        found = piece.after(place) if true and piece.epoch == self.epoch else []
        if not found:
            self._source.drop(self.thread, place)
        return found

    # Readers

    def admit(self, reader: Connection, place: int) -> None:
        """From here on `reader`, who was sent everything up to `place`, follows the log."""
        self.flush()
        if place == self._sent and not self._pending and not reader.paused:
            self._ready.setdefault(reader.variant, {})[reader] = reader.write
            return
        self._behind[reader] = asyncio.create_task(catch_up(self, reader, place))
        LAGGING.inc()

    def caught_up(self, reader: Connection, place: int) -> bool:
        """Makes a reader behind ready again, if its place is the tip; called without a pause since `place` was
        written."""
        self.flush()
        if place != self._sent or self._pending or reader.paused:
            return False
        self._forget_behind(reader)
        self._ready.setdefault(reader.variant, {})[reader] = reader.write
        return True

    def lag(self, reader: Connection) -> None:
        """A ready reader's transport is full: it is left alone until it drains, then brought up from here."""
        if self._ready.get(reader.variant, {}).pop(reader, None) is not None:
            self._behind[reader] = asyncio.create_task(catch_up(self, reader, self._sent))
            LAGGING.inc()

    def vanish(self) -> None:
        """The thread was forgotten, although it is read: sends all readers to join the page's new one."""
        for reader in list(self.readers):
            self.dismiss(reader)

    def dismiss(self, reader: Connection) -> None:
        """Sends a reader to join anew."""
        reader.send(reset_push(reader.variant.codec, self.thread))
        self.leave(reader)

    def leave(self, reader: Connection) -> None:
        """Forgets a reader."""
        self.readers.discard(reader)
        self.typing.pop(reader, None)
        reader.channels.pop(self.thread, None)
        self._ready.get(reader.variant, {}).pop(reader, None)
        task = self._behind.get(reader)
        if task is not None:
            self._forget_behind(reader)
            task.cancel()

    def _forget_behind(self, reader: Connection) -> None:
        if self._behind.pop(reader, None) is not None:
            LAGGING.dec()

    def close(self) -> None:
        """Ends what runs for this channel."""
        if self._filling is not None:
            self._filling.cancel()
        if self._flush_at is not None:
            self._flush_at.cancel()
