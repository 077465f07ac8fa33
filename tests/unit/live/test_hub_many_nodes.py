"""live.hub as one of many nodes: a bus that is away, slow or out of date, storage that fails, removals elsewhere."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import pytest

from hubbub.domain.events import THREAD, Topic
from hubbub.live.hub import Hub
from hubbub.live.log_cache import LogCache
from hubbub.live.thread_log_reader import ThreadLogReader
from hubbub.live.tuning import Timings
from hubbub.services.history import History
from hubbub.storage.events import EventPage
from hubbub.transport.base import Handler
from hubbub.transport.memory import MemoryBus
from tests.unit.live.desk import Desk, open_desk, until
from tests.unit.live.reader import Reader, has


async def run_for_ever(desk: Desk) -> asyncio.Task[None]:
    """The hub's loop, beside the test; the desk ends it."""
    return asyncio.create_task(desk.hub.run())


async def test_while_the_bus_is_away_heads_are_compared_more_often(tmp_path: Path) -> None:
    assert 0.2 <= Timings().compare_without_bus <= 0.5, "s, as promised"
    async with open_desk(tmp_path, timings=Timings(compare=3600, compare_without_bus=0.01)) as desk:
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        desk.bus.healthy = False
        await run_for_ever(desk)
        await desk.post()
        desk.unpublished.clear()
        await until(lambda: reader.seqs() == [1])


@pytest.mark.parametrize("hangs", [True, False])
async def test_a_bus_that_does_not_count_readers_holds_up_no_comparison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    asked = 0

    async def count(_readers: Mapping[Topic, int]) -> Mapping[Topic, int]:
        nonlocal asked
        asked += 1
        if hangs:
            await asyncio.Event().wait()
        raise ConnectionError("planted")

    async with open_desk(tmp_path, timings=Timings(compare=0.01, presence=0.02)) as desk:
        monkeypatch.setattr(desk.bus, "count", count)
        readers = [Reader(), Reader()]
        await desk.hub.join(readers[0].connection, desk.topic, 1, None)
        await run_for_ever(desk)
        await until(lambda: asked > 1)
        await desk.post()
        desk.unpublished.clear()
        await until(lambda: readers[0].seqs() == [1])
        await desk.hub.join(readers[1].connection, desk.topic, 1, None)
        await until(lambda: [push["watching"] for push in readers[0].pushes("presence")] == [1, 2])


async def test_a_publication_of_another_log_resets_nobody_unless_storage_says_so(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        await desk.post()
        (publication,) = desk.unpublished
        desk.hub.deliver(msgspec.structs.replace(publication, epoch="an old one"))
        await until(lambda: reader.seqs() == [1])  # fetched: the message was a reason to look
        await desk.post()
        desk.publish()
        await until(lambda: reader.seqs() == [1, 2])
        assert not reader.pushes("reset")


async def test_what_another_log_says_before_the_channel_is_open_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.post("first")
        await desk.post("second")
        _, second = desk.unpublished
        desk.unpublished.clear()
        (event,) = second.events
        stale = msgspec.structs.replace(second, epoch="an old one", events=(replace(event, seq=3),))

        async def subscribe(_topic: Topic, _handler: Handler) -> None:
            desk.hub.deliver(stale)
            desk.hub.deliver(second)

        monkeypatch.setattr(desk.bus, "subscribe", subscribe)
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        await desk.post("third")
        desk.publish()
        await until(lambda: reader.seqs() == [3])
        assert "third" in str(reader.pushes("events"))
        assert not reader.pushes("reset")


async def test_who_joins_again_after_storage_failed_is_not_forgotten_by_who_fails_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path) as desk:
        read, failing = desk.history.events, [True]

        async def events(thread: str, after: int, limit: int) -> EventPage:
            if failing and failing.pop():
                raise ConnectionError("planted")
            return await read(thread, after, limit)

        monkeypatch.setattr(desk.history, "events", events)

        async def insist(reader: Reader) -> None:
            with suppress(ConnectionError):
                return await desk.hub.join(reader.connection, desk.topic, 1, None)
            await desk.hub.join(reader.connection, desk.topic, 1, None)

        readers = [Reader() for _ in range(3)]
        await asyncio.gather(*map(insist, readers))
        await desk.post()
        desk.publish()
        for reader in readers:
            await until(partial(has, reader, 1))


async def test_two_nodes_show_the_same(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        other = Hub(MemoryBus(), LogCache({THREAD: ThreadLogReader(History(desk.database))}))
        here, there = Reader(), Reader()
        await desk.hub.join(here.connection, desk.topic, 1, None)
        await other.join(there.connection, desk.topic, 1, None)
        for _ in range(5):
            await desk.post()
        for publication in reversed(desk.unpublished):  # two workers, a lease handed over
            other.deliver(publication)
            other.deliver(publication)
        desk.publish()
        await until(lambda: here.seqs() == there.seqs() == [1, 2, 3, 4, 5])
