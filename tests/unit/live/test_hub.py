"""live.hub and live.channel: joining, resuming, resetting, presence, removal, leaving."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from hubbub.commands.threads import CloseThread, EnsureThread, ReopenThread
from hubbub.domain.errors import Refused
from hubbub.domain.events import Topic, thread_topic
from hubbub.live.channel import Channel
from hubbub.protocol.messages import goodbye_push
from hubbub.protocol.requests.conversation import Position
from tests.unit.live.desk import MODERATOR, open_desk, until
from tests.unit.live.reader import Reader


def channel_of(reader: Reader) -> Channel:
    """The one channel that it follows."""
    (channel,) = reader.connection.followed.values()
    assert isinstance(channel, Channel)
    return channel


async def test_a_join_shows_the_thread_and_then_what_comes(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.post("first")
        desk.publish()
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 7, None)
        (reply,) = reader.messages
        assert (reply["re"], reply["ok"], reply["more"]) == (7, True, False)
        assert [comment["html"] for comment in reply["comments"]] == ["<p>first</p>"]
        assert reply["thread"]["watching"] == 1
        await desk.post("second")
        desk.publish()
        await until(lambda: reader.seqs() == [2])


async def test_a_resume_gets_just_what_was_missed(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        for _ in range(5):
            await desk.post()
        desk.publish()
        epoch, _ = await desk.history.head(desk.thread)
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, Position(epoch, 2))
        assert [event["seq"] for event in reader.messages[0]["events"]] == [3, 4, 5]
        assert "comments" not in reader.messages[0]


async def test_who_may_read_a_thread_no_longer_is_sent_to_join_anew(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        readers = {origin: Reader() for origin in ("https://a.example", "https://b.example", None)}
        for origin, reader in readers.items():
            reader.connection.conversation.origin = origin
            await desk.hub.join(reader.connection, desk.topic, 1, None)

        async def may_read(topic: Topic, origin: str | None) -> bool:
            assert topic == desk.topic
            return origin != "https://b.example"

        await desk.hub.recheck(may_read)
        await desk.post()
        desk.publish()
        await until(lambda: readers[None].seqs() == readers["https://a.example"].seqs() == [1])
        away = readers["https://b.example"]
        assert (away.seqs(), len(away.pushes("reset")), away.connection.followed) == ([], 1, {})
        assert desk.hub.watching(desk.topic) == 2


async def test_what_belongs_to_no_log_is_told_once_to_each_reader_of_these_topics(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        here, away = Reader(), Reader()
        await desk.hub.join(here.connection, desk.topic, 1, None)
        assert desk.hub.topics == [desk.topic]
        desk.hub.announce([desk.topic, desk.topic, thread_topic("other")], lambda codec: goodbye_push(codec, 1))
        assert len(here.pushes("goodbye")) == 1
        desk.hub.announce([thread_topic("other")], lambda codec: goodbye_push(codec, 1))
        assert (len(here.pushes("goodbye")), away.messages) == (1, [])


async def test_the_tabs_of_one_author_are_counted_once(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        tabs, guest = [Reader(), Reader()], Reader()
        for tab in tabs:
            await desk.hub.join(tab.connection, desk.topic, 1, None, viewer=MODERATOR)
        await desk.hub.join(guest.connection, desk.topic, 1, None)
        assert desk.hub.watching(desk.topic) == 2
        assert guest.messages[0]["thread"]["watching"] == 2
        await desk.hub.join(tabs[0].connection, desk.topic, 2, None)
        assert desk.hub.watching(desk.topic) == 3, "it joined again, without a token"
        for reader in (*tabs, guest):
            desk.hub.leave(reader.connection, desk.topic)
        assert desk.hub.watching(desk.topic) == 0


async def test_nobody_is_seen_typing_in_a_closed_thread(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        typist, other = Reader(), Reader()
        for reader in (typist, other):
            await desk.hub.join(reader.connection, desk.topic, 1, None)
        presence = channel_of(typist).presence
        desk.hub.note_typing(typist.connection, desk.topic)
        assert list(presence.typing) == [typist.connection]
        await desk.write(CloseThread(desk.thread, MODERATOR, None))
        desk.publish()
        assert presence.typing == {}
        desk.hub.note_typing(typist.connection, desk.topic)
        assert presence.typing == {}
        await desk.write(ReopenThread(desk.thread, MODERATOR))
        desk.publish()
        desk.hub.note_typing(typist.connection, desk.topic)
        assert list(presence.typing) == [typist.connection]
        await desk.write(CloseThread(desk.thread, MODERATOR, None))
        desk.unpublished.clear()
        late = Reader()
        await desk.hub.join(late.connection, desk.topic, 1, None)
        assert presence.typing == {}, "a join tells, even where the publication was lost"


@pytest.mark.parametrize("after", [Position("nonsense", 1), Position("", 99)])
async def test_an_unknown_place_gets_a_reset_and_a_snapshot(tmp_path: Path, after: Position) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.post()
        epoch, _ = await desk.history.head(desk.thread)
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, Position(after.epoch or epoch, after.seq))
        assert reader.messages[0]["reset"] is True
        assert len(reader.messages[0]["comments"]) == 1


async def test_a_lost_publication_heals_by_comparing_heads(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        await desk.post()
        desk.unpublished.clear()
        await desk.hub.compare_heads()
        await until(lambda: reader.seqs() == [1])


async def test_another_log_resets_all_readers(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.post()
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        await desk.database.write(lambda db: db.execute(text("UPDATE thread SET epoch = 'restored'")))
        await desk.hub.compare_heads()
        assert reader.pushes("reset") == [{"push": "reset", "thread": desk.thread}]
        assert desk.hub.watching(desk.topic) == 0


async def test_a_shorter_log_resets_all_readers(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.post()
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        await desk.database.write(lambda db: db.execute(text("UPDATE thread SET head = 0")))
        await desk.hub.compare_heads()
        assert reader.pushes("reset")


async def test_a_tip_that_moves_while_heads_are_read_is_no_shorter_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(tmp_path) as desk:
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        read = desk.history.heads

        async def heads(threads: Sequence[str]) -> dict[str, tuple[str, int]]:
            found = await read(threads)
            await desk.post()
            desk.publish()
            return found

        monkeypatch.setattr(desk.history, "heads", heads)
        await desk.hub.compare_heads()
        await until(lambda: reader.seqs() == [1])
        assert not reader.pushes("reset")


async def test_removed_text_is_in_no_replay(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        opener = Reader()
        await desk.hub.join(opener.connection, desk.topic, 1, None)
        epoch, _ = await desk.history.head(desk.thread)
        comment = await desk.post("secret")
        await desk.post("other")
        desk.publish()
        await until(lambda: opener.seqs() == [1, 2])
        await desk.remove(comment)
        late = Reader()  # comes before the removal's publication has: memory still holds the text
        await desk.hub.join(late.connection, desk.topic, 1, Position(epoch, 0))
        assert "secret" not in str(late.messages)
        desk.publish()
        later = Reader()
        await desk.hub.join(later.connection, desk.topic, 1, Position(epoch, 0))
        assert later.seqs() == [1, 2, 3]
        assert "secret" not in str(later.messages)


async def test_what_waits_shows_a_comment_as_a_later_event_left_it(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        await desk.post("first")
        desk.publish()
        await until(lambda: reader.seqs() == [1])
        comment = await desk.post("secret")
        await desk.post("third")
        await desk.remove(comment)
        desk.publish()  # in one turn of the loop: no tick has passed, and the removal may be acknowledged elsewhere
        await until(lambda: reader.seqs() == [1, 2, 3, 4])
        assert "secret" not in str(reader.messages)
        assert "third" in str(reader.messages)


async def test_presence_counts_readers_and_writers(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        readers = [Reader(), Reader()]
        for reader in readers:
            await desk.hub.join(reader.connection, desk.topic, 1, None)
        channel = channel_of(readers[0])
        channel.push_presence()
        channel.push_presence()
        assert readers[0].pushes("presence") == [{"push": "presence", "thread": desk.thread, "watching": 2}]
        desk.hub.note_typing(readers[1].connection, desk.topic)
        channel.push_presence()
        assert readers[0].pushes("presence")[-1]["typing"] == 1
        assert "typing" not in readers[1].pushes("presence")[-1]
        channel.presence.forget(readers[1].connection)  # as when its time is over, see test_presence
        channel.push_presence()
        assert "typing" not in readers[0].pushes("presence")[-1]


async def test_a_lost_connection_is_forgotten(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        reader.connection.lost()
        assert desk.hub.watching(desk.topic) == 0
        await desk.post()
        desk.publish()
        await desk.hub.compare_heads()
        assert reader.seqs() == []


async def test_an_unknown_thread_is_refused_every_time(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        for _ in range(2):
            with pytest.raises(Refused, match="not_found"):
                await desk.hub.join(Reader().connection, thread_topic("nosuchthread"), 1, None)


async def test_goodbye_tells_when_to_come_back(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        reader = Reader()
        desk.hub.connections.add(reader.connection)
        desk.hub.goodbye()
        assert 0 < reader.pushes("goodbye")[0]["reconnect_in"] <= 1
        assert reader.closed == [1012]


async def test_empty_channels_are_forgotten_but_not_under_a_reader_who_just_comes(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        for _ in range(20):
            reader = Reader()
            joining = asyncio.create_task(desk.hub.join(reader.connection, desk.topic, 1, None))
            while not joining.done():
                await desk.hub._forget_empty()
                await asyncio.sleep(0)
            await desk.post()
            desk.publish()
            await until(partial(_has_events, reader, 1))
            reader.connection.lost()
            await desk.hub._forget_empty()


async def test_a_channel_that_is_opened_again_while_others_are_given_up_stays(tmp_path: Path) -> None:
    """Giving up one may take seconds while Redis is bad."""
    async with open_desk(tmp_path) as desk:
        (made,) = await desk.write(EnsureThread("s", "/other"))
        assert made.thread is not None
        other = thread_topic(made.thread.id)
        giving_up, given_up = asyncio.Event(), list[Topic]()

        async def unsubscribe(topic: Topic) -> None:
            given_up.append(topic)
            await giving_up.wait()

        desk.bus.unsubscribe = unsubscribe  # type: ignore[method-assign]  # for this one desk
        for topic in (other, desk.topic):
            reader = Reader()
            await desk.hub.join(reader.connection, topic, 1, None)
            reader.connection.lost()
        forgetting = asyncio.create_task(desk.hub._forget_empty())
        await until(lambda: given_up == [other])
        reader = Reader()
        await desk.hub.join(reader.connection, desk.topic, 1, None)
        giving_up.set()
        await forgetting
        assert given_up == [other]
        await desk.post()
        desk.publish()
        await until(partial(_has_events, reader, 1))


def _has_events(reader: Reader, count: int) -> bool:
    return len(reader.seqs()) == count
