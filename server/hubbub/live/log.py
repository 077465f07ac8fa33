"""The tail of one thread's log in memory, each event encoded once for all its readers."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hubbub.domain.events import Audience, Event
from hubbub.domain.model import Comment
from hubbub.live.tuning import Sizes
from hubbub.protocol.codec import Codec
from hubbub.protocol.views import event_view

COUNTS_BYTES = 300  # of one comment's counts: its id, and the names of six reactions


class EncodedEvent:
    """An event with its encodings, each made when first needed. `held` is about what it takes in memory, in bytes, once
    both are."""

    __slots__ = ("_bytes", "event", "held", "seq")

    def __init__(self, event: Event) -> None:
        self.seq = event.seq
        self.event = event
        self.held = 1000
        if event.comment:
            self.held += 3 * len(event.comment.html.encode()) + len(event.comment.body.encode())
        if event.counts:
            self.held += 4 * COUNTS_BYTES * len(event.counts)
        self._bytes: dict[str, bytes] = {}

    @property
    def size(self) -> int:
        """Bytes, about and at most: flushes are cut by it."""
        comment, counts = self.event.comment, self.event.counts
        return 1000 + (len(comment.html.encode()) if comment else 0) + COUNTS_BYTES * len(counts or ())

    def encoded(self, codec: Codec, audience: Audience = Audience.EVERYBODY) -> bytes:
        """The event's bytes in one encoding, for one audience."""
        key = codec.name if audience is Audience.EVERYBODY else f"{codec.name} for {audience}"
        data = self._bytes.get(key)
        if data is None:
            data = self._bytes[key] = codec.encode(event_view(self.event, audience))
        return data

    def replace_comment(self, comment: Comment) -> None:
        """If the event is about `comment`, shows it as it is now from here on."""
        if self.event.comment is not None and self.event.comment.id == comment.id:
            self.event = replace(self.event, comment=comment)
            self._bytes.clear()


class Tail:
    """The latest events, without a gap, up to `tip`, as many as `sizes` allows; it may begin with `events` as storage
    shows them."""

    def __init__(self, tip: int, events: Sequence[Event] = (), sizes: Sizes = Sizes()) -> None:
        assert not events or events[-1].seq == tip, f"expected events up to {tip}, got {events[-1].seq}"
        self.tip = tip
        self.changed = tip  # the last event after which what was read of older ones is out of date
        self._events: deque[EncodedEvent] = deque()
        self._held = 0
        self._most, self._most_bytes = sizes.tail, sizes.tail_bytes
        for event in events:
            self._keep(EncodedEvent(event))

    def append(self, event: Event) -> EncodedEvent:
        """Takes in the event after `tip`. A removal or an edit forgets what came before: no replay may show the old
        text again (G9)."""
        assert event.seq == self.tip + 1, f"expected {self.tip + 1}, got {event.seq}"
        if event.outdates:
            self._events.clear()
            self._held = 0
            self.changed = event.seq
        encoded = EncodedEvent(event)
        self._keep(encoded)
        self.tip = event.seq
        return encoded

    def _keep(self, event: EncodedEvent) -> None:
        self._events.append(event)
        self._held += event.held
        while len(self._events) > self._most or self._held > self._most_bytes:
            self._held -= self._events.popleft().held

    def since(self, seq: int) -> list[EncodedEvent] | None:
        """The events after `seq`, or None where memory does not reach back that far."""
        missing = self.tip - seq
        if missing < 0 or missing > len(self._events):
            return None
        return [self._events[index] for index in range(len(self._events) - missing, len(self._events))]


def pages(
    events: list[EncodedEvent], codec: Codec, limit: int, audience: Audience = Audience.EVERYBODY
) -> Iterator[tuple[int, list[bytes]]]:
    """Events in runs of at most about `limit` bytes, each with the seq of its last."""
    run: list[bytes] = []
    size = 0
    for index, event in enumerate(events):
        data = event.encoded(codec, audience)
        run.append(data)
        size += len(data)
        if size >= limit or index == len(events) - 1:
            yield event.seq, run
            run, size = [], 0
