"""What authors alone are told of their comments: in the answer to a join, and by pushes to all their connections."""

import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hubbub.commands.moderation import ApproveComment, RemoveComment
from hubbub.commands.posting import PostComment
from hubbub.commands.threads import SetMode
from hubbub.domain.actor import Actor
from hubbub.domain.model import Comment, Hold, Role, Thread
from hubbub.services.history import History
from tests.unit.live.desk import MODERATOR, Desk, open_desk
from tests.unit.live.reader import Reader

ANN = Actor("ann", "s", Role.GUEST, "Ann")
BOB = Actor("bob", "s", Role.GUEST, "Bob")


async def held(desk: Desk, author: Actor = ANN) -> Comment:
    """A comment that is held; its author is not told yet."""
    await desk.write(SetMode(desk.thread, MODERATOR, hold=Hold.ALL))
    post = PostComment(str(uuid.uuid4()), desk.thread, author, "text", "<p>text</p>", None)
    (done,) = await desk.write(post)
    assert done.comment is not None
    return done.comment


async def joined(desk: Desk, viewer: Actor | None) -> Reader:
    """A reader who has joined."""
    reader = Reader()
    await desk.hub.join(reader.connection, desk.topic, 1, None, viewer=viewer)
    return reader


def own(reader: Reader) -> list[Any]:
    """The states that were pushed."""
    return [one["comment"]["state"] for one in reader.pushes("own")]


def answered(reader: Reader) -> dict[str, Any]:
    """The answer to its join."""
    (answer,) = [message for message in reader.messages if message.get("ok")]
    return answer


async def test_an_author_is_told_on_all_connections_and_nobody_else(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        readers = [await joined(desk, viewer) for viewer in (ANN, ANN, BOB, MODERATOR, None)]
        first = await held(desk)
        await desk.write(ApproveComment(first.id, desk.thread, MODERATOR))
        second = await held(desk)
        await desk.write(RemoveComment(second.id, desk.thread, MODERATOR, "No"))
        desk.publish()
        told = ["held", "visible", "held", "removed"]
        assert [own(reader) for reader in readers] == [told, told, [], [], []]
        last = readers[0].pushes("own")[-1]
        assert (last["thread"], last["reason"], last["comment"]["number"]) == (desk.thread, "No", None)
        assert second.id not in str(readers[2].messages)


async def test_who_comes_back_is_told_what_holds(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        first = await held(desk)
        assert [one["id"] for one in answered(await joined(desk, ANN))["own"]] == [first.id]
        assert answered(await joined(desk, BOB))["own"] == []
        assert "own" not in answered(await joined(desk, None))
        await desk.write(RemoveComment(first.id, desk.thread, MODERATOR, "No"))
        (shown,) = answered(await joined(desk, ANN))["own"]
        assert (shown["state"], shown["reason"], shown["html"]) == ("removed", "No", "")
        second = await held(desk)
        await desk.write(ApproveComment(second.id, desk.thread, MODERATOR))
        await desk.write(RemoveComment(second.id, desk.thread, MODERATOR, None))
        assert [one["number"] for one in answered(await joined(desk, ANN))["own"]] == [None, 1]
        assert answered(await joined(desk, BOB))["own"] == []


async def test_who_says_who_they_are_after_a_join_is_told_what_a_join_tells(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        first = await held(desk)
        desk.publish()
        reader = await joined(desk, None)
        await desk.hub.identify(reader.connection, desk.topic, ANN)
        assert [one["comment"]["id"] for one in reader.pushes("own")] == [first.id]
        await desk.hub.identify(reader.connection, desk.topic, ANN)
        assert own(reader) == ["held"], "a token that is renewed tells nothing new"
        await desk.write(RemoveComment(first.id, desk.thread, MODERATOR, None))
        desk.publish()
        assert own(reader) == ["held", "removed"]
        await desk.hub.identify(reader.connection, desk.topic, BOB)
        await held(desk)
        desk.publish()
        assert own(reader) == ["held", "removed"], "what is Ann's is not Bob's"
        desk.hub.leave(reader.connection, desk.topic)
        await desk.hub.identify(reader.connection, desk.topic, ANN)
        assert own(reader) == ["held", "removed"], "who has left is told nothing"


@pytest.mark.parametrize("late", [False, True], ids=["join", "hello after the join"])
async def test_what_changes_while_it_is_read_is_told_as_it_is_now(tmp_path: Path, *, late: bool) -> None:
    async with open_desk(tmp_path) as desk:
        first = await held(desk)
        desk.publish()
        read: Callable[[History, Thread, Actor | None], Awaitable[Any]] = History.own
        reads = 0

        async def slow(history: History, thread: Thread, viewer: Actor | None) -> Any:
            nonlocal reads
            reads += 1
            found = await read(history, thread, viewer)
            if reads == 1:
                await desk.write(RemoveComment(first.id, desk.thread, MODERATOR, None))
                desk.publish()
            return found

        desk.history.own = slow.__get__(desk.history)  # type: ignore[method-assign]  # for this test alone
        reader = await joined(desk, None if late else ANN)
        if late:
            await desk.hub.identify(reader.connection, desk.topic, ANN)
            assert own(reader)[-1] == "removed"
        else:
            assert [one["state"] for one in answered(reader)["own"]] == ["removed"]


async def test_a_thread_that_never_held_anything_costs_no_query(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.post()
        thread = await desk.history.thread(desk.thread)
        desk.history._database = None  # type: ignore[assignment]  # any query would fail
        assert await desk.history.own(thread, ANN) == []
