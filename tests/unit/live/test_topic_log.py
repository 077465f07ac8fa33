"""live.topic_log over a storage that a test plays: gaps are filled, doubles dropped, and another log is noticed."""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain.events import Event, Kind
from hubbub.live.log import EncodedEvent
from hubbub.live.log_cache import LogCache
from hubbub.live.topic_log import TopicLog
from hubbub.live.tuning import Sizes
from tests.support.desk_log import NEWS, DeskLog
from tests.unit.live.desk import until


class Played:
    """A log over a DeskLog, what it gave out, and how often it was reset."""

    def __init__(self, sizes: Sizes = Sizes()) -> None:
        self.storage = DeskLog()
        self.given: list[int] = []
        self.resets = 0
        self.log = TopicLog(NEWS, LogCache({NEWS.kind: self.storage}), self._on_events, self._on_reset, sizes)

    def _on_events(self, events: Sequence[EncodedEvent]) -> None:
        self.given += [event.seq for event in events]

    def _on_reset(self) -> None:
        self.resets += 1

    def commit(self, count: int, kind: str = Kind.POSTED) -> list[Event]:
        """So many events, stored and not published."""
        return [self.storage.commit(kind).events[0] for _ in range(count)]

    def compare(self) -> None:
        """With storage's head as it is."""
        self.log.compare(self.storage.epoch, len(self.storage.log), self.log.tail, self.log.tip)


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4))
def test_events_in_any_order_and_number_are_given_out_once_in_order(order: list[int], again: list[int]) -> None:
    async def play() -> None:
        played = Played()
        events = played.commit(6)
        played.log.open("first", 0)
        for index in [*order, *again]:
            played.log.accept("first", [events[index]])
        assert played.given == [1, 2, 3, 4, 5, 6]
        played.log.close()

    asyncio.run(play())


async def test_a_gap_is_filled_from_storage() -> None:
    played = Played(Sizes(fetch=2))
    events = played.commit(7)
    played.log.open("first", 0)
    played.log.accept("first", [events[5]])
    assert played.given == []
    await until(lambda: played.given == [1, 2, 3, 4, 5, 6, 7])


async def test_what_is_published_before_the_log_is_open_comes_after_its_head() -> None:
    played = Played()
    events = played.commit(3)
    for event in events[1:]:
        played.log.accept("first", [event])
    played.log.open("first", 2)
    assert played.given == [3]


@pytest.mark.parametrize(("missing", "given"), [(0, []), (2, [1, 2])])
async def test_a_comparison_fetches_what_was_missed(missing: int, given: list[int]) -> None:
    played = Played()
    played.log.open("first", 0)
    played.commit(missing)
    played.compare()
    await played.log.filled()
    assert (played.given, played.resets) == (given, 0)


@pytest.mark.parametrize(("epoch", "left"), [("second", 2), ("first", 1)], ids=["another log", "one that went back"])
async def test_another_log_resets(epoch: str, left: int) -> None:
    played = Played()
    played.log.open("first", 0)
    for event in played.commit(2):
        played.log.accept("first", [event])
    played.storage.epoch, played.storage.log = epoch, played.storage.log[:left]
    played.compare()
    assert (played.resets, played.log.epoch, played.log.tip) == (1, epoch, left)


async def test_heads_that_were_read_before_a_reset_say_nothing_of_the_new_log() -> None:
    played = Played()
    played.log.open("first", 0)
    tail, tip = played.log.tail, played.log.tip
    played.log.reset("second", 5)
    played.log.compare("first", 9, tail, tip)
    assert (played.resets, played.log.epoch, played.log.tip) == (1, "second", 5)


async def test_memory_is_used_only_while_it_is_as_new_as_storage() -> None:
    """A removal elsewhere counts before it was published here (G9)."""
    played = Played()
    events = played.commit(3)
    played.log.open("first", 0)
    for event in events:
        played.log.accept("first", [event])
    assert [event.seq for event in played.log.cached_since(1, 3)] == [2, 3]
    assert played.log.cached_since(1, 4) == []
    assert played.log.cached_since(3, 3) == []
    played.log.accept("first", played.commit(1, "comment.future"))
    assert played.log.cached_since(1, 4) == [], "what it changed is not known here"


async def test_a_refresh_loads_what_follows() -> None:
    played = Played(Sizes(tail=1))
    played.commit(30)
    played.log.open("first", 30)
    state = await played.log.refresh(4)
    assert state.head == 30
    assert [event.seq for event in played.log.cached_since(4, 30)] == list(range(5, 31))


async def test_storage_that_fails_leaves_the_gap_for_later() -> None:
    played = Played()
    played.log.open("first", 0)
    played.commit(2)
    cache = played.log._cache

    class Failing:
        async def events(self, *_: object) -> None:
            raise ConnectionError("planted")

    played.log._cache = cast(LogCache, Failing())
    await played.log.filled()
    assert played.given == []
    played.log._cache = cache
    await played.log.filled()
    assert played.given == [1, 2]
