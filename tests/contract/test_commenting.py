"""Posting, editing and taking back a comment, over HTTP and the live socket, in both encodings."""

import re
import uuid
from collections.abc import Iterator

import pytest

from tests.support.contract import AUTHOR, COMMENT_WITH_BODY, COUNTS, NOBODY, PAGE, Api, Guest, Json
from tests.support.speaker import Speaker

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TOMBSTONE = {"author": NOBODY, "html": "", "edited_at": None, "removed": True, "state": "removed"}


@pytest.fixture
def page(url: str) -> Iterator[Api]:
    """A reader's page."""
    with Api(url, origin=PAGE) as api:
        yield api


def head(api: Api, thread: Json) -> int:
    """The thread's head as storage has it now."""
    found: int = api.snapshot("demo", thread["key"])["thread"]["head"]
    return found


@pytest.mark.every("mode", "encoding", "door")
def test_a_comment_has_exactly_its_fields(say: Speaker, thread: Json, ann: Guest) -> None:
    made = str(uuid.uuid4())
    outcome = say.do("post", ann.token, thread=thread["id"], id=made, body="Hello **you**")
    comment = outcome.comment
    assert comment is not None
    assert set(comment) == COMMENT_WITH_BODY
    assert set(comment["author"]) == AUTHOR
    assert TIME.fullmatch(comment["at"])
    assert comment | {"at": ""} == {
        "id": made,
        "number": 1,
        "parent": None,
        "author": ann.author,
        "html": "<p>Hello <strong>you</strong></p>",
        "body": "Hello **you**",
        "at": "",
        "edited_at": None,
        "removed": False,
        "state": "visible",
        "pinned": False,
        "score": {"up": 0, "down": 0},
        "reactions": {},
        "replies": 0,
    }
    assert outcome.seq in ((1,) if say.live else (None,))


def test_comments_are_numbered_per_thread(say: Speaker, page: Api, thread: Json, ann: Guest, bob: Guest) -> None:
    other = page.snapshot("demo", thread["key"] + "/2")["thread"]["id"]
    first, second = (say.post(thread["id"], who.token)["number"] for who in (ann, bob))
    assert (first, second, say.post(other, ann.token)["number"]) == (1, 2, 1)


def test_an_answer_names_its_parent(say: Speaker, thread: Json, ann: Guest, bob: Guest) -> None:
    parent = say.post(thread["id"], ann.token)["id"]
    assert say.post(thread["id"], bob.token, parent=parent)["parent"] == parent
    assert say.post(thread["id"], bob.token, parent=parent.upper())["parent"] == parent
    assert say.post(thread["id"], bob.token, parent=None)["parent"] is None


@pytest.mark.every("mode", "door")
def test_a_retry_gets_the_same_answer(say: Speaker, page: Api, thread: Json, ann: Guest) -> None:
    post = {"thread": thread["id"], "id": str(uuid.uuid4()), "body": "Once"}
    first = say.do("post", ann.token, **post)
    assert say.do("post", ann.token, **post) == first
    assert say.do("post", ann.token, **{**post, "id": post["id"].upper()}) == first
    assert head(page, thread) == 1


@pytest.mark.every("mode")
def test_a_retry_after_the_close_gets_the_same_answer(
    say: Speaker, page: Api, thread: Json, ann: Guest, moderator: str
) -> None:
    post = {"thread": thread["id"], "id": str(uuid.uuid4()), "body": "In time"}
    first = say.do("post", ann.token, **post)
    say.do("close", moderator, thread=thread["id"])
    assert say.do("post", ann.token, **post) == first
    assert head(page, thread) == 2


def test_a_retry_of_a_removed_comment_brings_nothing_back(
    say: Speaker, thread: Json, ann: Guest, moderator: str
) -> None:
    post = {"thread": thread["id"], "id": str(uuid.uuid4()), "body": "Sorry I said it"}
    say.do("post", ann.token, **post)
    say.do("remove", moderator, comment=post["id"])
    again = say.do("post", ann.token, **post)
    assert again.comment is not None
    assert again.comment["removed"] is True
    assert "Sorry" not in str(again)


@pytest.mark.parametrize("change", ["body", "parent", "author", "thread"])
@pytest.mark.every("mode")
def test_an_id_used_for_something_else_is_a_conflict(
    say: Speaker, page: Api, thread: Json, ann: Guest, bob: Guest, change: str
) -> None:
    parent = say.post(thread["id"], ann.token)["id"]
    post = {"thread": thread["id"], "id": str(uuid.uuid4()), "body": "First", "parent": parent}
    first = say.do("post", ann.token, **post)
    if change == "thread":
        post["thread"] = page.snapshot("demo", thread["key"] + "/2")["thread"]["id"]
    elif change != "author":
        post = {**post, change: "Second" if change == "body" else None}
    say.refused("conflict", "post", bob.token if change == "author" else ann.token, **post)
    found = page.snapshot("demo", thread["key"], token=ann.token)
    assert found["thread"]["head"] == 2
    assert found["comments"][0] == first.comment


def test_an_author_edits_within_the_window(say: Speaker, page: Api, thread: Json, ann: Guest) -> None:
    comment = say.post(thread["id"], ann.token, "Befor")
    outcome = say.do("edit", ann.token, comment=comment["id"], body="Before")
    edited = outcome.comment
    assert edited is not None
    assert set(edited) == COMMENT_WITH_BODY
    assert TIME.fullmatch(edited["edited_at"])
    same = {"html": "<p>Before</p>", "body": "Before", "edited_at": edited["edited_at"]}
    assert edited == {**comment, **same}
    assert outcome.seq in ((2,) if say.live else (None,))
    assert page.snapshot("demo", thread["key"])["comments"][0]["html"] == "<p>Before</p>"


def test_the_same_text_again_is_no_edit(say: Speaker, page: Api, thread: Json, ann: Guest) -> None:
    comment = say.post(thread["id"], ann.token, "Same")
    outcome = say.do("edit", ann.token, comment=comment["id"], body="Same")
    assert outcome.comment == comment
    assert head(page, thread) == 1


def test_an_author_takes_a_comment_back(say: Speaker, page: Api, thread: Json, ann: Guest) -> None:
    comment = say.post(thread["id"], ann.token)
    removed = say.do("remove", ann.token, comment=comment["id"]).comment
    kept = {key: comment[key] for key in ("id", "number", "parent", "at", "pinned", *sorted(COUNTS))}
    assert removed == kept | TOMBSTONE | {"removed_by": "author"}
    found = page.snapshot("demo", thread["key"], token=ann.token)
    assert found["comments"] == [removed]
    assert found["thread"]["comments"] == 0


def test_an_author_does_not_restore(say: Speaker, thread: Json, ann: Guest) -> None:
    comment = say.post(thread["id"], ann.token)["id"]
    say.do("remove", ann.token, comment=comment)
    say.refused("forbidden", "restore", ann.token, comment=comment)
    say.refused("conflict", "edit", ann.token, comment=comment, body="Back again")


@pytest.mark.parametrize("command", ["edit", "remove", "restore"])
def test_nobody_changes_anothers_comment(
    say: Speaker, page: Api, thread: Json, ann: Guest, bob: Guest, stranger: str, command: str
) -> None:
    comment = say.post(thread["id"], ann.token)["id"]
    fields = {"body": "Mine now"} if command == "edit" else {}
    say.refused("forbidden", command, bob.token, comment=comment, **fields)
    say.refused("forbidden", command, stranger, comment=comment, **fields)
    say.refused("unauthorized", command, None, comment=comment, **fields)
    assert head(page, thread) == 1


@pytest.mark.parametrize("command", ["edit", "remove", "restore"])
@pytest.mark.parametrize("comment", [str(uuid.UUID(int=7)), "x", "'"])
@pytest.mark.every("mode")
def test_an_unknown_comment_is_not_found(say: Speaker, ann: Guest, moderator: str, command: str, comment: str) -> None:
    fields = {"body": "Hello"} if command == "edit" else {}
    for token in (ann.token, moderator):
        say.refused("not_found", command, token, comment=comment, **fields)


@pytest.mark.parametrize("command", ["post", "close", "reopen"])
@pytest.mark.parametrize("thread_id", ["aaaaaaaaaaaaaaaa", "x"])
@pytest.mark.every("mode")
def test_an_unknown_thread_is_not_found(say: Speaker, moderator: str, command: str, thread_id: str) -> None:
    fields = {"id": str(uuid.uuid4()), "body": "Hello"} if command == "post" else {}
    say.refused("not_found", command, moderator, thread=thread_id, **fields)


def test_a_comment_needs_a_token(say: Speaker, page: Api, thread: Json) -> None:
    say.refused("unauthorized", "post", None, thread=thread["id"], id=str(uuid.uuid4()), body="Hello")
    assert head(page, thread) == 0


def test_a_token_is_for_one_site(say: Speaker, page: Api, thread: Json, stranger: str) -> None:
    say.refused("forbidden", "post", stranger, thread=thread["id"], id=str(uuid.uuid4()), body="Hello")
    assert head(page, thread) == 0


@pytest.mark.every("mode", "door")
def test_what_was_acknowledged_is_in_the_next_snapshot(say: Speaker, page: Api, thread: Json, ann: Guest) -> None:
    """G7: over any way of reading, at once."""
    for number in range(1, 11):
        comment = say.post(thread["id"], ann.token, f"Number {number}")
        snapshot = page.snapshot("demo", thread["key"], token=ann.token)
        assert snapshot["comments"][0] == comment
        assert snapshot["thread"]["comments"] == number
        assert page.get("/api/v1/counts", site="demo", key=thread["key"]).body["counts"][thread["key"]] == number
