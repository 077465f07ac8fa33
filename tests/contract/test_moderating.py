"""Closing and reopening a thread, removing and restoring a comment, by those who may."""

import uuid

import pytest

from hubbub.domain.times import from_rfc3339, to_rfc3339
from tests.support.contract import NOBODY, THREAD, Api, Guest, Json
from tests.support.speaker import Speaker
from tests.support.tokens import mint


def closing_of(thread: Json) -> Json:
    """When a thread was closed, and by whom: a member of staff."""
    assert to_rfc3339(from_rfc3339(thread["closed_at"])) == thread["closed_at"]
    assert thread["closed_by"] == {"id": thread["closed_by"]["id"], "name": thread["closed_by"]["name"]}
    assert all(thread["closed_by"].values())
    return {name: thread[name] for name in ("closed_at", "closed_by")}


@pytest.mark.parametrize("role", ["moderator", "owner"])
def test_a_close_locks_the_thread_until_it_is_reopened(
    secret: str, say: Speaker, thread: Json, ann: Guest, role: str
) -> None:
    token = mint(secret, role)
    post = {"thread": thread["id"], "id": str(uuid.uuid4()), "body": "Late"}
    closed = say.do("close", token, thread=thread["id"], reason="Enough for today")
    assert closed.thread is not None
    assert set(closed.thread) == THREAD
    closing = closing_of(closed.thread)
    assert closed.thread == {**thread, "state": "closed", "reason": "Enough for today", "head": 1, **closing}
    assert closed.seq in ((1,) if say.live else (None,))
    assert "Enough for today" in say.refused("thread_closed", "post", ann.token, **post)["message"]
    reopened = say.do("reopen", token, thread=thread["id"])
    assert reopened.thread == {**thread, "head": 2}
    say.do("post", ann.token, **post)


def test_a_close_needs_no_reason(say: Speaker, thread: Json, ann: Guest, moderator: str) -> None:
    for reason in ({}, {"reason": None}, {"reason": ""}, {"reason": " \n"}):
        closed = say.do("close", moderator, thread=thread["id"], **reason).thread
        assert closed is not None
        assert closed == {**thread, "state": "closed", "reason": None, "head": 1, **closing_of(closed)}
    post = {"thread": thread["id"], "id": str(uuid.uuid4()), "body": "Late"}
    assert say.refused("thread_closed", "post", ann.token, **post)["message"]


def test_the_same_again_changes_nothing(say: Speaker, thread: Json, moderator: str) -> None:
    first = say.do("close", moderator, thread=thread["id"], reason="Enough").thread
    assert say.do("close", moderator, thread=thread["id"], reason="Enough").thread == first
    other = say.do("close", moderator, thread=thread["id"], reason="Really").thread
    assert other is not None
    assert other == {**thread, "state": "closed", "reason": "Really", "head": 2, **closing_of(other)}
    again = say.do("reopen", moderator, thread=thread["id"]).thread
    assert say.do("reopen", moderator, thread=thread["id"]).thread == again
    assert again == {**thread, "head": 3}


@pytest.mark.parametrize("command", ["close", "reopen"])
def test_nobody_else_closes_or_reopens(
    say: Speaker, thread: Json, ann: Guest, moderator: str, stranger: str, command: str
) -> None:
    if command == "reopen":
        say.do("close", moderator, thread=thread["id"])
    say.refused("forbidden", command, ann.token, thread=thread["id"])
    say.refused("forbidden", command, stranger, thread=thread["id"])
    say.refused("unauthorized", command, None, thread=thread["id"])
    with Api(say.url) as api:
        state = api.snapshot("demo", thread["key"])["thread"]["state"]
    assert state == ("closed" if command == "reopen" else "open")


def test_a_closed_thread_keeps_its_comments_as_they_are(say: Speaker, thread: Json, ann: Guest, moderator: str) -> None:
    comment = say.post(thread["id"], ann.token, "As it was")
    say.do("close", moderator, thread=thread["id"])
    say.refused("thread_closed", "edit", ann.token, comment=comment["id"], body="Otherwise")
    edited = say.do("edit", moderator, comment=comment["id"], body="As it should be").comment
    assert edited is not None
    assert edited["author"] == ann.author
    assert say.do("remove", moderator, comment=comment["id"]).comment != comment
    assert say.do("restore", moderator, comment=comment["id"]).comment == edited


def test_an_author_cannot_undo_what_a_moderator_edited(
    say: Speaker, thread: Json, ann: Guest, moderator: str, owner: str
) -> None:
    comment = say.post(thread["id"], ann.token, "As it was")["id"]
    say.do("edit", ann.token, comment=comment, body="As I like it")
    say.do("edit", moderator, comment=comment, body="As it should be")
    assert "moderator" in say.refused("forbidden", "edit", ann.token, comment=comment, body="As it was")["message"]
    assert say.do("edit", owner, comment=comment, body="As it should really be").comment is not None
    say.refused("forbidden", "edit", ann.token, comment=comment, body="As it was")
    say.do("remove", ann.token, comment=comment)


@pytest.mark.every("mode")
def test_a_removed_comment_comes_back_as_it_was(say: Speaker, thread: Json, ann: Guest, moderator: str) -> None:
    comment = say.post(thread["id"], ann.token, "To be or not")
    removed = say.do("remove", moderator, comment=comment["id"], reason="Off topic")
    assert removed.comment is not None
    assert removed.comment["author"] == NOBODY
    assert removed.comment["reason"] == "Off topic"
    assert "To be" not in str(removed)
    again = say.do("remove", moderator, comment=comment["id"])
    assert again.comment == removed.comment
    restored = say.do("restore", moderator, comment=comment["id"])
    assert restored.comment == comment
    assert say.do("restore", moderator, comment=comment["id"]).comment == comment
    with Api(say.url) as api:
        found = api.snapshot("demo", thread["key"])["thread"]
    assert (found["head"], found["comments"]) == (3, 1)


def test_a_number_is_never_given_twice(say: Speaker, thread: Json, ann: Guest, moderator: str) -> None:
    first = say.post(thread["id"], ann.token)
    say.do("remove", moderator, comment=first["id"])
    assert say.post(thread["id"], ann.token)["number"] == 2


@pytest.mark.parametrize("reason", ["x" * 501, "a\u202eb", "a\x00b", "two\nlines", "Z" + "\u0301" * 20])
def test_a_reason_is_one_honest_line(say: Speaker, thread: Json, moderator: str, reason: str) -> None:
    comment = say.post(thread["id"], moderator)["id"]
    say.refused("bad_request", "close", moderator, thread=thread["id"], reason=reason)
    say.refused("bad_request", "remove", moderator, comment=comment, reason=reason)
    with Api(say.url) as api:
        assert api.snapshot("demo", thread["key"])["thread"]["head"] == 1
