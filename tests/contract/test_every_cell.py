"""Each command and each route in every cell of the matrix: what it does, what readers see of it, and who is refused.

The rules themselves are tested in one cell, in the other files.
"""

import uuid
from collections.abc import Callable

import pytest

from tests.support.contract import (
    COMMENT,
    NOBODY,
    THREAD,
    THREAD_IN_EVENT,
    Api,
    Guest,
    Json,
    Live,
    eventually,
    shown_author,
)
from tests.support.speaker import Outcome, Speaker
from tests.support.tokens import make_code, mint

pytestmark = pytest.mark.every("mode", "encoding", "door")

TEXT = "Ångström 😀 *said* 1 < 2 &amp; \\"  # letters of one to four bytes, and what markup and encodings escape
HTML = "<p>Ångström 😀 <em>said</em> 1 &lt; 2 &amp; \\</p>"
REASON = "Off topic: «größer» 😀"
UNKNOWN = str(uuid.UUID(int=7))
CLOSE_AT = "2999-12-31T23:00:00.000Z"
EVENTS = {
    "post": "comment.posted",
    "edit": "comment.edited",
    "remove": "comment.removed",
    "restore": "comment.restored",
    "close": "thread.closed",
    "reopen": "thread.reopened",
    "pin": "thread.pinned",
    "mode": "thread.mode",
}
BAD_TEXT = {
    "post": {"body": "\u200b"},
    "edit": {"body": "\u200b"},
    "remove": {"reason": "a\nb"},
    "close": {"reason": "a\nb"},
    "mode": {"close_at": "soon"},
}


def arranged(api: Api, command: str, thread: str, author: str, moderator: str) -> Json:
    """Makes the thread such that the command has something to do; the command's fields."""
    if command == "mode":
        return {"thread": thread, "close_at": CLOSE_AT}
    if command in ("close", "reopen"):
        api.call("POST", f"/api/v1/threads/{thread}/close", {"reason": "Before"}, token=moderator).ok()
        return {"thread": thread, "reason": REASON} if command == "close" else {"thread": thread}
    made = api.post(thread, "As it was", token=author).ok(201)["comment"]["id"]
    if command == "restore":
        api.call("DELETE", f"/api/v1/comments/{made}", token=moderator).ok()
    return {
        "post": {"thread": thread, "id": str(uuid.uuid4()), "body": TEXT, "parent": made},
        "edit": {"comment": made, "body": TEXT},
        "remove": {"comment": made, "reason": REASON},
        "restore": {"comment": made},
        "pin": {"thread": thread, "comment": made},
    }[command]


@pytest.mark.parametrize("command", EVENTS)
def test_a_command_acts_and_refuses(
    say: Speaker, thread: Json, ann: Guest, bob: Guest, moderator: str, stranger: str, command: str
) -> None:
    with Api(say.url) as api, Live(say.url) as reader:
        fields = arranged(api, command, thread["id"], ann.token, moderator)
        head = reader.do("join", thread=thread["id"])["thread"]["head"]
        say.refused("unauthorized", command, None, **fields)
        for token in [stranger] if command == "post" else [stranger, bob.token]:
            say.refused("forbidden", command, token, **fields)
        thing = "thread" if "thread" in fields else "comment"
        say.refused("not_found", command, moderator, **{**fields, thing: UNKNOWN})
        say.refused("bad_request", command, moderator, **fields, extra=1)
        if command in BAD_TEXT:
            say.refused("bad_request", command, moderator, **{**fields, **BAD_TEXT[command]})
        assert api.snapshot("demo", thread["key"])["thread"]["head"] == head, "a refusal was stored"

        by = ann.token if command in ("post", "edit") else moderator
        outcome = say.do(command, by, **fields)
        (event,) = reader.events(thread["id"], head + 1)
        assert (event["seq"], event["kind"]) == (head + 1, EVENTS[command])
        check(command, fields, outcome, event, ann.author)
        assert outcome.seq == (head + 1 if say.live else None)
        if command not in ("restore", "reopen"):  # these two make it as it was before
            assert say.do(command, by, **fields).seq in (None, head + 1), "the same again is no other event"
        shown = api.snapshot("demo", thread["key"])
        assert shown["thread"]["head"] == head + 1
        assert (event.get("comment") in shown["comments"]) is ("comment" in event)


def check(command: str, fields: Json, outcome: Outcome, event: Json, author: Json) -> None:
    """Asserts what the answer and the event tell."""
    if thread := outcome.thread:
        assert set(thread) == THREAD
        assert event["thread"] == {name: thread[name] for name in THREAD_IN_EVENT}
        closed = command == "close"
        assert thread["pinned"] == fields.get("comment")
        assert (thread["state"], thread["reason"]) == (("closed", REASON) if closed else ("open", None))
        assert thread["mode"]["close_at"] == (CLOSE_AT if command == "mode" else None)
        assert (event.get("reason"), event.get("by")) == ((REASON, "Mo") if closed else (None, None))
        assert (thread["closed_by"] or {}).get("name") == ("Mo" if closed else None)
        assert (thread["closed_at"] is not None) is closed
        return
    assert outcome.comment is not None
    shown = COMMENT | {"removed_by", "reason"} if command == "remove" else COMMENT
    assert event["comment"] == {name: outcome.comment[name] for name in shown}
    assert outcome.comment["removed"] is (command == "remove")
    assert outcome.comment["state"] == ("removed" if command == "remove" else "visible")
    assert outcome.comment.get("reason") == (REASON if command == "remove" else None)
    assert outcome.comment["author"] == (NOBODY if command == "remove" else author)
    if command in ("post", "edit"):
        assert (outcome.comment["body"], outcome.comment["html"]) == (TEXT, HTML)
        assert outcome.comment["parent"] == fields.get("parent")


def test_the_live_socket_reads(connect: Callable[..., Live], thread: Json, key: str, ann: Guest, stranger: str) -> None:
    live, other = connect(), connect()
    before = live.do("hello", token=ann.token)["author"]
    assert shown_author(before) == ann.author
    live.refused("unauthorized", "hello", token="nonsense")
    assert set(live.do("join", thread=thread["id"])["thread"]) == THREAD
    other.do("join", site="demo", key=thread["key"])
    live.raw(live.wire.encode({"cmd": "typing", "thread": thread["id"]}))
    live.post(thread["id"], TEXT)
    assert other.events(thread["id"], 1)[0]["comment"]["html"] == HTML
    assert live.do("hello", token=ann.token)["author"]["comments"] == before["comments"] + 1
    place = {"epoch": thread["epoch"], "seq": 0}
    assert [event["seq"] for event in other.do("join", thread=thread["id"], after=place)["events"]] == [1]
    assert other.do("leave", thread=thread["id"]) == {"re": other.last_ref, "ok": True}
    live.refused("forbidden", "join", site="other", key=key)
    live.refused("not_found", "join", thread=UNKNOWN)
    live.refused("bad_request", "join", thread=thread["id"], extra=1)
    connect(stranger).refused("forbidden", "close", thread=thread["id"])


def test_routes_that_read(api: Api, thread: Json, ann: Guest) -> None:
    comment = api.post(thread["id"], TEXT, token=ann.token).ok(201)["comment"]
    snapshot = api.snapshot("demo", thread["key"])
    assert snapshot["comments"] == [{name: comment[name] for name in COMMENT}]
    assert api.events(thread["id"], thread["epoch"]).ok()["events"][0]["comment"] == snapshot["comments"][0]
    assert api.get("/api/v1/counts", site="demo", key=thread["key"]).ok() == {"counts": {thread["key"]: 1}}
    tag = api.get("/api/v1/threads", thread=thread["id"]).headers["etag"]
    again = api.send("GET", "/api/v1/threads", None, {"If-None-Match": tag}, {"thread": thread["id"]})
    assert (again.status, again.body) == (304, None)
    api.get("/api/v1/threads", thread=UNKNOWN).refused(404, "not_found")
    api.get("/api/v1/threads", thread=thread["id"], limit="x").refused(400, "bad_request")
    api.events(UNKNOWN, thread["epoch"]).refused(404, "not_found")
    api.events(thread["id"], "lost").refused(409, "reset")
    for path in ("/healthz", "/readyz"):
        assert api.get(path).ok()
    for path, query in (("/api/v1/threads", {"key": "/x"}), ("/api/v1/counts", {"key": "/x"})):
        api.get(path, site="other", **query).refused(403, "forbidden")


def test_routes_that_make_a_session(api: Api, secret: str) -> None:
    guest = api.session(name="Zoë 😀")
    assert (guest.author["name"], guest.author["role"]) == ("Zoë 😀", "guest")
    again = api.call("POST", "/api/v1/sessions", {"site": "demo", "name": "Zed"}, token=guest.token).ok(201)
    assert again["author"]["id"] == guest.author["id"]
    api.call("POST", "/api/v1/sessions", {"site": "demo", "name": "a\nb"}).refused(400, "bad_request")
    api.call("POST", "/api/v1/sessions", {"site": "other"}).refused(403, "forbidden")
    api.call("POST", "/api/v1/sessions", {"site": "nowhere"}).refused(404, "not_found")
    code = {"code": make_code(secret)}
    assert api.call("POST", "/api/v1/sessions/claim", code).ok(201)["author"]["role"] == "moderator"
    api.call("POST", "/api/v1/sessions/claim", code).refused(401, "unauthorized")


def test_the_route_that_sets_an_article(api: Api, key: str, moderator: str, owner: str, stranger: str) -> None:
    path = f"/api/v1/threads?site=demo&key={key}"
    api.call("PUT", path, {"title": TEXT}, token=None).refused(401, "unauthorized")
    for token in (moderator, stranger):
        api.call("PUT", path, {"title": TEXT}, token=token).refused(403, "forbidden")
    api.call("PUT", path, {"title": "a\nb"}, token=owner).refused(400, "bad_request")
    made = api.call("PUT", path, {"title": TEXT, "body": TEXT}, token=owner).ok()
    assert (made["thread"]["title"], made["thread"]["head"]) == (TEXT, 1)
    assert api.snapshot("demo", key)["thread"] == made["thread"]
    page = api.send("GET", f"/t/{made['thread']['id']}", headers={"Accept": "text/html"}).body.decode()
    assert HTML in page


def test_routes_that_change_a_site(api: Api, secret: str) -> None:
    path, operator = f"/api/v1/sites/s{uuid.uuid4().hex[:8]}", mint(secret, "operator", site="*")
    for token, status, code in ((None, 401, "unauthorized"), (mint(secret, "owner"), 403, "forbidden")):
        api.call("PUT", path, {"origins": []}, token=token).refused(status, code)
        api.call("PATCH", path, {"add": []}, token=token).refused(status, code)
        api.call("DELETE", path, token=token).refused(status, code)
    api.call("PUT", path, {"origins": ["nonsense"]}, token=operator).refused(400, "bad_request")
    name = path.rpartition("/")[2]
    assert api.call("PUT", path, {"origins": ["https://a.example"]}, token=operator).ok() == {"site": name}
    assert api.call("PATCH", path, {"add": ["https://b.example"]}, token=operator).ok() == {"site": name}
    assert api.call("PATCH", path, {"title": "T", "tagline": "L"}, token=operator).ok() == {"site": name}
    api.call("PATCH", path, {"title": "a\nb"}, token=operator).refused(400, "bad_request")
    for node in api.url.split():
        with Api(node, origin="https://b.example") as page:
            eventually(lambda page=page: page.get("/api/v1/counts", site=name, key="/a").status == 200, "the change")  # type: ignore[misc]  # see mypy
    api.call("DELETE", path, token=operator).ok()
    api.call("DELETE", path, token=operator).refused(404, "not_found")
