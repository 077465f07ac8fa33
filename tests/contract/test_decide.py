"""Two moderators decide about one comment (G14): one decision counts, and the other is told of it."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.support.contract import JSON, Api, Guest, Json, Live
from tests.support.speaker import Outcome, Speaker

ROUNDS = 25
# What two do at once, the state in which both saw the comment, and what the other is told of each.
PAIRS = [
    (("approve", "spam"), "held", ("approved", "spam")),
    (("remove", "approve"), "held", ("removed", "approved")),
    (("spam", "remove"), "visible", ("spam", "removed")),
    (("restore", "restore"), "removed", ("restored", "restored")),
]


def arranged(say: Speaker, thread: str, author: str, moderator: str, seen: str) -> str:
    """A comment in that state; its id."""
    say.do("mode", moderator, thread=thread, hold="all" if seen == "held" else "none")
    comment = say.post(thread, author)["id"]
    if seen == "removed":
        say.do("remove", moderator, comment=comment)
    return str(comment)


@pytest.mark.every("mode")
@pytest.mark.parametrize(("commands", "seen", "actions"), PAIRS, ids=["-".join(pair[0]) for pair in PAIRS])
def test_of_two_at_once_one_decides_and_the_other_is_told(
    url: str,
    api: Api,
    thread: Json,
    ann: Guest,
    moderator: str,
    owner: str,
    commands: tuple[str, str],
    seen: str,
    actions: tuple[str, str],
) -> None:
    start = Barrier(2)
    with (
        Speaker(url, JSON, live=True) as first,
        Speaker(url, JSON, live=False) as second,
        ThreadPoolExecutor(2) as pool,
    ):
        staff = ((first, moderator, commands[0]), (second, owner, commands[1]))
        ids = [api.get("/api/v1/me", token=token).ok()["author"]["id"] for token in (moderator, owner)]

        def decide(one: tuple[Speaker, str, str], comment: str) -> Outcome:
            say, token, command = one
            start.wait()
            return say.say(command, token, comment=comment, seen=seen)

        for _ in range(ROUNDS):
            comment = arranged(first, thread["id"], ann.token, moderator, seen)
            outcomes = list(pool.map(decide, staff, (comment, comment)))
            won = [number for number, outcome in enumerate(outcomes) if outcome.error is None]
            assert len(won) == 1, outcomes
            error = outcomes[1 - won[0]].error
            assert error is not None
            assert (error["code"], error.get("action")) == ("conflict", actions[won[0]]), error
            assert error["by"]["id"] == ids[won[0]]


@pytest.mark.every("mode", "encoding", "door")
def test_in_every_cell_the_second_is_told_who_decided_what(
    say: Speaker, thread: Json, ann: Guest, moderator: str, owner: str
) -> None:
    comment = arranged(say, thread["id"], ann.token, moderator, "held")
    outcome = say.do("spam", moderator, comment=comment, seen="held")
    assert outcome.comment is not None
    assert (outcome.comment["state"], outcome.comment["number"], outcome.seq) == ("spam", None, None)
    for command, seen, action in (("approve", "held", "spam"), ("spam", "held", "spam"), ("remove", "held", "spam")):
        error = say.refused("conflict", command, owner, comment=comment, seen=seen)
        assert (error["action"], error["by"]["name"]) == (action, "Mo")
    outcome = say.do("approve", owner, comment=comment, seen="spam")
    assert outcome.comment is not None
    assert (outcome.comment["state"], outcome.comment["number"]) == ("visible", 1)
    error = say.refused("conflict", "approve", moderator, comment=comment, seen="spam")
    assert error["action"] == "restored"
    outcome = say.do("spam", moderator, comment=comment, seen="visible")
    assert outcome.comment is not None
    assert (outcome.comment["state"], outcome.comment["html"]) == ("spam", "")
    for command in ("remove", "restore"):
        error = say.refused("conflict", command, owner, comment=comment, seen="visible")
        assert (error["action"], error["by"]["name"]) == ("spam", "Mo")
    say.do("restore", owner, comment=comment, seen="spam")


def test_the_author_of_a_held_comment_learns_nothing_of_spam(
    say: Speaker, api: Api, connect: Callable[..., Live], thread: Json, ann: Guest, bob: Guest, moderator: str
) -> None:
    say.do("mode", moderator, thread=thread["id"], hold="all")
    fields = {"thread": thread["id"], "id": str(uuid.uuid4()), "body": "Buy *boats*"}
    held = say.do("post", ann.token, **fields).comment
    assert held is not None
    path = f"/api/v1/comments/{held['id']}"
    author = connect()
    assert author.do("join", thread=thread["id"], token=ann.token)["own"] == [held]
    page = api.get("/api/v1/threads", thread=thread["id"], token=ann.token)
    say.do("spam", moderator, comment=held["id"])
    say.refused("forbidden", "spam", ann.token, comment=held["id"])
    say.refused("not_found", "spam", bob.token, comment=held["id"])
    assert author.do("join", thread=thread["id"], token=ann.token)["own"] == [held]
    after = api.get("/api/v1/threads", thread=thread["id"], token=ann.token)
    assert (after.body, after.headers["etag"]) == (page.body, page.headers["etag"])
    assert say.do("post", ann.token, **fields).comment == held
    assert [push for push in author.pushes if push["push"] == "own"] == []
    assert api.call("DELETE", path, {"seen": "held"}, token=ann.token).ok()["comment"]["state"] == "removed"
