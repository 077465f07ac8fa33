"""live.hub as one of many nodes: a bus that is away, slow or out of date, storage that fails, removals elsewhere."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Never

import msgspec
import pytest
from sqlalchemy import text

from hubbub.commands.posting import PostComment
from hubbub.domain.topics import THREAD, Topic
from hubbub.live.channel import Channel
from hubbub.live.hub import Hub
from hubbub.live.log_cache import LogCache
from hubbub.live.thread_reader import ThreadReader
from hubbub.live.tuning import Sizes, Timings
from hubbub.protocol.requests.conversation import Position
from hubbub.services.cache import OVERHEAD
from hubbub.services.history import History
from hubbub.storage.events import EventPage
from hubbub.storage.paging import PAGE_BYTES
from hubbub.transport.base import Handler
from hubbub.transport.memory import MemoryBus
from tests.unit.live.desk import MODERATOR, Desk, open_desk, until
from tests.unit.live.reader import Reader


async def run_for_ever(desk: Desk) -> asyncio.Task[None]:
    """The hub's loop, beside the test; the desk ends it."""
    return asyncio.create_task(desk.hub.run())


async def fill(desk: Desk, count: int, text: str = "") -> None:
    """Commits that many comments at once, which nobody is told of."""
    html = [f"<p>{n}{text}</p>" for n in range(count)]
    await desk.write(*(PostComment(f"id-{n}", desk.thread, MODERATOR, "x", html[n], None) for n in range(count)))
    desk.unpublished.clear()


def has(reader: Reader, head: int) -> bool:
    """Whether the reader was told of event `head` last."""
    return reader.seqs()[-1:] == [head]


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


async def test_storage_that_fails_sends_no_reader_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_desk(tmp_path, timings=Timings(storage_retry=0.01)) as desk:
        slow, quick = Reader(), Reader()
        for reader in (slow, quick):
            await desk.hub.join(reader.connection, desk.topic, 1, None)
        slow.connection.pause()
        await desk.post()
        desk.publish()
        tried = 0

        async def fail(*_: object) -> Never:
            nonlocal tried
            tried += 1
            raise ConnectionError("planted")

        with monkeypatch.context() as away:
            for name in ("thread", "events", "heads"):
                away.setattr(desk.history, name, fail)
            slow.connection.resume()
            await desk.hub.compare_heads()
            await until(lambda: tried > 3)
        await until(lambda: slow.seqs() == [1])
        assert quick.seqs() == [1]
        assert slow.closed == quick.closed == []


async def test_a_removal_on_another_node_counts_before_this_one_hears_of_it(tmp_path: Path) -> None:
    """The text is in this node's memory of the log; the removal is acknowledged, its publication on the way."""
    async with open_desk(tmp_path, sizes=Sizes(tail=1)) as desk:
        comment = await desk.post("secret")
        await fill(desk, 20)
        epoch, _ = await desk.history.head(desk.thread)
        first, late, later = Reader(), Reader(), Reader()
        await desk.hub.join(first.connection, desk.topic, 1, Position(epoch, 0))
        await until(partial(has, first, 21))
        assert "secret" in str(first.messages)
        await desk.remove(comment)
        await desk.hub.join(late.connection, desk.topic, 1, Position(epoch, 0))
        await until(partial(has, late, 22))
        desk.publish()
        await desk.post()
        desk.publish()
        await until(partial(has, first, 23))
        await desk.hub.join(later.connection, desk.topic, 1, Position(epoch, 0))
        await until(partial(has, later, 23))
        for reader in (late, later):
            assert reader.seqs() == list(range(1, reader.seqs()[-1] + 1))
            assert "secret" not in str(reader.messages)


async def test_a_removal_puts_what_was_read_before_out_of_date(tmp_path: Path) -> None:
    async with open_desk(tmp_path, sizes=Sizes(tail=1)) as desk:
        comment = await desk.post("secret")
        await fill(desk, 20)
        epoch, _ = await desk.history.head(desk.thread)
        first, later = Reader(), Reader()
        await desk.hub.join(first.connection, desk.topic, 1, Position(epoch, 0))
        await until(partial(has, first, 21))
        await desk.remove(comment)
        await desk.post()
        desk.publish()
        await until(partial(has, first, 23))
        await desk.hub.join(later.connection, desk.topic, 1, Position(epoch, 0))
        await until(partial(has, later, 23))
        assert later.seqs() == list(range(1, 24))
        assert "secret" not in str(later.messages)


async def test_the_log_in_memory_is_bounded(tmp_path: Path) -> None:
    async with open_desk(tmp_path, segment_events=(10,), segments_bytes=50_000) as desk:
        await fill(desk, 500)
        epoch, _ = await desk.history.head(desk.thread)
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, Position(epoch, 0))
        await until(partial(has, reader, 500))
        assert reader.seqs() == list(range(1, 501))
        segments = desk.hub.cache.segments
        kept = [segment for n in range(50) if (segment := segments.get((desk.topic, 10, n)))]
        assert 1 < len(kept) == len(segments)
        sizes = [OVERHEAD + sum(event.held for event in segment.events) for segment in kept]
        assert segments.currsize == sum(sizes) <= 50_000


@pytest.mark.parametrize("size", [30_000, 100_000], ids=["some in a page", "fewer than a segment of 20"])
@pytest.mark.parametrize("behind", [0, 1, 15, 60, 69, 70])
async def test_a_log_of_large_comments_is_read_in_bounded_pieces_without_a_gap(
    tmp_path: Path, size: int, behind: int
) -> None:
    async with open_desk(tmp_path) as desk:
        await fill(desk, 70, "&" * size)
        epoch, head = await desk.history.head(desk.thread)
        first, returning = Reader(), Reader()
        await desk.hub.join(first.connection, desk.topic, 1, None)
        (channel,) = first.connection.followed.values()
        assert isinstance(channel, Channel)
        assert channel.log.tip == head
        await desk.hub.join(returning.connection, desk.topic, 1, Position(epoch, head - behind))
        for _ in range(3):
            await desk.post()
        desk.publish()
        await until(partial(has, returning, head + 3))
        assert returning.seqs() == list(range(head - behind + 1, head + 4))
        assert first.seqs() == [head + 1, head + 2, head + 3]
        read = [segment.events for segment in desk.hub.cache.segments.values()]
        assert all(sum(one.size for one in events) < 1.2 * PAGE_BYTES for events in read)


async def test_a_lost_stretch_of_large_comments_is_made_good(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        await fill(desk, 70, "&" * 30_000)
        await desk.hub.compare_heads()
        await until(partial(has, reader, 70))
        assert reader.seqs() == list(range(1, 71))


async def go_back(desk: Desk, head: int) -> None:
    """A standby takes over without all commits; each was a comment."""
    for statement in (
        f"DELETE FROM event WHERE seq > {head}",
        f"DELETE FROM comment WHERE number > {head}",
        f"UPDATE thread SET head = {head}, last_number = {head}, comments = {head}",
    ):
        await desk.database.write(lambda db, statement=statement: db.execute(text(statement)))


async def test_who_was_shown_more_than_a_log_that_went_back_has_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path) as desk:
        reader, reads = Reader(), 0
        await desk.hub.join(Reader().connection, desk.topic, 1, None)
        await desk.post("lost")
        desk.unpublished.clear()
        events = desk.history.events

        async def counted(thread: str, after: int, limit: int) -> EventPage:
            nonlocal reads
            reads += 1
            if reads == 1:  # the reader has its snapshot
                await go_back(desk, 0)
            return await events(thread, after, limit)

        monkeypatch.setattr(desk.history, "events", counted)
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        assert reader.place() == 1
        await until(lambda: bool(reader.pushes("reset")))
        assert reads <= 2
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        assert reader.place() == 0
        assert "lost" not in str(reader.messages[-1])
        await desk.post()
        desk.publish()
        await until(lambda: reader.seqs() == [1])
        assert len(reader.pushes("reset")) == 1


async def test_who_was_shown_more_than_was_published_here_waits_for_storage_without_a_storm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read of the log lacks for a while what the snapshot had; nothing is lost, and nobody is reset."""
    async with open_desk(tmp_path) as desk:
        await desk.hub.join(Reader().connection, desk.topic, 1, None)
        await desk.post()
        desk.unpublished.clear()
        events, reads, late = desk.history.events, 0, True

        async def empty(thread: str, after: int, limit: int) -> EventPage:
            nonlocal reads
            reads += 1
            page = await events(thread, after, limit)
            return replace(page, events=[]) if late else page

        monkeypatch.setattr(desk.history, "events", empty)
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        await asyncio.sleep(20 * Timings().stale_retry)
        assert reads <= 21
        late = False
        await desk.post()
        desk.publish()
        await until(lambda: reader.seqs() == [2])
        assert not reader.pushes("reset")


async def test_memory_of_a_log_that_went_back_is_forgotten(tmp_path: Path) -> None:
    async with open_desk(tmp_path, sizes=Sizes(tail=1)) as desk:
        await fill(desk, 20)
        epoch, _ = await desk.history.head(desk.thread)
        first, later = Reader(), Reader()
        await desk.hub.join(first.connection, desk.topic, 1, Position(epoch, 0))
        await until(partial(has, first, 20))
        await go_back(desk, 15)
        await desk.hub.compare_heads()
        assert first.pushes("reset")
        await desk.post("another")
        await desk.hub.join(later.connection, desk.topic, 1, Position(epoch, 0))
        await until(partial(has, later, 16))
        assert later.seqs() == list(range(1, 17))
        assert "another" in str(later.messages)


async def test_two_nodes_show_the_same(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        other = Hub(MemoryBus(), LogCache({THREAD: ThreadReader(History(desk.database))}))
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
