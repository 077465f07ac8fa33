"""Comments that a thread holds back, as their authors, its moderators and everybody else meet them (G12)."""

import json
import uuid
from collections.abc import Callable

import pytest

from tests.support.contract import COMMENT, Api, Guest, Json, Live
from tests.support.speaker import Speaker

TEXT = "Held *back*"


def hold(say: Speaker, thread: Json, moderator: str, what: str) -> None:
    """Sets what is held in the thread."""
    outcome = say.do("mode", moderator, thread=thread["id"], hold=what)
    assert outcome.thread is not None
    assert outcome.thread["mode"] == {"slow": 0, "who": "all", "hold": what, "delay": 0, "close_at": None}


def post(say: Speaker, thread: Json, author: Guest, body: str = TEXT) -> Json:
    """Posts a comment that is held; the answer's."""
    outcome = say.do("post", author.token, thread=thread["id"], id=str(uuid.uuid4()), body=body)
    assert outcome.seq is None
    assert outcome.comment is not None
    return outcome.comment


def cards(api: Api, token: str, thread: Json, **query: str) -> list[Json]:
    """What of the thread is in its site's queue."""
    found = api.get("/api/v1/sites/demo/queue", token=token, **query).ok()
    return [card for card in found["cards"] if card["thread"]["id"] == thread["id"]]


def test_held_and_let_through(say: Speaker, api: Api, thread: Json, ann: Guest, bob: Guest, moderator: str) -> None:
    hold(say, thread, moderator, "all")
    with Live(say.url) as reader:
        head = reader.do("join", thread=thread["id"])["thread"]["head"]
        held = post(say, thread, ann)
        assert set(held) == COMMENT | {"body"}
        assert (held["state"], held["number"], held["removed"]) == ("held", None, True)
        assert (held["author"], held["body"], held["html"]) == (ann.author, TEXT, "<p>Held <em>back</em></p>")
        snapshot = api.snapshot("demo", thread["key"])
        assert (snapshot["thread"]["head"], snapshot["comments"]) == (head, [])
        assert api.get("/api/v1/counts", site="demo", key=thread["key"]).ok() == {"counts": {thread["key"]: 0}}
        assert api.get(f"/api/v1/comments/{held['id']}/replies").status == 404
        for command, token in (("approve", bob.token), ("remove", bob.token)):
            say.refused("not_found", command, token, comment=held["id"])
        say.refused("not_found", "vote", bob.token, comment=held["id"], value=1)
        say.refused("not_found", "edit", ann.token, comment=held["id"], body="x")
        say.refused("forbidden", "approve", ann.token, comment=held["id"])

        (card,) = cards(api, moderator, thread)
        assert card == {
            "comment": held,
            "thread": {name: thread[name] for name in ("id", "key", "title", "url")},
            "why": "all",
        }
        outcome = say.do("approve", moderator, comment=held["id"])
        (event,) = reader.events(thread["id"], head + 1)
        assert (event["seq"], event["kind"]) == (head + 1, "comment.posted")
        assert outcome.comment is not None
        assert event["comment"] == {name: outcome.comment[name] for name in COMMENT}
        assert (event["comment"]["number"], event["comment"]["state"]) == (1, "visible")
        assert cards(api, moderator, thread) == []


@pytest.mark.every("mode", "encoding", "door")
def test_in_every_cell_a_held_comment_is_its_authors_until_it_is_let_through_or_refused(
    say: Speaker, api: Api, connect: Callable[..., Live], thread: Json, ann: Guest, moderator: str
) -> None:
    hold(say, thread, moderator, "all")
    author, reader = connect(), connect()
    author.do("join", thread=thread["id"], token=ann.token)
    head = reader.do("join", thread=thread["id"])["thread"]["head"]
    through, refused = post(say, thread, ann), post(say, thread, ann)
    for comment in (through, refused):
        assert comment["state"] == "held"
        assert pushed(author) == {"push": "own", "thread": thread["id"], "comment": comment}
    assert author.do("join", thread=thread["id"], token=ann.token)["own"] == [through, refused]
    assert [card["comment"] for card in cards(api, moderator, thread)] == [through, refused]
    assert "own" not in reader.do("join", thread=thread["id"])
    snapshot = api.snapshot("demo", thread["key"])
    assert (snapshot["comments"], snapshot["thread"]["head"]) == ([], head)

    say.do("approve", moderator, comment=through["id"])
    (event,) = reader.events(thread["id"], head + 1)
    assert (event["kind"], event["comment"]["id"], event["comment"]["number"]) == ("comment.posted", through["id"], 1)
    told = pushed(author)["comment"]
    assert (told["id"], told["state"]) == (through["id"], "visible")
    assert api.snapshot("demo", thread["key"])["comments"] == [event["comment"]]
    say.do("remove", moderator, comment=refused["id"], reason="Off topic")
    push = pushed(author)
    assert (push["comment"]["id"], push["comment"]["state"], push["reason"]) == (refused["id"], "removed", "Off topic")
    assert api.get("/api/v1/threads", thread=thread["id"], token=ann.token).ok()["own"] == [push["comment"]]
    say.refused("conflict", "approve", moderator, comment=refused["id"])
    assert api.snapshot("demo", thread["key"])["comments"] == [event["comment"]]
    assert cards(api, moderator, thread) == []


def test_refused_for_good(say: Speaker, api: Api, thread: Json, moderator: str, owner: str) -> None:
    hold(say, thread, moderator, "new")
    held = post(say, thread, api.session(name="New here"))
    outcome = say.do("remove", moderator, comment=held["id"], reason="Off topic")
    assert outcome.comment is not None
    assert (outcome.comment["state"], outcome.comment["number"], outcome.comment["html"]) == ("removed", None, "")
    assert (outcome.comment["removed_by"], outcome.comment["reason"]) == ("moderator", "Off topic")
    error = say.refused("conflict", "approve", owner, comment=held["id"])
    assert (error["action"], error["by"]["name"]) == ("removed", "Mo")
    say.refused("not_found", "restore", moderator, comment=held["id"])
    assert cards(api, moderator, thread) == []
    assert api.snapshot("demo", thread["key"])["comments"] == []


def test_the_second_of_two_who_saw_the_same_is_told_of_the_first(
    say: Speaker, thread: Json, ann: Guest, moderator: str, owner: str
) -> None:
    hold(say, thread, moderator, "all")
    comment = post(say, thread, ann)["id"]
    for command, seen, second, action in (
        ("approve", "held", "remove", "approved"),
        ("remove", "visible", "remove", "removed"),
        ("restore", "removed", "restore", "restored"),
    ):
        say.do(command, moderator, comment=comment, seen=seen)
        error = say.refused("conflict", second, owner, comment=comment, seen=seen)
        assert error["action"] == action
        assert error["by"]["id"], "its name is known where it is a member"
    say.refused("bad_request", "remove", owner, comment=comment, seen="read")


def test_an_author_sees_what_becomes_of_a_comment(
    say: Speaker, api: Api, thread: Json, ann: Guest, bob: Guest, moderator: str
) -> None:
    hold(say, thread, moderator, "all")
    with Live(say.url) as author, Live(say.url) as other:
        assert author.do("join", thread=thread["id"], token=ann.token)["own"] == []
        other.do("join", thread=thread["id"], token=bob.token)
        held = post(say, thread, ann)
        assert pushed(author) == {"push": "own", "thread": thread["id"], "comment": held}
        assert author.do("join", thread=thread["id"], token=ann.token)["own"] == [held]
        assert other.do("join", thread=thread["id"], token=bob.token)["own"] == []
        for token, own in ((ann.token, [held]), (bob.token, [])):
            assert api.get("/api/v1/threads", thread=thread["id"], token=token).ok()["own"] == own
        assert "own" not in api.get("/api/v1/threads", thread=thread["id"]).ok()
        tag = api.get("/api/v1/threads", thread=thread["id"], token=ann.token).headers["etag"]
        say.do("remove", moderator, comment=held["id"], reason="Off topic")
        push = pushed(author)
        assert (push["comment"]["state"], push["reason"]) == ("removed", "Off topic")
        answer = api.get("/api/v1/threads", thread=thread["id"], token=ann.token)
        assert answer.headers["etag"] != tag
        assert answer.ok()["own"] == [push["comment"]]


def test_who_says_hello_after_the_join_is_told_too(
    say: Speaker, thread: Json, ann: Guest, bob: Guest, moderator: str
) -> None:
    hold(say, thread, moderator, "all")
    held = post(say, thread, ann)
    with Live(say.url) as late, Live(say.url) as other:
        assert "own" not in late.do("join", thread=thread["id"])
        late.do("hello", token=ann.token)
        assert pushed(late) == {"push": "own", "thread": thread["id"], "comment": held}
        other.do("join", thread=thread["id"], token=bob.token)
        other.do("hello", token=ann.token)
        say.do("remove", moderator, comment=held["id"])
        assert pushed(late)["comment"]["state"] == "removed"
        mine = post(say, thread, bob)
        assert pushed(other)["comment"] == mine, "the token of its join holds there"


def pushed(live: Live) -> Json:
    """The next push about a comment of one's own."""
    return live.push("own")


def test_what_is_held_is_taken_along_and_erased(say: Speaker, api: Api, thread: Json, moderator: str) -> None:
    hold(say, thread, moderator, "all")
    new = api.session(name="New here")
    held = post(say, thread, new)
    lines = api.send("GET", "/api/v1/me/export", headers={"Authorization": f"Bearer {new.token}"}).body
    (found,) = [json.loads(line) for line in lines.decode().splitlines() if held["id"] in line]
    assert (found["comment"]["body"], found["comment"]["number"]) == (TEXT, None)
    with Live(say.url) as other:
        assert other.do("join", thread=thread["id"], token=new.token)["own"] == [held]
        tag = api.get("/api/v1/threads", thread=thread["id"], token=new.token).headers["etag"]
        assert api.call("POST", "/api/v1/me/erase", token=new.token).ok() == {"erased": 1}
        gone = pushed(other)["comment"]
        assert (gone["id"], gone["state"], gone["removed_by"], gone["html"]) == (held["id"], "removed", "author", "")
        answer = api.get("/api/v1/threads", thread=thread["id"], token=new.token)
        assert (answer.ok()["own"], answer.headers["etag"] != tag) == ([], True)
    assert cards(api, moderator, thread) == []
    say.refused("not_found", "approve", moderator, comment=held["id"])


def test_links_are_held(say: Speaker, thread: Json, ann: Guest, moderator: str) -> None:
    hold(say, thread, moderator, "links")
    assert post(say, thread, ann, "See https://a.example/")["state"] == "held"
    outcome = say.do("post", ann.token, thread=thread["id"], id=str(uuid.uuid4()), body="No link")
    assert outcome.comment is not None
    assert outcome.comment["state"] == "visible"


def test_a_delayed_comment_is_seen_later_by_itself(
    say: Speaker, api: Api, thread: Json, ann: Guest, moderator: str
) -> None:
    outcome = say.do("mode", moderator, thread=thread["id"], delay=2)
    assert outcome.thread is not None
    assert outcome.thread["mode"] == {"slow": 0, "who": "all", "hold": "none", "delay": 2, "close_at": None}
    with Live(say.url) as reader, Live(say.url) as author:
        head = reader.do("join", thread=thread["id"])["thread"]["head"]
        author.do("join", thread=thread["id"], token=ann.token)
        delayed = [post(say, thread, ann) for _ in range(2)]
        for comment in delayed:
            assert set(comment) == COMMENT | {"body", "due"}
            assert (comment["state"], comment["number"]) == ("held", None)
            assert pushed(author)["comment"] == comment
        assert [card["why"] for card in cards(api, moderator, thread)] == ["delay", "delay"]
        for number, comment in enumerate(delayed, 1):
            push = pushed(author)["comment"]
            assert (push["id"], push["state"], push["number"]) == (comment["id"], "visible", number)
            assert "due" not in push
            assert push["at"] >= comment["due"]
        events = reader.events(thread["id"], head + 2)
        assert [event["comment"]["id"] for event in events] == [comment["id"] for comment in delayed]
    assert cards(api, moderator, thread) == []


def test_staff_stop_or_show_a_delayed_comment_before_its_time(
    say: Speaker, api: Api, thread: Json, ann: Guest, moderator: str
) -> None:
    say.do("mode", moderator, thread=thread["id"], delay=600)
    stopped, shown = post(say, thread, ann), post(say, thread, ann)
    say.do("remove", moderator, comment=stopped["id"])
    outcome = say.do("approve", moderator, comment=shown["id"])
    assert outcome.comment is not None
    assert (outcome.comment["number"], outcome.comment["state"]) == (1, "visible")
    assert cards(api, moderator, thread) == []
    say.do("post", moderator, thread=thread["id"], id=str(uuid.uuid4()), body="Staff are exempt")
    last = post(say, thread, ann)
    with Live(say.url) as reader:
        head = reader.do("join", thread=thread["id"])["thread"]["head"]
        say.do("mode", moderator, thread=thread["id"], delay=0)
        events = reader.events(thread["id"], head + 2)
        assert [event["kind"] for event in events] == ["thread.mode", "comment.posted"]
        assert events[1]["comment"]["id"] == last["id"]


def test_the_queue_is_for_the_staff_of_its_site(
    say: Speaker, api: Api, thread: Json, ann: Guest, moderator: str, stranger: str
) -> None:
    hold(say, thread, moderator, "all")
    made = [post(say, thread, ann)["id"] for _ in range(3)]
    path = "/api/v1/sites/demo/queue"
    api.get(path).refused(401, "unauthorized")
    for token in (ann.token, stranger):
        api.get(path, token=token).refused(403, "forbidden")
    api.get(path, token=moderator, state="visible").refused(400, "bad_request")
    api.get(path, token=moderator, cursor="x").refused(400, "bad_request")
    found: list[Json] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(path, token=moderator, limit="2", **({"cursor": cursor} if cursor else {})).ok()
        assert len(page["cards"]) <= 2
        found, cursor = found + page["cards"], page["cursor"]
    assert [card["comment"]["id"] for card in found if card["thread"]["id"] == thread["id"]] == made
    assert page["counts"]["held"] == len(found)


@pytest.mark.parametrize("fields", [{"hold": "some"}, {"hold": None}, {"delay": 601}, {"delay": -1}, {"delay": 1.5}])
def test_a_rule_that_there_is_not(say: Speaker, thread: Json, moderator: str, fields: Json) -> None:
    say.refused("bad_request", "mode", moderator, thread=thread["id"], **fields)
