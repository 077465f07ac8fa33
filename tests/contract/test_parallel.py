"""Many at once: one id is stored once, numbers have no hole, and nobody gets in after the close."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.support.contract import Api, Guest, Json, Live, Wire

pytestmark = pytest.mark.every("mode")

CONNECTIONS = 8


def test_a_thousand_posts_with_one_id_are_one_comment(url: str, wire: Wire, thread: Json, ann: Guest) -> None:
    post = {"thread": thread["id"], "id": str(uuid.uuid4()), "body": "Once"}
    with ExitStack() as stack:
        lives = [stack.enter_context(Live(url, wire)) for _ in range(CONNECTIONS)]
        for live in lives:
            live.do("hello", token=ann.token)
        refs = [(live, live.send("post", **post)) for _ in range(1000 // CONNECTIONS) for live in lives]
        assert len(refs) == 1000
        replies = [live.reply(ref) for live, ref in refs]
    first = {**replies[0], "re": 0}
    assert first["ok"] is True
    assert all({**reply, "re": 0} == first for reply in replies)
    with Api(url) as api:
        snapshot = api.snapshot("demo", thread["key"], token=ann.token)
    assert snapshot["comments"] == [first["comment"]]
    assert snapshot["thread"]["head"] == 1


def test_the_same_over_http(url: str, thread: Json, ann: Guest) -> None:
    made = str(uuid.uuid4())
    with Api(url) as api, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: api.post(thread["id"], "Once", token=ann.token, id=made), range(200)))
        snapshot = api.snapshot("demo", thread["key"], token=ann.token)
    assert {answer.status for answer in answers} == {201}
    assert all(answer.body == answers[0].body for answer in answers)
    assert snapshot["comments"] == [answers[0].body["comment"]]


NO_IDS = ["/t/%00", "/t/%FF", "/t/%ED%A0%80", "/t/" + "9" * 400, "/api/v1/threads?thread=%00"]


def test_origin_checks_for_what_is_no_id_fails_nobody_else(url: str, thread: Json) -> None:
    """Those who ask at once share a query."""

    def good(_turn: int) -> int:
        with Api(url) as api:
            return sum(api.get("/api/v1/threads", thread=thread["id"]).status != 200 for _ in range(10))

    def bad(turn: int) -> int:
        with Api(url) as api:
            path = NO_IDS[turn % len(NO_IDS)]
            return sum(api.send("GET", path).status not in (400, 404) for _ in range(10))

    with ThreadPoolExecutor(12) as pool:
        wrong = list(pool.map(lambda turn: (bad if turn % 3 else good)(turn), range(48)))
    assert sum(wrong) == 0


def test_parallel_posts_with_one_id_and_two_bodies(url: str, wire: Wire, thread: Json, ann: Guest) -> None:
    """Whichever came first is stored; the other is a conflict every time."""
    made = str(uuid.uuid4())
    with Live(url, wire) as live:
        live.do("hello", token=ann.token)
        refs = [live.send("post", thread=thread["id"], id=made, body=f"Text {n % 2}") for n in range(100)]
        replies = [live.reply(ref) for ref in refs]
    won = [reply["ok"] for reply in replies]
    assert won == [True, False] * 50
    assert {reply["error"]["code"] for reply in replies if not reply["ok"]} == {"conflict"}


def test_numbers_and_seqs_have_no_hole(url: str, wire: Wire, thread: Json, ann: Guest, bob: Guest) -> None:
    with ExitStack() as stack:
        lives = [stack.enter_context(Live(url, wire)) for _ in range(4)]
        for live, guest in zip(lives, (ann, bob, ann, bob), strict=True):
            live.do("hello", token=guest.token)
        refs = [
            (live, live.send("post", thread=thread["id"], id=str(uuid.uuid4()), body=f"{n}"))
            for n in range(50)
            for live in lives
        ]
        replies = [live.reply(ref) for live, ref in refs]
    assert sorted(reply["seq"] for reply in replies) == list(range(1, 201))
    assert sorted(reply["comment"]["number"] for reply in replies) == list(range(1, 201))


def test_nothing_is_accepted_after_an_acknowledged_close(
    url: str, wire: Wire, thread: Json, ann: Guest, moderator: str
) -> None:
    """G6: what was accepted has a seq below the close's; what is sent after its acknowledgement is refused."""
    with Live(url, wire) as talker, Live(url, wire) as desk:
        talker.do("hello", token=ann.token)
        desk.do("hello", token=moderator)
        refs = [talker.send("post", thread=thread["id"], id=str(uuid.uuid4()), body=f"{n}") for n in range(200)]
        closed = desk.do("close", thread=thread["id"], reason="Enough")
        late = talker.send("post", thread=thread["id"], id=str(uuid.uuid4()), body="late")
        replies = [talker.reply(ref) for ref in refs]
        assert talker.reply(late)["error"]["code"] == "thread_closed"
    accepted = [reply["seq"] for reply in replies if reply["ok"]]
    assert all(seq < closed["seq"] for seq in accepted)
    assert {reply["error"]["code"] for reply in replies if not reply["ok"]} <= {"thread_closed"}
    with Api(url) as api:
        found = api.snapshot("demo", thread["key"])["thread"]
    assert (found["comments"], found["head"]) == (len(accepted), len(accepted) + 1)
