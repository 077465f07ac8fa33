"""One topic's log as this node knows it: its epoch, its tail in memory, the gap fill from storage, and the reset where
storage has another log."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from hubbub.domain.events import Event, Topic
from hubbub.live.log import EncodedEvent, Tail
from hubbub.live.log_cache import LogCache
from hubbub.live.log_reader import LogState
from hubbub.live.tuning import Sizes
from hubbub.logs import describe

log = structlog.get_logger()


class TopicLog:
    """Publications go in by `accept`, in any order and number of copies; `on_events` gets each event once, in order.
    `on_reset` is called before the log begins again."""

    def __init__(
        self,
        topic: Topic,
        cache: LogCache,
        on_events: Callable[[Sequence[EncodedEvent]], None],
        on_reset: Callable[[], None],
        sizes: Sizes = Sizes(),
    ) -> None:
        self.topic = topic
        self.epoch = ""  # until it is open
        self.tail = Tail(0)
        self._cache = cache
        self._on_events = on_events
        self._on_reset = on_reset
        self._sizes = sizes
        self._early: dict[int, Event] = {}
        self._unopened: list[tuple[str, Sequence[Event]]] = []  # publications that came before the log was open
        self._filling: asyncio.Task[None] | None = None

    @property
    def tip(self) -> int:
        """The last event known here."""
        return self.tail.tip

    def open(self, epoch: str, head: int, recent: Sequence[Event] = ()) -> None:
        """Begins at storage's head, with the events before it in memory for readers who return; what was published
        meanwhile comes after."""
        self.epoch = epoch
        self.tail = Tail(head, recent, self._sizes)
        unopened, self._unopened = self._unopened, []
        for publication in unopened:
            self.accept(*publication)
        self._release()

    def accept(self, epoch: str, events: Sequence[Event]) -> None:
        """Takes in published events; what is missing before them is fetched."""
        if not self.epoch:
            if len(self._unopened) < self._sizes.early:
                self._unopened.append((epoch, events))
            return
        if epoch != self.epoch:
            self.fill()  # another log, or a message that is long out of date: storage knows
            return
        for event in events:
            if event.seq > self.tip and len(self._early) < self._sizes.early:
                self._early[event.seq] = event
        self._release()
        if self._early:
            self.fill()

    def _release(self) -> None:
        """Appends what follows the tip; drops what is not new."""
        for seq in [seq for seq in self._early if seq <= self.tip]:
            del self._early[seq]
        released: list[EncodedEvent] = []
        while (event := self._early.pop(self.tip + 1, None)) is not None:
            released.append(self.tail.append(event))
        if released:
            self._on_events(released)

    # Compared with storage

    def compare(self, epoch: str, head: int, tail: Tail, tip: int) -> None:
        """Takes storage's head, read after this log's tail was `tail` and ended at `tip` (it may have moved since).
        Fetches what this node missed; resets where storage has another log, or one shorter than the tip was."""
        if not self.epoch or tail is not self.tail:  # reset meanwhile: what was read is of no more use
            return
        if epoch != self.epoch or head < tip:
            self.reset(epoch, head)
        elif head > self.tip:
            self.fill()

    def fill(self) -> None:
        """Fills the gap between the tip and storage's head."""
        if self._filling is None and self.epoch:
            self._filling = asyncio.create_task(self._fetch(self.tail))

    async def _fetch(self, tail: Tail) -> None:
        """Reads from storage until there is no more. If that fails, the next comparison of heads tries again."""
        try:
            more = True
            while more:
                page = await self._cache.events(self.topic, self.tip, self._sizes.fetch)
                if tail is not self.tail:  # reset meanwhile
                    return
                if page.state.epoch != self.epoch:
                    self.reset(page.state.epoch, page.state.head)
                    return
                self._early.update((event.seq, event) for event in page.events if event.seq > self.tip)
                self._release()
                more = page.more
        except Exception as error:
            log.warning("log_not_read", topic=str(self.topic), error=describe(error))
        finally:
            self._filling = None

    async def filled(self) -> None:
        """Fills the gap and waits for it. If storage fails, the gap may still be there afterwards."""
        self.fill()
        if self._filling is not None:
            await asyncio.wait([self._filling])

    def reset(self, epoch: str, head: int) -> None:
        """Begins again at storage's head, in another epoch or after the log went back."""
        self._cache.forget()
        self._on_reset()
        self._early.clear()
        self.open(epoch, head)

    # For readers who return or are behind

    def remembers(self, position: int) -> bool:
        """Whether the events after `position` are in memory, as far as they were published here."""
        return position >= self.tip or self.tail.since(position) is not None

    async def refresh(self, position: int) -> LogState:
        """Reads the state as it is now, and loads the events after `position` into memory. They may be out of date
        again when this returns. Refused `not_found`."""
        if self.remembers(position):
            state = await self._cache.state(self.topic)
            if state.head <= max(position, self.tip):
                return state
        return await self._cache.read_through(self.topic, position)

    def cached_since(self, position: int, head: int) -> list[EncodedEvent]:
        """The events after `position` that memory has, if memory is as new as storage was when the head was `head`, so
        that a removal on another node counts (G9)."""
        if position >= head:
            return []
        up_to_date = self.tip >= head
        recent = self.tail.since(position) if up_to_date else None
        if recent is not None:
            return recent
        segment = self._cache.segment(self.topic, position)
        if segment is None:
            return []
        true = segment.head >= head or (up_to_date and segment.head >= self.tail.changed)
        events = segment.after(position) if true and segment.epoch == self.epoch else []
        if not events:
            self._cache.drop(self.topic, position)
        return events

    def close(self) -> None:
        """Ends the gap fill under way."""
        if self._filling is not None:
            self._filling.cancel()
