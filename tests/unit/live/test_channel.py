"""live.channel: what the fan-out costs, and to whom it goes."""

import sys
from typing import Any, cast

from hubbub.domain.events import Audience, Event, Kind, thread_topic
from hubbub.live.channel import Channel
from hubbub.live.log_cache import LogCache
from hubbub.live.tuning import Timings
from tests.unit.live.reader import Reader
from tests.unit.samples import AT, THREAD, comment

TOPIC = thread_topic(THREAD)


class Mute(Reader):
    """A reader that decodes nothing, so that its cost is one call."""

    def write(self, data: bytes) -> None:
        """Ignores it."""


def open_channel(readers: list[Reader], audience: Audience = Audience.EVERYBODY) -> Channel:
    """A channel with ready readers, at the start of its log."""
    channel = Channel(TOPIC, cast(LogCache, None), Timings(tick=3600))  # flushed by hand
    channel.log.open("e", 0)
    for reader in readers:
        channel.enter(reader.connection, audience)
        channel.admit(reader.connection, 0)
    return channel


def posted(number: int) -> Event:
    """The event that posts the `number`th comment."""
    return Event(number, Kind.POSTED, AT, comment(number))


def calls_of_a_flush(count: int) -> int:
    """How many calls, of Python and C, it takes to send two events to so many readers."""
    channel = open_channel([Mute() for _ in range(count)])
    channel.log.accept("e", [posted(1), posted(2)])
    calls = 0

    def count_call(_frame: Any, what: str, _function: Any) -> None:
        nonlocal calls
        calls += what in ("call", "c_call")

    sys.setprofile(count_call)
    try:
        channel.flush()
    finally:
        sys.setprofile(None)
    return calls


async def test_an_event_costs_one_call_a_reader() -> None:
    calls_of_a_flush(1)  # some things are made once
    assert calls_of_a_flush(30) - calls_of_a_flush(10) == 20


async def test_events_of_a_tick_travel_in_one_message() -> None:
    reader = Reader()
    channel = open_channel([reader])
    channel.log.accept("e", [posted(2)])
    channel.log.accept("e", [posted(1), posted(3)])
    channel.flush()
    assert [[event["seq"] for event in push["events"]] for push in reader.pushes("events")] == [[1, 2, 3]]


async def test_who_left_or_is_slow_is_not_written_to() -> None:
    left, slow, _ = readers = [Reader() for _ in range(3)]
    channel = open_channel(readers)
    channel.leave(left.connection)
    slow.connection.pause()
    channel.log.accept("e", [posted(1)])
    channel.flush()
    assert [reader.seqs() for reader in readers] == [[], [], [1]]
    assert slow.connection.followed == {TOPIC: channel}
    channel.leave(slow.connection)
    slow.connection.lost()


async def test_a_reader_of_two_audiences_is_one_reader() -> None:
    """It joined again as somebody else: it gets each event once, as the last join says."""
    reader = Reader()
    channel = open_channel([reader], Audience.STAFF)
    channel.leave(reader.connection)
    channel.enter(reader.connection, Audience.EVERYBODY)
    channel.admit(reader.connection, 0)
    channel.log.accept("e", [posted(1)])
    channel.flush()
    assert reader.seqs() == [1]
    assert "body" not in reader.messages[0]["events"][0]["comment"]
    assert (channel.watching, len(channel.readers)) == (1, 1)
