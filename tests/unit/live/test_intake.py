"""live.intake: what a turn of the loop takes in, what waits, and what is never looked into."""

import asyncio
from collections.abc import Callable
from typing import Any

from hubbub.live.intake import DISCARDED_BYTES, SLICE, SLICES, TURN_UNITS, Intake, Turns
from tests.unit.live.desk import until


class Pipe(asyncio.Transport):
    """A transport that remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = True
        self.written = b""
        self.ended = False
        self.aborted = False

    def pause_reading(self) -> None:
        """See Transport."""
        self.reading = False

    def resume_reading(self) -> None:
        """See Transport."""
        self.reading = True

    def write(self, data: Any) -> None:
        """See Transport."""
        self.written += data

    def write_eof(self) -> None:
        """See Transport."""
        self.ended = True

    def is_closing(self) -> bool:
        """See Transport."""
        return False

    def abort(self) -> None:
        """See Transport."""
        self.aborted = True


class Peer(Intake):
    """Remembers its slices; `on_slice` is told of each."""

    def __init__(self, on_slice: "Callable[[Peer], None]" = lambda peer: None) -> None:
        self.loop = asyncio.get_running_loop()
        self.turns = Turns.of(self.loop)
        self.pipe = Pipe()
        self.transport = self.pipe
        self.slices: list[bytes] = []
        self._on_slice = on_slice

    def take(self, piece: bytes | memoryview) -> None:
        """See Intake."""
        self.slices.append(bytes(piece))
        self._on_slice(self)

    @property
    def taken(self) -> bytes:
        """All of it."""
        return b"".join(self.slices)


def sent(size: int) -> bytes:
    """Bytes that differ."""
    return bytes(range(251)) * (size // 251) + bytes(size % 251)


async def test_little_is_taken_at_once() -> None:
    peer = Peer()
    peer.data_received(b"hello")
    assert peer.slices == [b"hello"]
    assert peer.pipe.reading


async def test_one_connection_gets_4_kib_of_a_turn_and_nothing_is_read_while_any_is_left() -> None:
    peer, data = Peer(), sent(30_000)
    peer.data_received(data)
    sizes = [len(peer.taken)]
    while len(peer.taken) < len(data):
        assert not peer.pipe.reading
        await asyncio.sleep(0)
        sizes.append(len(peer.taken))
    assert max(after - before for before, after in zip([0, *sizes], sizes, strict=False)) == SLICE * SLICES == 4096
    assert peer.taken == data
    assert peer.pipe.reading


async def test_all_connections_share_a_turn() -> None:
    peers, data = [Peer() for _ in range(50)], sent(10_000)
    for peer in peers:
        peer.data_received(data)
    before = 0
    while any(len(peer.taken) < len(data) for peer in peers):
        count = sum(len(peer.slices) for peer in peers)
        assert count - before <= TURN_UNITS
        before = count
        await asyncio.sleep(0)
    assert all(peer.taken == data for peer in peers)


async def test_whoever_comes_into_a_crowd_is_served_in_the_next_turn() -> None:
    flooders = [Peer() for _ in range(200)]
    for peer in flooders:
        peer.data_received(sent(50_000))
    await until(lambda: all(peer.slices for peer in flooders))
    before = [len(peer.slices) for peer in flooders]
    meanwhile: list[int] = []
    reader = Peer(lambda _: meanwhile.extend(len(peer.slices) for peer in flooders))
    reader.data_received(b"hello")
    await until(lambda: bool(reader.slices))
    assert sum(meanwhile) - sum(before) == 1


async def test_a_crowd_that_keeps_coming_does_not_starve_those_who_wait() -> None:
    flooder = Peer()
    flooder.data_received(sent(100_000))
    peers = [Peer() for _ in range(TURN_UNITS + 50)]
    while len(flooder.slices) < 100:
        before = len(flooder.slices)
        for peer in peers:
            peer.data_received(b"hello")
        await asyncio.sleep(0)
        assert len(flooder.slices) > before


async def test_what_a_slice_costs_in_messages_is_charged() -> None:
    def spend(peer: Peer) -> None:
        peer.turns.spend(TURN_UNITS // 2)

    peer = Peer(spend)
    peer.data_received(sent(4096))
    assert len(peer.slices) <= 2
    await until(lambda: len(peer.taken) == 4096)


async def test_nothing_is_taken_while_it_is_held_and_the_rest_comes_before_anything_new() -> None:
    peer = Peer(Peer.hold)
    peer.data_received(sent(1000))
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(peer.slices) == 1
    assert not peer.pipe.reading
    for count in (2, 3, 4):
        peer.release()
        await until(lambda count=count: len(peer.slices) == count)  # type: ignore[misc]  # mypy can't infer lambdas with defaults
        assert not peer.pipe.reading
    peer.release()
    assert peer.taken == sent(1000)
    assert peer.pipe.reading


async def test_nothing_is_taken_after_a_verdict() -> None:
    peer = Peer(lambda peer: peer.finish(b"bye"))
    peer.data_received(sent(10_000))
    peer.data_received(sent(10_000))
    await asyncio.sleep(0)
    assert len(peer.slices) == 1
    assert (peer.pipe.written, peer.pipe.ended) == (b"bye", True)


async def test_after_a_verdict_little_more_is_read() -> None:
    peer = Peer()
    peer.finish(b"")
    peer.data_received(bytes(DISCARDED_BYTES))
    assert peer.pipe.reading, "the peer's end has to be seen"
    peer.data_received(b"x")
    assert not peer.pipe.reading


async def test_who_does_not_go_after_a_verdict_is_dropped() -> None:
    peer = Peer()
    peer.verdict_timeout = 0.01
    peer.finish(b"")
    await until(lambda: peer.pipe.aborted)


async def test_a_lost_connection_is_left_alone() -> None:
    peer = Peer()
    peer.data_received(sent(10_000))
    peer.connection_lost(None)
    count = len(peer.slices)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(peer.slices) == count
