"""G4 and G5: whatever is lost, doubled or reordered on the bus, however readers stall and whenever heads are compared,
each gets all of the log once."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hubbub.protocol.requests.conversation import Position
from tests.unit.live.desk import Desk, open_desk, until
from tests.unit.live.reader import Reader

READERS = 3
STEP = st.one_of(
    st.tuples(st.just("post"), st.integers(1, 4)),
    st.tuples(st.just("publish"), st.integers(0, 9)),
    st.tuples(st.just("lose"), st.integers(0, 9)),
    st.tuples(st.just("double"), st.integers(0, 9)),
    st.tuples(st.just("join"), st.integers(0, READERS - 1)),
    st.tuples(st.just("resume"), st.integers(0, READERS - 1)),
    st.tuples(st.just("leave"), st.integers(0, READERS - 1)),
    st.tuples(st.just("stall"), st.integers(0, READERS - 1)),
    st.tuples(st.just("drain"), st.integers(0, READERS - 1)),
    st.tuples(st.just("look"), st.just(0)),
    st.tuples(st.just("tell"), st.just(0)),
    st.tuples(st.just("breathe"), st.integers(1, 5)),
)


def caught_up(reader: Reader, place: int, head: int) -> bool:
    """Whether the reader was told of the last event, if there was any for it."""
    return place == head or reader.seqs()[-1:] == [head]


class Play:
    """Carries out the steps."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.readers = [Reader() for _ in range(READERS)]
        self.places = [-1] * READERS  # the seq each reader's present run of events began after; -1: not joined
        self.read_heads, desk.history.heads = desk.history.heads, self.heads  # type: ignore[method-assign]  # a slow one
        self.looked = asyncio.Event()
        self.told = asyncio.Event()
        self.comparing: asyncio.Task[None] | None = None

    async def heads(self, thread_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        """What storage says now, told later."""
        found = await self.read_heads(thread_ids)
        self.looked.set()
        await self.told.wait()
        return found

    async def look(self) -> None:
        """The hub's comparison has read the heads, and has not heard of them yet."""
        if self.comparing is None:
            self.looked.clear()
            self.told.clear()
            self.comparing = asyncio.create_task(self.desk.hub.compare_heads())
            await self.looked.wait()

    async def tell(self) -> None:
        """It hears of them."""
        self.told.set()
        if self.comparing is not None:
            await self.comparing
            self.comparing = None

    async def step(self, name: str, value: int) -> None:
        """One step; those that make no sense just now do nothing."""
        desk, waiting = self.desk, self.desk.unpublished
        if name == "post":
            for _ in range(value):
                await desk.post()
        elif name == "breathe":
            for _ in range(value):
                await asyncio.sleep(0.001)
        elif name == "look":
            await self.look()
        elif name == "tell":
            await self.tell()
        elif name in ("publish", "lose", "double"):
            if waiting:
                publication = waiting[value % len(waiting)] if name == "double" else waiting.pop(value % len(waiting))
                if name != "lose":
                    desk.hub.deliver(publication)
        else:
            await self._reader_step(name, value)

    async def _reader_step(self, name: str, index: int) -> None:
        reader = self.readers[index]
        if name == "join":
            await self._join(index, None)
        elif name == "resume" and self.places[index] >= 0:
            self.desk.hub.leave(reader.connection, self.desk.topic)  # as if its connection had broken
            seqs = reader.seqs()
            epoch, _ = await self.desk.history.head(self.desk.thread)
            await self._join(index, Position(epoch, seqs[-1] if seqs else self.places[index]))
        elif name == "leave":
            self.desk.hub.leave(reader.connection, self.desk.topic)
        elif name == "stall" and not reader.connection.paused:
            reader.connection.pause()
        elif name == "drain":
            reader.connection.resume()

    async def _join(self, index: int, after: Position | None) -> None:
        reader = self.readers[index]
        await self.desk.hub.join(reader.connection, self.desk.topic, 1, after)
        if after is None:
            self.places[index] = reader.place()

    async def settle(self) -> None:
        """All faults heal: readers drain and come back, heads are compared once, as the hub does each second."""
        for index, reader in enumerate(self.readers):
            reader.connection.resume()
            if self.places[index] >= 0:
                await self._reader_step("resume", index)
        await self.tell()
        await self.desk.hub.compare_heads()
        _, head = await self.desk.history.head(self.desk.thread)
        for reader, place in zip(self.readers, self.places, strict=True):
            if place >= 0:
                await until(partial(caught_up, reader, place, head))
                assert reader.seqs() == list(range(place + 1, head + 1))
            assert reader.written_while_paused == 0
            assert not reader.pushes("reset"), "the log was never another one"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, min_size=8, max_size=30))
@example([("post", 2), ("publish", 1), ("publish", 0)])
@example([("look", 0), ("post", 1), ("publish", 0), ("tell", 0)])
@example(
    [
        ("post", 1),
        ("publish", 0),
        ("stall", 0),
        ("drain", 0),
        ("breathe", 2),
        ("post", 1),
        ("publish", 0),
        ("breathe", 2),
    ]
)
def test_every_reader_gets_the_log_once_and_in_order(steps: list[tuple[str, int]]) -> None:
    async def play() -> None:
        with TemporaryDirectory() as directory:
            async with open_desk(Path(directory)) as desk:
                game = Play(desk)
                await game.step("join", 0)
                await game.step("join", 1)
                for name, value in steps:
                    await game.step(name, value)
                await game.settle()

    asyncio.run(play())
