"""The live socket: hello, join, leave, and what is pushed to those who follow a thread."""

import uuid
from collections.abc import Callable

import pytest

from hubbub.domain.times import from_rfc3339, now_ms
from tests.support.contract import (
    COMMENT,
    COMMENT_WITH_BODY,
    OWN_AUTHOR,
    THREAD,
    THREAD_IN_EVENT,
    Api,
    Guest,
    Json,
    Live,
    shown_author,
)

Connect = Callable[..., Live]


@pytest.mark.every("encoding")
def test_the_subprotocol_is_agreed_on(connect: Connect) -> None:
    live = connect()
    assert live.socket.subprotocol == live.wire.subprotocol


def test_hello_says_who_one_is(connect: Connect, ann: Guest, bob: Guest, moderator: str) -> None:
    live = connect()
    for guest in (ann, bob):
        reply = live.do("hello", token=guest.token)
        assert set(reply) == {"re", "ok", "author"}
        assert set(reply["author"]) == OWN_AUTHOR
        assert shown_author(reply["author"]) == guest.author
    assert live.do("hello", token=moderator)["author"]["role"] == "moderator"


def test_a_refused_hello_leaves_one_who_one_was(connect: Connect, thread: Json, ann: Guest) -> None:
    live = connect(ann.token)
    live.refused("unauthorized", "hello", token="nonsense")
    assert live.post(thread["id"])["comment"]["author"] == ann.author


@pytest.mark.every("encoding")
def test_every_reply_names_the_ref_it_answers(connect: Connect, thread: Json) -> None:
    live = connect()
    for ref in (0, 7, 2**53 - 1):
        live.raw(live.wire.encode({"cmd": "join", "ref": ref, "thread": thread["id"]}))
        assert live.reply(ref)["ok"] is True
        live.raw(live.wire.encode({"cmd": "join", "ref": ref, "thread": "aaaaaaaaaaaaaaaa"}))
        assert live.reply(ref)["ok"] is False


@pytest.mark.every("mode", "encoding")
def test_a_join_answers_with_the_snapshot(api: Api, connect: Connect, thread: Json, ann: Guest) -> None:
    for number in range(1, 53):
        api.post(thread["id"], f"Comment {number}", token=ann.token).ok(201)
    for names in ({"thread": thread["id"]}, {"site": "demo", "key": thread["key"]}):
        live = connect()
        reply = live.do("join", **names)
        assert set(reply) == {"re", "ok", "thread", "comments", "more", "now", "site"}
        assert set(reply["thread"]) == THREAD
        assert [comment["number"] for comment in reply["comments"]] == list(range(52, 2, -1))
        assert reply["more"] is True
        assert reply["comments"] == api.snapshot("demo", thread["key"])["comments"]
        assert all(set(comment) == COMMENT for comment in reply["comments"])


def test_every_join_says_what_time_it_is(connect: Connect, thread: Json) -> None:
    live, before = connect(), now_ms()
    snapshot = live.do("join", thread=thread["id"])
    place = {"epoch": snapshot["thread"]["epoch"], "seq": snapshot["thread"]["head"]}
    for reply in (snapshot, live.do("join", thread=thread["id"], after=place)):
        assert before <= from_rfc3339(reply["now"]) <= now_ms()


@pytest.mark.every("mode")
def test_a_join_from_an_allowed_page_makes_the_thread(connect: Connect, key: str) -> None:
    connect(origin=None).refused("not_found", "join", site="demo", key=key)
    made = connect().do("join", site="demo", key=key)["thread"]
    assert (made["site"], made["key"], made["head"], made["watching"]) == ("demo", key, 0, 1)
    assert connect(origin=None).do("join", site="demo", key=key)["thread"]["id"] == made["id"]


def test_a_join_names_one_thread(connect: Connect, thread: Json) -> None:
    live = connect()
    for names in ({}, {"site": "demo"}, {"key": "/x"}, {"thread": thread["id"], "site": "demo", "key": "/x"}):
        live.refused("bad_request", "join", **names)
    live.refused("not_found", "join", thread="aaaaaaaaaaaaaaaa")
    live.refused("not_found", "join", site="nowhere", key="/x")
    live.refused("forbidden", "join", site="other", key="/x")


@pytest.mark.every("mode", "encoding")
def test_readers_get_every_event_in_order(api: Api, connect: Connect, thread: Json, ann: Guest, moderator: str) -> None:
    live, talker = connect(), connect(ann.token)
    live.do("join", thread=thread["id"])
    desk = connect(moderator)
    comment = talker.post(thread["id"], "One")["comment"]["id"]
    talker.do("edit", comment=comment, body="Two")
    desk.do("remove", comment=comment)
    desk.do("restore", comment=comment)
    desk.do("close", thread=thread["id"], reason="Enough")
    desk.do("reopen", thread=thread["id"])
    kinds = ["comment.posted", "comment.edited", "comment.removed", "comment.restored"]
    events = live.events(thread["id"], 6)
    assert [(event["seq"], event["kind"]) for event in events] == list(
        enumerate([*kinds, "thread.closed", "thread.reopened"], 1)
    )
    for event in events[:4]:
        assert set(event) == {"seq", "kind", "at", "comment"}
        removed = event["comment"]["removed"]
        assert set(event["comment"]) == (COMMENT | {"removed_by"} if removed else COMMENT)
    assert set(events[4]) == {"seq", "kind", "at", "thread", "reason", "by"}
    assert set(events[5]) == {"seq", "kind", "at", "thread"}
    assert all(set(event["thread"]) == THREAD_IN_EVENT for event in events[4:])
    assert (events[4]["reason"], events[4]["by"], events[4]["thread"]["state"]) == ("Enough", "Mo", "closed")
    assert api.events(thread["id"], thread["epoch"]).ok()["head"] == 6


def test_a_push_names_its_thread_and_epoch(connect: Connect, thread: Json, ann: Guest) -> None:
    live = connect(ann.token)
    live.do("join", thread=thread["id"])
    live.post(thread["id"])
    push = live.push("events")
    assert set(push) == {"push", "thread", "epoch", "events"}
    assert (push["thread"], push["epoch"]) == (thread["id"], thread["epoch"])


def test_the_sender_gets_the_body_and_its_readers_do_not(connect: Connect, thread: Json, ann: Guest) -> None:
    live = connect(ann.token)
    live.do("join", thread=thread["id"])
    comment = live.post(thread["id"], "A *secret* source")["comment"]
    assert set(comment) == COMMENT_WITH_BODY
    (event,) = live.events(thread["id"], 1)
    assert event["comment"] == {name: comment[name] for name in COMMENT}


@pytest.mark.every("mode")
def test_one_connection_follows_many_threads(api: Api, connect: Connect, key: str, ann: Guest) -> None:
    live = connect(ann.token)
    threads = [api.snapshot("demo", f"{key}/{number}")["thread"]["id"] for number in range(3)]
    for thread in threads:
        live.do("join", thread=thread)
    for thread in reversed(threads):
        live.post(thread)
    for thread in reversed(threads):
        assert live.events(thread, 1)[0]["seq"] == 1


def test_a_second_join_starts_anew_and_doubles_nothing(connect: Connect, thread: Json, ann: Guest) -> None:
    live = connect(ann.token)
    live.do("join", thread=thread["id"])
    assert live.do("join", thread=thread["id"])["thread"]["watching"] == 1
    live.post(thread["id"])
    live.post(thread["id"])
    assert [event["seq"] for event in live.events(thread["id"], 2)] == [1, 2]


def test_who_leaves_gets_no_more(connect: Connect, thread: Json, ann: Guest) -> None:
    live, other = connect(ann.token), connect()
    live.do("join", thread=thread["id"])
    other.do("join", thread=thread["id"])
    assert live.do("leave", thread=thread["id"]) == {"re": live.last_ref, "ok": True}
    live.post(thread["id"])
    other.events(thread["id"], 1)
    live.do("join", thread=thread["id"])
    live.post(thread["id"])
    assert [event["seq"] for event in live.events(thread["id"], 2)] == [2]


def test_leaving_what_one_does_not_follow_is_no_error(connect: Connect, thread: Json) -> None:
    live = connect()
    assert live.do("leave", thread=thread["id"]) == {"re": live.last_ref, "ok": True}


@pytest.mark.every("mode", "encoding")
def test_presence_is_pushed_when_readers_come_and_go(api: Api, connect: Connect, thread: Json) -> None:
    live, other = connect(), connect()
    assert live.do("join", thread=thread["id"])["thread"]["watching"] == 1
    assert other.do("join", thread=thread["id"])["thread"]["watching"] in (1, 2)  # 1 if the first is on another node
    for reader in (live, other):
        push = reader.push("presence")
        while push["watching"] != 2:
            push = reader.push("presence")
        assert push == {"push": "presence", "thread": thread["id"], "watching": 2}
    assert api.snapshot("demo", thread["key"])["thread"]["watching"] == 2
    other.close()
    push = live.push("presence")
    while push["watching"] != 1:
        push = live.push("presence")
    assert push == {"push": "presence", "thread": thread["id"], "watching": 1}


@pytest.mark.every("mode")
def test_others_see_that_somebody_is_typing(connect: Connect, url: str, thread: Json, ann: Guest) -> None:
    """On the same node: that somebody types is told to nobody else's."""
    node = url.split()[0]
    typist, other = connect(ann.token, node=node), connect(node=node)
    for live in (typist, other):
        live.do("join", thread=thread["id"])
    typist.raw(typist.wire.encode({"cmd": "typing", "thread": thread["id"]}))
    push = other.push("presence")
    while "typing" not in push:
        push = other.push("presence")
    assert push == {"push": "presence", "thread": thread["id"], "watching": 2, "typing": 1}
    typist.do("leave", thread=thread["id"])
    assert not any(push.get("typing") for push in typist.pushes), "one's own typing is no news"


@pytest.mark.every("encoding")
def test_deflated_and_plain_readers_get_the_same(connect: Connect, thread: Json, ann: Guest) -> None:
    readers = [connect(deflate=True), connect(deflate=False)]
    for live in readers:
        live.do("join", thread=thread["id"])
    connect(ann.token).post(thread["id"], "word " * 1000)
    deflated, plain = (live.events(thread["id"], 1) for live in readers)
    assert deflated == plain
    assert len(plain[0]["comment"]["html"]) > 4000


@pytest.mark.every("mode")
def test_many_commands_may_be_under_way(connect: Connect, thread: Json, ann: Guest) -> None:
    live = connect(ann.token)
    refs = [live.send("post", thread=thread["id"], id=str(uuid.uuid4()), body=f"{n}") for n in range(300)]
    replies = [live.reply(ref) for ref in refs]
    assert [reply["comment"]["number"] for reply in replies] == list(range(1, 301))
    assert [reply["comment"]["body"] for reply in replies] == [str(n) for n in range(300)]


def test_a_ping_is_answered(connect: Connect) -> None:
    assert connect().socket.ping(b"are you there?").wait(10)


@pytest.mark.parametrize("cmd", ["join", "leave", "post", "edit", "remove", "restore", "close", "reopen", "hello"])
def test_a_command_needs_a_ref(connect: Connect, thread: Json, ann: Guest, cmd: str) -> None:
    live = connect(ann.token)
    fields = {
        "join": {"thread": thread["id"]},
        "leave": {"thread": thread["id"]},
        "post": {"thread": thread["id"], "id": str(uuid.uuid4()), "body": "Hello"},
        "edit": {"comment": str(uuid.uuid4()), "body": "Hello"},
        "remove": {"comment": str(uuid.uuid4())},
        "restore": {"comment": str(uuid.uuid4())},
        "close": {"thread": thread["id"]},
        "reopen": {"thread": thread["id"]},
        "hello": {"token": ann.token},
    }[cmd]
    live.raw(live.wire.encode({"cmd": cmd, **fields}))
    reply = live.reply(None)
    assert reply["error"]["code"] == "bad_request"
