"""A token in `join` speaks in that thread alone; `hello` stays the default for all."""

from collections.abc import Callable

import pytest

from tests.support.contract import COMMENT, COMMENT_WITH_BODY, Api, Guest, Json, Live
from tests.support.tokens import expired

Connect = Callable[..., Live]


@pytest.fixture
def other_thread(api: Api, key: str) -> Json:
    """A second thread of the site."""
    found: Json = api.snapshot("demo", key + "/second")["thread"]
    return found


@pytest.mark.every("mode", "encoding")
def test_each_thread_has_its_own_author(
    connect: Connect, thread: Json, other_thread: Json, ann: Guest, bob: Guest
) -> None:
    live = connect(ann.token)
    live.do("join", site="demo", key=thread["key"], token=bob.token)
    live.do("join", thread=other_thread["id"])
    assert live.post(thread["id"])["comment"]["author"] == bob.author
    assert live.post(other_thread["id"])["comment"]["author"] == ann.author


def test_no_hello_is_needed(connect: Connect, thread: Json, other_thread: Json, ann: Guest) -> None:
    live = connect()
    live.do("join", thread=thread["id"], token=ann.token)
    assert live.post(thread["id"])["comment"]["author"] == ann.author
    live.refused("unauthorized", "post", thread=other_thread["id"], id=ann.author["id"], body="Hello")


def test_changes_are_made_by_the_threads_own_author(
    connect: Connect, thread: Json, other_thread: Json, ann: Guest, bob: Guest, moderator: str
) -> None:
    """They name the comment alone."""
    live = connect(ann.token)
    live.do("join", thread=thread["id"], token=moderator)
    live.do("join", thread=other_thread["id"], token=bob.token)
    mine = live.post(thread["id"])["comment"]["id"]
    elsewhere = connect(ann.token).post(other_thread["id"])["comment"]["id"]
    assert live.do("edit", comment=mine, body="Edited")["comment"]["body"] == "Edited"
    live.refused("forbidden", "edit", comment=elsewhere, body="Edited")
    live.refused("forbidden", "restore", comment=elsewhere)
    live.do("remove", comment=mine)
    live.do("restore", comment=mine)
    live.do("close", thread=thread["id"])
    live.refused("forbidden", "close", thread=other_thread["id"])


def test_a_join_shows_what_its_bearer_may_see(connect: Connect, thread: Json, ann: Guest, moderator: str) -> None:
    connect(ann.token).post(thread["id"])
    for default, token, form in (
        (None, ann.token, COMMENT_WITH_BODY),
        (None, moderator, COMMENT_WITH_BODY),
        (ann.token, None, COMMENT_WITH_BODY),
        (None, None, COMMENT),
    ):
        with_token = {} if token is None else {"token": token}
        (comment,) = connect(default).do("join", thread=thread["id"], **with_token)["comments"]
        assert set(comment) == form


def test_leaving_and_joining_again_end_it(connect: Connect, thread: Json, ann: Guest, bob: Guest) -> None:
    live = connect(ann.token)
    for end in (("leave", {}), ("join", {}), ("join", {"token": ann.token})):
        live.do("join", thread=thread["id"], token=bob.token)
        assert live.post(thread["id"])["comment"]["author"] == bob.author
        live.do(end[0], thread=thread["id"], **end[1])
        assert live.post(thread["id"])["comment"]["author"] == ann.author


def test_a_bad_token_follows_nothing(connect: Connect, thread: Json, secret: str, ann: Guest, stranger: str) -> None:
    live = connect(ann.token)
    live.refused("unauthorized", "join", thread=thread["id"], token="nonsense")
    live.refused("unauthorized", "join", thread=thread["id"], token=expired(secret))
    live.refused("forbidden", "join", thread=thread["id"], token=stranger)
    live.refused("bad_request", "join", thread=thread["id"], token="x" * 4097)
    assert connect().do("join", thread=thread["id"])["thread"]["watching"] == 1
    assert live.post(thread["id"])["comment"]["author"] == ann.author
    assert live.do("hello", token=ann.token)["ok"]
    assert not live.pushes, "whoever does not follow is told nothing"


def test_a_refused_join_leaves_one_who_one_was(connect: Connect, thread: Json, ann: Guest, bob: Guest) -> None:
    live = connect(ann.token)
    live.do("join", thread=thread["id"], token=bob.token)
    live.refused("unauthorized", "join", thread=thread["id"], token="nonsense")
    assert live.post(thread["id"])["comment"]["author"] == bob.author
