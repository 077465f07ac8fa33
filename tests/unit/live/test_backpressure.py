"""live.backpressure: a slow reader is left alone, brought up later, and dropped if it never reads."""

from functools import partial
from pathlib import Path

from hubbub.live.tuning import Sizes
from hubbub.metrics import LAGGING
from tests.unit.live.desk import open_desk, until
from tests.unit.live.reader import Reader, has


async def test_a_slow_reader_is_left_alone_and_brought_up_later(tmp_path: Path) -> None:
    sizes = Sizes(tail=16)
    async with open_desk(tmp_path, sizes=sizes) as desk:
        slow, quick = Reader(), Reader()
        for reader in (slow, quick):
            await desk.hub.join(reader.connection, desk.topic, 1, None)
        slow.connection.pause()
        for _ in range(sizes.tail + 20):
            await desk.post()
        desk.publish()
        await until(lambda: len(quick.seqs()) == sizes.tail + 20)
        assert slow.seqs() == []
        slow.connection.resume()
        await until(lambda: len(slow.seqs()) == sizes.tail + 20)
        assert slow.seqs() == quick.seqs()


async def test_a_reader_behind_is_written_to_only_while_it_takes_it(tmp_path: Path) -> None:
    async with open_desk(tmp_path, sizes=Sizes(page_bytes=1)) as desk:  # a page an event
        slow = Reader()
        await desk.hub.join(slow.connection, desk.topic, 1, None)
        slow.connection.pause()
        for _ in range(5):
            await desk.post()
        desk.publish()
        slow.fills = True
        for taken in range(1, 6):
            slow.connection.resume()
            await until(partial(has, slow, taken))
        slow.fills = False
        slow.connection.resume()
        assert slow.seqs() == [1, 2, 3, 4, 5]
        assert slow.written_while_paused == 0


async def test_a_reader_that_never_drains_is_dropped() -> None:
    reader = Reader(stall=0.01)
    reader.connection.pause()
    await until(lambda: reader.aborted)
    reader.connection.lost()


async def test_slow_readers_are_counted(tmp_path: Path) -> None:
    """Whether they catch up or leave."""

    def count() -> int:
        return int(LAGGING._value.get())

    async with open_desk(tmp_path) as desk:
        before, slow, leaving = count(), Reader(), Reader()
        for reader in (slow, leaving):
            await desk.hub.join(reader.connection, desk.topic, 1, None)
            reader.connection.pause()
        assert count() == before + 2
        leaving.connection.lost()
        assert count() == before + 1
        slow.connection.resume()
        await until(lambda: count() == before)
