"""live.log: the tail in memory and cutting it into pages."""

import pytest

from hubbub.domain.events import Event, Kind
from hubbub.domain.model import Author, Comment, Role
from hubbub.live.log import EncodedEvent, Tail, pages
from hubbub.live.tuning import Sizes
from hubbub.protocol.codec import JSON, MSGPACK

KEPT, KEPT_BYTES = Sizes().tail, Sizes().tail_bytes


def event(seq: int, kind: str = Kind.POSTED, text: str = "hi") -> Event:
    """An event about a comment."""
    author = Author("a", "Ann", None, Role.GUEST)
    return Event(seq, kind, 0, Comment(f"c{seq}", "t", seq, seq, None, author, text, text, 0))


def tail_of(count: int) -> Tail:
    """A tail that took in `count` events after seq 10."""
    tail = Tail(10)
    for seq in range(11, 11 + count):
        tail.append(event(seq))
    return tail


def seqs(events: list[EncodedEvent] | None) -> list[int] | None:
    """Their seqs."""
    return None if events is None else [one.seq for one in events]


def test_since_gives_what_follows() -> None:
    tail = tail_of(5)
    assert seqs(tail.since(12)) == [13, 14, 15]
    assert seqs(tail.since(15)) == []
    assert seqs(tail.since(10)) == [11, 12, 13, 14, 15]


def test_since_does_not_reach_before_its_beginning_nor_past_its_end() -> None:
    tail = tail_of(5)
    assert tail.since(9) is None
    assert tail.since(16) is None


def test_memory_is_bounded() -> None:
    tail = tail_of(KEPT + 50)
    assert tail.since(10) is None
    assert len(tail.since(tail.tip - KEPT) or []) == KEPT


@pytest.mark.parametrize(("kind", "kept"), [("comment.restored", 6), ("comment.future", 1)])
def test_what_may_change_a_text_forgets_what_came_before(kind: str, kept: int) -> None:
    tail = tail_of(5)
    tail.append(event(16, kind))
    assert len(tail.since(16 - kept) or []) == kept
    assert tail.since(15 - kept) is None


@pytest.mark.parametrize("size", [300, 1000, 50_000, KEPT_BYTES])
@pytest.mark.parametrize("kind", [Kind.POSTED, Kind.REMOVED])
def test_memory_is_bounded_by_bytes(size: int, kind: Kind) -> None:
    """However it is filled, and with both encodings."""
    begun = Tail(KEPT, [event(seq, text="x" * size) for seq in range(1, KEPT + 1)])
    grown = tail_of(1)
    for seq in range(12, KEPT + 12):
        grown.append(event(seq, text="x" * size))
    grown.append(event(grown.tip + 1, kind, "x" * size))
    for seq in range(grown.tip + 1, grown.tip + KEPT + 1):
        grown.append(event(seq, text="x" * size))
    for tail in (begun, grown):
        kept = next(found for place in range(tail.tip + 1) if (found := tail.since(place)) is not None)
        held = [one.event.comment.html + one.event.comment.body for one in kept if one.event.comment]
        encoded = [one.encoded(codec) for one in kept for codec in (JSON, MSGPACK)]
        taken = sum(map(len, held)) + sum(map(len, encoded))
        assert taken <= KEPT_BYTES
        assert len(kept) == KEPT or taken + 1000 * (len(kept) + 1) > KEPT_BYTES - 5 * size, (
            "no more is dropped than must be"
        )
        assert seqs(kept) == list(range(tail.tip - len(kept) + 1, tail.tip + 1))
        assert tail.since(tail.tip - len(kept) - 1) is None


def test_a_hole_is_refused() -> None:
    with pytest.raises(AssertionError, match="expected 12, got 13"):
        tail_of(1).append(event(13))


@pytest.mark.parametrize("kind", [Kind.REMOVED, Kind.EDITED])
def test_old_text_is_forgotten(kind: Kind) -> None:
    tail = tail_of(3)
    tail.append(event(14, kind))
    assert tail.since(12) is None
    assert seqs(tail.since(13)) == [14]


def test_an_event_is_encoded_once() -> None:
    one = EncodedEvent(event(1))
    assert one.encoded(JSON) is one.encoded(JSON)
    assert one.encoded(JSON) != one.encoded(MSGPACK)


def test_pages_keep_all_events_in_order_and_near_the_limit() -> None:
    events = [EncodedEvent(event(seq, text="x" * 100)) for seq in range(1, 51)]
    size = len(events[0].encoded(JSON))
    cut = list(pages(events, JSON, size * 7))
    assert [data for _, run in cut for data in run] == [one.encoded(JSON) for one in events]
    assert cut[-1][0] == 50
    assert all(sum(map(len, run)) <= size * 8 for _, run in cut)
    assert len(cut) > 5
