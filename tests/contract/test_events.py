"""Events since a place in the log: over HTTP, and by a join with `after`; the same events either way."""

import uuid
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.support.contract import COMMENT, NOBODY, THREAD, THREAD_IN_EVENT, Api, Guest, Json, Live

Connect = Callable[..., Live]
PAGE_EVENTS = 1000
LONG = PAGE_EVENTS + 60
LARGE = 50  # comments of 50,000 bytes: more than two pages of what is large


class Log(NamedTuple):
    """A thread with a long log."""

    id: str
    epoch: str


@pytest.fixture(scope="module")
def long(url: str, ann: Guest) -> Log:
    """A thread with `LONG` comments: more than a page of events."""
    with Api(url) as api, Live(url) as live:
        thread = api.snapshot("demo", f"/long/{uuid.uuid4()}")["thread"]
        live.do("hello", token=ann.token)
        refs = [
            live.send("post", thread=thread["id"], id=str(uuid.uuid4()), body=f"Comment {number}")
            for number in range(1, LONG + 1)
        ]
        seqs = [live.reply(ref)["seq"] for ref in refs]
        assert seqs == list(range(1, LONG + 1)), "one connection's posts are numbered in the order they were sent"
        return Log(thread["id"], thread["epoch"])


@pytest.fixture(scope="module")
def large(url: str, ann: Guest) -> Log:
    """A thread with `LARGE` comments that become five times as long as HTML."""
    with Api(url) as api, Live(url) as live:
        thread = api.snapshot("demo", f"/large/{uuid.uuid4()}")["thread"]
        live.do("hello", token=ann.token)
        for _ in range(LARGE):
            live.post(thread["id"], "&" * 10_000)
        return Log(thread["id"], thread["epoch"])


@pytest.fixture
def eventful(api: Api, thread: Json, ann: Guest, moderator: str) -> Json:
    """The thread after one event of each kind."""
    post = f"/api/v1/threads/{thread['id']}"
    first = api.post(thread["id"], "Draft", token=ann.token).ok(201)["comment"]["id"]
    second = api.post(thread["id"], "Gone for good", token=ann.token).ok(201)["comment"]["id"]
    api.call("PATCH", f"/api/v1/comments/{first}", {"body": "Final"}, token=ann.token).ok()
    api.call("DELETE", f"/api/v1/comments/{second}", token=moderator).ok()
    api.call("DELETE", f"/api/v1/comments/{first}", token=moderator).ok()
    api.call("POST", f"/api/v1/comments/{first}/restore", token=moderator).ok()
    api.call("POST", f"{post}/close", {"reason": "Enough"}, token=moderator).ok()
    api.call("POST", f"{post}/reopen", token=moderator).ok()
    return {**thread, "first": first, "second": second}


@pytest.mark.every("mode")
def test_events_have_exactly_their_fields(api: Api, eventful: Json) -> None:
    answer = api.events(eventful["id"], eventful["epoch"]).ok()
    assert set(answer) == {"epoch", "head", "events", "more"}
    assert (answer["epoch"], answer["head"], answer["more"]) == (eventful["epoch"], 8, False)
    events = answer["events"]
    assert [(event["seq"], event["kind"]) for event in events] == [
        (1, "comment.posted"),
        (2, "comment.posted"),
        (3, "comment.edited"),
        (4, "comment.removed"),
        (5, "comment.removed"),
        (6, "comment.restored"),
        (7, "thread.closed"),
        (8, "thread.reopened"),
    ]
    for event in events[:6]:
        assert set(event) == {"seq", "kind", "at", "comment"}
        removed = event["comment"]["removed"]
        assert set(event["comment"]) == (COMMENT | {"removed_by"} if removed else COMMENT)
    closed, reopened = events[6:]
    assert set(closed) == {"seq", "kind", "at", "thread", "reason", "by"}
    assert (closed["reason"], closed["by"]) == ("Enough", "Mo")
    assert set(reopened) == {"seq", "kind", "at", "thread"}
    for event in (closed, reopened):
        assert set(event["thread"]) == THREAD_IN_EVENT


@pytest.mark.every("mode")
def test_a_replay_shows_comments_as_they_are_now(api: Api, eventful: Json) -> None:
    answer = api.events(eventful["id"], eventful["epoch"])
    comments = {event["seq"]: event["comment"] for event in answer.ok()["events"] if "comment" in event}
    for seq in (1, 3, 5, 6):
        assert (comments[seq]["html"], comments[seq]["removed"]) == ("<p>Final</p>", False)
    for seq in (2, 4):
        assert comments[seq]["removed"] is True
        assert comments[seq]["author"] == NOBODY
        assert comments[seq]["html"] == ""
    assert "Draft" not in str(answer.body)
    assert "Gone" not in str(answer.body)


@pytest.mark.every("mode")
def test_a_join_from_a_place_gets_the_same_events(api: Api, connect: Connect, eventful: Json) -> None:
    events = api.events(eventful["id"], eventful["epoch"]).ok()["events"]
    for place in (0, 3, 8):
        reply = connect().do("join", thread=eventful["id"], after={"epoch": eventful["epoch"], "seq": place})
        assert set(reply) == {"re", "ok", "thread", "events", "more", "now", "site"}
        assert set(reply["thread"]) == THREAD
        assert reply["events"] == events[place:]
        assert reply["more"] is False


def test_pages_of_a_thousand(api: Api, long: Log) -> None:
    first = api.events(long.id, long.epoch).ok()
    assert seqs(first) == list(range(1, PAGE_EVENTS + 1))
    assert (first["more"], first["head"]) == (True, LONG)
    second = api.events(long.id, long.epoch, PAGE_EVENTS).ok()
    assert seqs(second) == list(range(PAGE_EVENTS + 1, LONG + 1))
    assert second["more"] is False
    assert api.events(long.id, long.epoch, LONG - PAGE_EVENTS).ok()["more"] is False
    assert api.events(long.id, long.epoch, LONG).ok()["events"] == []


@pytest.mark.every("mode", "encoding")
def test_what_does_not_fit_into_a_joins_reply_follows_as_pushes(connect: Connect, long: Log) -> None:
    live = connect()
    reply = live.do("join", thread=long.id, after={"epoch": long.epoch, "seq": 0})
    assert reply["more"] is True
    assert seqs(reply) == list(range(1, len(reply["events"]) + 1))
    rest = live.events(long.id, LONG)
    assert [event["seq"] for event in rest] == list(range(len(reply["events"]) + 1, LONG + 1))


def test_pages_of_large_comments_have_about_a_mebibyte(api: Api, large: Log) -> None:
    found: list[int] = []
    more = True
    while more:
        page = api.events(large.id, large.epoch, found[-1] if found else 0)
        assert int(page.headers["content-length"]) < 1.1 * 1024 * 1024
        assert (page.ok()["epoch"], page.ok()["head"]) == (large.epoch, LARGE)
        assert seqs(page.ok())
        found += seqs(page.ok())
        more = page.ok()["more"]
    assert found == list(range(1, LARGE + 1))


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_snapshots_of_large_comments_have_about_a_mebibyte(api: Api, large: Log, order: str) -> None:
    found: list[int] = []
    more = True
    while more:
        place = {"before" if order == "newest" else "after": found[-1]} if found else {}
        page = api.get("/api/v1/threads", thread=large.id, order=order, limit=200, **place)
        assert int(page.headers["content-length"]) < 1.1 * 1024 * 1024
        assert page.ok()["comments"]
        found += [comment["number"] for comment in page.ok()["comments"]]
        more = page.ok()["more"]
    assert sorted(found) == list(range(1, LARGE + 1))
    assert found == sorted(found, reverse=order == "newest")


@pytest.mark.parametrize("place", [0, 5, 30, LARGE - 1])
def test_large_comments_come_live_without_a_gap(connect: Connect, large: Log, place: int) -> None:
    live = connect()
    reply = live.do("join", thread=large.id, after={"epoch": large.epoch, "seq": place})
    found = seqs(reply)
    if reply["more"]:
        found += [event["seq"] for event in live.events(large.id, LARGE)]
    assert found == list(range(place + 1, LARGE + 1))


@pytest.mark.every("mode")
@pytest.mark.parametrize("place", [("unknown", 0), (None, 1), (None, 10**9), (None, 2**53 - 1), ("", 0), ("'", 0)])
def test_an_unknown_place_is_reset(api: Api, connect: Connect, thread: Json, place: tuple[str | None, int]) -> None:
    """An epoch nobody had, or a seq beyond the head."""
    epoch, seq = place[0] if place[0] is not None else thread["epoch"], place[1]
    if epoch:
        api.events(thread["id"], epoch, seq).refused(409, "reset")
        reply = connect().do("join", thread=thread["id"], after={"epoch": epoch, "seq": seq})
        assert set(reply) == {"re", "ok", "thread", "comments", "more", "reset", "now", "site"}
        assert (reply["reset"], reply["comments"], reply["thread"]["head"]) == (True, [], 0)
    else:
        api.events(thread["id"], epoch, seq).refused(400, "bad_request")


@pytest.mark.every("mode")
def test_a_reader_who_was_reset_goes_on_from_the_snapshot(api: Api, connect: Connect, thread: Json, ann: Guest) -> None:
    first = api.post(thread["id"], "One", token=ann.token).ok(201)["comment"]["id"]
    live = connect(ann.token)
    reply = live.do("join", thread=thread["id"], after={"epoch": "lost", "seq": 1})
    assert [(comment["id"], comment["body"]) for comment in reply["comments"]] == [(first, "One")]
    api.post(thread["id"], "Two", token=ann.token).ok(201)
    (event,) = live.events(thread["id"], 2)
    assert event["seq"] == 2


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 17])
def test_a_place_is_a_whole_number(api: Api, thread: Json, after: str) -> None:
    answer = api.get(f"/api/v1/threads/{thread['id']}/events", epoch=thread["epoch"], after=after)
    answer.refused(400, "bad_request")


def test_events_of_an_unknown_thread_are_not_found(api: Api, thread: Json) -> None:
    api.events("aaaaaaaaaaaaaaaa", thread["epoch"]).refused(404, "not_found")


def test_events_are_for_allowed_pages(url: str, thread: Json) -> None:
    with Api(url, origin="https://other.example") as other:
        other.events(thread["id"], thread["epoch"]).refused(403, "forbidden")
    with Api(url, origin=None) as program:
        program.events(thread["id"], thread["epoch"]).ok()


def seqs(answer: Json) -> list[int]:
    """The events' seqs, as they come."""
    return [event["seq"] for event in answer["events"]]
