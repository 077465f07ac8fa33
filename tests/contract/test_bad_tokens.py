"""Tokens that are expired, forged or for something else, and commands one's token does not allow."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.support.contract import JSON, Api, Guest, Json, Live, unharmed
from tests.support.speaker import Speaker
from tests.support.tokens import expired, forged, mint

SAMPLE = forged("e30.eyJzdWIiOiJ4Iiwic2l0ZSI6ImRlbW8iLCJyb2xlIjoibW9kZXJhdG9yIiwibmFtZSI6Ik0iLCJleHAiOjF9.AAAA")


@pytest.fixture(autouse=True)
def _nothing_else(url: str, thread: Json, moderator: str) -> Iterator[None]:
    """Around every test: nothing stored, the process alive, another reader unharmed."""
    with unharmed(url, thread["id"], moderator):
        yield


@pytest.mark.parametrize("forgery", SAMPLE)
def test_a_forged_token(
    api: Api, connect: Callable[..., Live], thread: Json, moderator: str, ann: Guest, forgery: str
) -> None:
    for true in (moderator, ann.token):
        token = forged(true)[forgery]
        everywhere_refused(api, connect(), thread, token)


def test_an_expired_token(secret: str, api: Api, connect: Callable[..., Live], thread: Json) -> None:
    everywhere_refused(api, connect(), thread, expired(secret))


def everywhere_refused(api: Api, live: Live, thread: Json, token: str) -> None:
    """No route and no command takes the token."""
    comment = {"id": str(uuid.uuid4()), "body": "Hello"}
    path = f"/api/v1/threads/{thread['id']}"
    for method, where, body in (
        ("GET", f"/api/v1/threads?thread={thread['id']}", None),
        ("POST", f"{path}/comments", comment),
        ("POST", f"{path}/close", {}),
        ("POST", f"{path}/reopen", None),
        ("PATCH", f"/api/v1/comments/{uuid.UUID(int=7)}", {"body": "Hello"}),
        ("DELETE", f"/api/v1/comments/{uuid.UUID(int=7)}", None),
        ("PUT", f"/api/v1/threads?site=demo&key={thread['key']}", {"title": "x"}),
        ("PUT", "/api/v1/sites/demo", {"origins": ["https://evil.example"]}),
        ("PATCH", "/api/v1/sites/demo", {"add": ["https://evil.example"]}),
        ("DELETE", "/api/v1/sites/demo", {}),
    ):
        headers = {"Authorization": f"Bearer {token}"}
        content = None if body is None else JSON.encode(body)
        if token == "":
            headers = {"Authorization": "Bearer"}
        api.send(method, where, content, headers).refused(401, "unauthorized")
    live.refused("unauthorized", "hello", token=token)
    live.refused("unauthorized", "post", thread=thread["id"], **comment)
    live.refused("unauthorized", "close", thread=thread["id"])


def test_a_token_longer_than_any(connect: Callable[..., Live]) -> None:
    connect().refused("bad_request", "hello", token="x" * 4097)


@pytest.mark.parametrize("command", ["close", "reopen"])
def test_a_guest_closes_nothing(say: Speaker, thread: Json, ann: Guest, command: str) -> None:
    say.refused("forbidden", command, ann.token, thread=thread["id"])


def test_a_foreign_token(say: Speaker, thread: Json, stranger: str) -> None:
    say.refused("forbidden", "post", stranger, thread=thread["id"], id=str(uuid.uuid4()), body="Hello")
    say.refused("forbidden", "close", stranger, thread=thread["id"])


@pytest.mark.every("mode")
def test_a_parent_that_is_not_here(say: Speaker, thread: Json, ann: Guest) -> None:
    with Api(say.url) as api:
        elsewhere = api.snapshot("demo", thread["key"] + "/elsewhere")["thread"]["id"]
        parent = api.post(elsewhere, token=ann.token).ok(201)["comment"]["id"]
    made = str(uuid.uuid4())
    for wrong in (parent, str(uuid.uuid4()), made, "x", "1"):
        say.refused("bad_request", "post", ann.token, thread=thread["id"], id=made, body="Hello", parent=wrong)


@pytest.mark.parametrize("role", ["guest", "moderator", "owner"])
def test_only_the_operator_changes_sites(secret: str, api: Api, ann: Guest, role: str) -> None:
    token = ann.token if role == "guest" else mint(secret, role)
    body = {"origins": ["https://evil.example"]}
    api.call("PUT", "/api/v1/sites/demo", body, token=token).refused(403, "forbidden")
    api.call("PATCH", "/api/v1/sites/demo", {"add": body["origins"]}, token=token).refused(403, "forbidden")
    api.call("DELETE", "/api/v1/sites/demo", token=token).refused(403, "forbidden")
    api.call("PUT", "/api/v1/sites/demo", body, token=None).refused(401, "unauthorized")
    with Api(api.url, origin="https://evil.example") as evil:
        evil.get("/api/v1/counts", site="demo", key="/a").refused(403, "forbidden")
