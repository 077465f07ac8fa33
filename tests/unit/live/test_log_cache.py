"""live.log_cache: segments of logs in memory are bounded, have no gaps, and are true or forgotten."""

from functools import partial
from pathlib import Path

import pytest

from hubbub.live.channel import Channel
from hubbub.live.tuning import Sizes
from hubbub.protocol.requests.conversation import Position
from hubbub.services.cache import OVERHEAD
from hubbub.storage.paging import PAGE_BYTES
from tests.unit.live.desk import fill, go_back, open_desk, until
from tests.unit.live.reader import Reader, has


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
