"""Pinning a comment, and what readers see of it."""

import uuid

import pytest

from tests.support.contract import THREAD_IN_EVENT, Api, Guest, Json, Live
from tests.support.speaker import Speaker


@pytest.fixture
def comments(api: Api, thread: Json, ann: Guest) -> tuple[str, str]:
    """The ids of two comments."""
    first, second = (api.post(thread["id"], token=ann.token).ok(201)["comment"]["id"] for _ in range(2))
    return first, second


def pinned(api: Api, thread: Json) -> tuple[str | None, list[str]]:
    """What a snapshot shows: the thread's pinned comment, and the comments that say that they are."""
    found = api.snapshot("demo", thread["key"])
    return found["thread"]["pinned"], [comment["id"] for comment in found["comments"] if comment["pinned"]]


def test_one_comment_is_pinned_at_a_time(
    say: Speaker, api: Api, thread: Json, comments: tuple[str, str], moderator: str
) -> None:
    assert pinned(api, thread) == (None, [])
    for wanted in (*comments, None):
        outcome = say.do("pin", moderator, thread=thread["id"], comment=wanted)
        assert outcome.thread is not None
        assert outcome.thread["pinned"] == wanted
        assert pinned(api, thread) == (wanted, [wanted] if wanted else [])
        assert say.do("pin", moderator, thread=thread["id"], comment=wanted).seq is None, "nothing changed"


def test_readers_hear_of_it(say: Speaker, thread: Json, comments: tuple[str, str], moderator: str, ann: Guest) -> None:
    with Live(say.url) as reader:
        head = reader.do("join", thread=thread["id"])["thread"]["head"]
        say.do("pin", moderator, thread=thread["id"], comment=comments[0])
        (event,) = reader.events(thread["id"], head + 1)
        assert set(event) == {"seq", "kind", "at", "thread"}
        assert event["kind"] == "thread.pinned"
        assert set(event["thread"]) == THREAD_IN_EVENT
        assert event["thread"]["pinned"] == comments[0]
        for edited in comments:
            assert say.do("edit", ann.token, comment=edited, body="Edited").comment["pinned"] is (edited == comments[0])  # type: ignore[index]  # it has one
        assert [one["comment"]["pinned"] for one in reader.events(thread["id"], head + 3)] == [True, False]
    with Live(say.url) as late:
        replay = late.do("join", thread=thread["id"], after={"epoch": thread["epoch"], "seq": head})["events"]
        assert [one["kind"] for one in replay] == ["thread.pinned", "comment.edited", "comment.edited"]
        assert [one["comment"]["pinned"] for one in replay[1:]] == [True, False]


def test_removing_the_pinned_comment_unpins_it(
    say: Speaker, api: Api, thread: Json, comments: tuple[str, str], moderator: str, ann: Guest
) -> None:
    say.do("pin", moderator, thread=thread["id"], comment=comments[0])
    with Live(say.url) as reader:
        head = reader.do("join", thread=thread["id"])["thread"]["head"]
        say.do("remove", ann.token, comment=comments[1])
        assert pinned(api, thread) == (comments[0], [comments[0]])
        assert say.do("remove", ann.token, comment=comments[0]).seq in (None, head + 2)
        events = reader.events(thread["id"], head + 3)
        assert [event["kind"] for event in events] == ["comment.removed", "comment.removed", "thread.pinned"]
        assert events[2]["thread"]["pinned"] is None
    say.do("restore", moderator, comment=comments[0])
    assert pinned(api, thread) == (None, [])


def test_what_cannot_be_pinned(
    say: Speaker, api: Api, thread: Json, key: str, comments: tuple[str, str], moderator: str, ann: Guest
) -> None:
    elsewhere = api.snapshot("demo", key + "/elsewhere")["thread"]["id"]
    foreign = api.post(elsewhere, token=ann.token).ok(201)["comment"]["id"]
    say.do("remove", moderator, comment=comments[0])
    for code, wrong in (("conflict", comments[0]), ("not_found", foreign), ("not_found", str(uuid.uuid4()))):
        say.refused(code, "pin", moderator, thread=thread["id"], comment=wrong)
    for wrong in ("x", "1", "\u00e9" * 36):
        say.refused("not_found", "pin", moderator, thread=thread["id"], comment=wrong)
    wrong_types: list[object] = [1, "", [], True]
    for bad in wrong_types:
        say.refused("bad_request", "pin", moderator, thread=thread["id"], comment=bad)
    say.refused("bad_request", "pin", moderator, thread=thread["id"])
    say.refused("forbidden", "pin", ann.token, thread=thread["id"], comment=comments[1])
    assert pinned(api, thread) == (None, [])
