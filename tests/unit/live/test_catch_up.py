"""live.catch_up: readers who are behind get the log page by page, whatever storage does."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Never

import pytest

from hubbub.commands.posting import PostComment
from hubbub.live.tuning import Timings
from hubbub.metrics import CATCH_UPS
from hubbub.protocol.requests.conversation import Position
from hubbub.storage.events import EventPage
from tests.unit.live.desk import MODERATOR, go_back, open_desk, until
from tests.unit.live.reader import Reader


async def test_a_long_absence_is_replayed_in_pages(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        commands = [PostComment(f"id-{n}", desk.thread, MODERATOR, "x", "x", None) for n in range(1500)]
        await desk.write(*commands)
        epoch, _ = await desk.history.head(desk.thread)
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, Position(epoch, 0))
        assert reader.messages[0]["more"] is True
        await until(lambda: len(reader.seqs()) == 1500)
        assert reader.seqs() == list(range(1, 1501))


async def test_pages_sent_to_those_behind_are_counted_and_joins_are_not(tmp_path: Path) -> None:
    def count() -> int:
        return sum(int(CATCH_UPS.labels(source)._value.get()) for source in ("memory", "storage"))

    async with open_desk(tmp_path) as desk:
        await desk.write(*(PostComment(f"id-{n}", desk.thread, MODERATOR, "x", "x", None) for n in range(1500)))
        desk.unpublished.clear()
        epoch, _ = await desk.history.head(desk.thread)
        before, reader = count(), Reader()
        for _ in range(5):
            await desk.hub.join(Reader().connection, desk.topic, 1, Position(epoch, 1500))
        assert count() == before
        await desk.hub.join(reader.connection, desk.topic, 1, Position(epoch, 0))
        await until(lambda: len(reader.seqs()) == 1500)
        assert count() == before + len(reader.pushes("events"))


async def test_large_comments_are_replayed_in_bounded_messages(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        for _ in range(30):
            await desk.post("x" * 30_000)
        desk.publish()
        epoch, _ = await desk.history.head(desk.thread)
        fresh, returning = Reader(), Reader()
        await desk.hub.join(fresh.connection, desk.topic, 1, None)
        await desk.hub.join(returning.connection, desk.topic, 1, Position(epoch, 0))
        assert fresh.messages[0]["more"] is True
        assert 1 <= len(fresh.messages[0]["comments"]) <= 4
        assert returning.messages[0]["more"] is True
        assert 1 <= len(returning.messages[0]["events"]) <= 4
        await until(lambda: returning.seqs() == list(range(1, 31)))


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
