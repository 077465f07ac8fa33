"""Votes and reactions: an author's last word on a comment counts once, and readers hear of the sums."""

import uuid
from typing import Any

import pytest

from tests.support.contract import Api, Guest, Json, Live
from tests.support.speaker import Outcome, Speaker

UNKNOWN = str(uuid.UUID(int=7))


@pytest.fixture
def comment(api: Api, thread: Json, ann: Guest) -> str:
    """The id of Ann's comment."""
    made: str = api.post(thread["id"], token=ann.token).ok(201)["comment"]["id"]
    return made


def told(outcome: Outcome) -> tuple[Any, Any, Any]:
    """The sums of votes and reactions in an answer, and what the voter said."""
    assert outcome.comment is not None
    return outcome.comment["score"], outcome.comment["reactions"], outcome.comment["mine"]


def shown(api: Api, thread: Json, token: str | None = None) -> Json:
    """The newest comment of a snapshot."""
    found: Json = api.get("/api/v1/threads", thread=thread["id"], token=token).ok()["comments"][0]
    return found


@pytest.mark.every("mode", "encoding", "door")
def test_the_last_word_counts_once_and_readers_hear_the_sums(
    say: Speaker, api: Api, thread: Json, comment: str, ann: Guest, bob: Guest
) -> None:
    with Live(say.url) as reader:
        head = reader.do("join", thread=thread["id"])["thread"]["head"]
        for value, up in ((1, 1), (1, 1), (0, 0), (1, 1)):
            outcome = say.do("vote", bob.token, comment=comment, value=value)
            assert told(outcome) == ({"up": up, "down": 0}, {}, {"vote": value, "reactions": []})
            assert outcome.seq is None
        for author in (ann, bob, bob):
            outcome = say.do("react", author.token, comment=comment, name="wow", on=True)
        assert told(outcome) == ({"up": 1, "down": 0}, {"wow": 2}, {"vote": 1, "reactions": ["wow"]})
        say.do("react", bob.token, comment=comment, name="wow", on=False)
        last: Json = {}
        while last.get("reactions") != {"wow": 1}:
            head += 1
            event = reader.events(thread["id"], head)[-1]
            head = event["seq"]
            assert set(event) == {"seq", "kind", "at", "counts"}
            assert event["kind"] == "thread.scored"
            last = event["counts"][comment]
        assert last == {"score": {"up": 1, "down": 0}, "reactions": {"wow": 1}, "replies": 0}
    assert "mine" not in shown(api, thread)
    assert {name: shown(api, thread)[name] for name in last} == last
    with Live(say.url) as late:
        replay = late.do("join", thread=thread["id"], after={"epoch": thread["epoch"], "seq": 1})["events"]
        assert replay[-1]["counts"][comment] == last


def test_who_may_not_and_what_is_not_taken(
    say: Speaker, api: Api, thread: Json, comment: str, ann: Guest, bob: Guest, stranger: str, moderator: str
) -> None:
    say.refused("unauthorized", "vote", None, comment=comment, value=1)
    say.refused("forbidden", "vote", stranger, comment=comment, value=1)
    say.refused("forbidden", "react", stranger, comment=comment, name="like", on=True)
    say.refused("forbidden", "vote", ann.token, comment=comment, value=1)
    say.refused("not_found", "vote", bob.token, comment=UNKNOWN, value=1)
    bad: Json
    for bad in ({"value": -1}, {"value": 2}, {"value": True}, {"value": "1"}, {"value": 1, "extra": 1}, {}):
        say.refused("bad_request", "vote", bob.token, comment=comment, **bad)
    for bad in ({"name": "nope", "on": True}, {"name": "like", "on": 1}, {"name": "x" * 21, "on": True}, {"on": True}):
        say.refused("bad_request", "react", bob.token, comment=comment, **bad)
    say.do("react", bob.token, comment=comment, name="nope", on=False)
    say.do("close", moderator, thread=thread["id"])
    say.refused("thread_closed", "vote", bob.token, comment=comment, value=1)
    say.refused("thread_closed", "react", bob.token, comment=comment, name="like", on=True)
    say.do("reopen", moderator, thread=thread["id"])
    say.do("vote", bob.token, comment=comment, value=1)
    say.do("remove", moderator, comment=comment)
    say.refused("conflict", "vote", bob.token, comment=comment, value=0)
    assert shown(api, thread)["score"] == {"up": 0, "down": 0}, "of a removed comment nothing is told"
    say.do("restore", moderator, comment=comment)
    assert shown(api, thread)["score"] == {"up": 1, "down": 0}


@pytest.mark.every("mode")
def test_everybody_finds_their_own_word_again(api: Api, say: Speaker, thread: Json, comment: str, bob: Guest) -> None:
    say.do("vote", bob.token, comment=comment, value=1)
    say.do("react", bob.token, comment=comment, name="love", on=True)
    mine = {"vote": 1, "reactions": ["love"]}
    assert shown(api, thread, bob.token)["mine"] == mine
    assert "mine" not in shown(api, thread, api.session(name="Cyd").token)
    with Live(say.url) as live:
        assert live.do("join", thread=thread["id"], token=bob.token)["comments"][0]["mine"] == mine
        assert "mine" not in live.do("join", thread=thread["id"])["comments"][0]


@pytest.mark.every("mode")
def test_a_vote_is_in_the_next_snapshot_whatever_was_kept(
    api: Api, say: Speaker, thread: Json, comment: str, bob: Guest
) -> None:
    for up in (1, 0, 1):
        before = api.get("/api/v1/threads", thread=thread["id"])
        say.do("vote", bob.token, comment=comment, value=up)
        tag = {"If-None-Match": before.headers["etag"]}
        again = api.send("GET", "/api/v1/threads", None, tag, {"thread": thread["id"]})
        assert again.status == 200
        assert shown(api, thread)["score"]["up"] == up


def test_answers_are_counted(say: Speaker, api: Api, thread: Json, comment: str, bob: Guest, moderator: str) -> None:
    def replies() -> int:
        found = api.get("/api/v1/threads", thread=thread["id"], order="oldest").ok()["comments"][0]
        count: int = found["replies"]
        return count

    with Live(say.url) as reader:
        head = reader.do("join", thread=thread["id"])["thread"]["head"]
        made = say.post(thread["id"], bob.token, parent=comment)
        say.post(thread["id"], bob.token, parent=comment)
        say.post(thread["id"], bob.token, parent=made["id"])
        assert replies() == 2
        say.do("remove", moderator, comment=made["id"])
        assert replies() == 1
        say.do("restore", moderator, comment=made["id"])
        assert replies() == 2
        events = reader.events(thread["id"], head + 5)
        heard = [event["counts"].get(comment, {}).get("replies") for event in events]
        assert heard == [1, 2, None, 1, 2]
