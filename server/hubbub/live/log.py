"""The tail of one thread's log in memory, each event encoded once for all its readers."""

from collections import deque
from collections.abc import Iterator, Sequence

from hubbub.domain.model import Event, Kind
from hubbub.protocol.codec import Codec
from hubbub.protocol.views import EventView, event_view

KEPT = 256  # events; whoever is further behind reads from storage


class EncodedEvent:
    """An event with its encodings, each made when first needed."""

    __slots__ = ("_bytes", "_view", "at", "kind", "seq", "size")

    def __init__(self, event: Event) -> None:
        self.seq = event.seq
        self.kind = event.kind
        self.at = event.at
        # Bytes, about and at most: flushes are cut by it.
        self.size = 1000 + (len(event.comment.html.encode()) if event.comment else 0)
        self._view: EventView = event_view(event)
        self._bytes: dict[str, bytes] = {}

    def encoded(self, codec: Codec) -> bytes:
        """The event's bytes in one encoding."""
        data = self._bytes.get(codec.name)
        if data is None:
            data = self._bytes[codec.name] = codec.encode(self._view)
        return data


class Tail:
    """The latest events, without a gap, up to `tip`; it may begin with `events` as storage shows them."""

    def __init__(self, tip: int, events: Sequence[Event] = ()) -> None:
        assert not events or events[-1].seq == tip, f"expected events up to {tip}, got {events[-1].seq}"
        self.tip = tip
        self._events: deque[EncodedEvent] = deque(map(EncodedEvent, events), maxlen=KEPT)

    def append(self, event: Event) -> EncodedEvent:
        """Takes in the event after `tip`. A removal or an edit
        forgets what came before: no replay may show the old text again (G9)."""
        assert event.seq == self.tip + 1, f"expected {self.tip + 1}, got {event.seq}"
        if event.kind in (Kind.REMOVED, Kind.EDITED):
            self._events.clear()
        encoded = EncodedEvent(event)
        self._events.append(encoded)
        self.tip = event.seq
        return encoded

    def since(self, seq: int) -> list[EncodedEvent] | None:
        """The events after `seq`, or None where memory does not reach back that far."""
        missing = self.tip - seq
        if missing < 0 or missing > len(self._events):
            return None
        return [self._events[index] for index in range(len(self._events) - missing, len(self._events))]


def pages(events: list[EncodedEvent], codec: Codec, limit: int) -> Iterator[tuple[int, list[bytes]]]:
    """Events in runs of at most about `limit` bytes, each with the seq of its last."""
    run: list[bytes] = []
    size = 0
    for index, event in enumerate(events):
        data = event.encoded(codec)
        run.append(data)
        size += len(data)
        if size >= limit or index == len(events) - 1:
            yield event.seq, run
            run, size = [], 0
