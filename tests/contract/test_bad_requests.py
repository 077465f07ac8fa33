"""HTTP requests that are not the contract's: a coded error each, nothing stored, everything goes on."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.test_bad_messages import UNREADABLE_JSON, UNREADABLE_MSGPACK
from tests.support.contract import JSON, MSGPACK, Api, Guest, Json, Live, Wire, unharmed
from tests.support.frames import RawSocket

LIMIT = 64 * 1024


@pytest.fixture(autouse=True)
def _nothing_else(url: str, thread: Json, moderator: str) -> Iterator[None]:
    """Around every test: nothing stored, the process alive, another reader unharmed."""
    with unharmed(url, thread["id"], moderator):
        yield


def routes(thread: str) -> list[tuple[str, str]]:
    """Every route that reads a body."""
    comment = uuid.UUID(int=7)
    return [
        ("POST", "/api/v1/sessions"),
        ("POST", "/api/v1/sessions/claim"),
        ("POST", f"/api/v1/threads/{thread}/comments"),
        ("POST", f"/api/v1/threads/{thread}/close"),
        ("POST", f"/api/v1/threads/{thread}/reopen"),
        ("PATCH", f"/api/v1/comments/{comment}"),
        ("DELETE", f"/api/v1/comments/{comment}"),
        ("POST", f"/api/v1/comments/{comment}/restore"),
        ("POST", f"/api/v1/comments/{comment}/approve"),
        ("POST", f"/api/v1/comments/{comment}/spam"),
        ("PUT", "/api/v1/threads?site=demo&key=/never"),
    ]


ROUTES = {f"{method} {path}": index for index, (method, path) in enumerate(routes("ID"))}


@pytest.fixture(params=list(ROUTES.values()), ids=list(ROUTES))
def route(request: pytest.FixtureRequest, thread: Json) -> tuple[str, str]:
    """Each of them."""
    index: int = request.param
    return routes(thread["id"])[index]


UNREADABLE = {
    **{f"JSON: {name}": (JSON, data) for name, data in UNREADABLE_JSON.items() if data},
    **{f"MessagePack: {name}": (MSGPACK, data) for name, data in UNREADABLE_MSGPACK.items() if data},
}


@pytest.mark.parametrize(("sent", "data"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_body(api: Api, thread: Json, moderator: str, sent: Wire, data: bytes) -> None:
    headers = {"Content-Type": sent.media_type, "Authorization": f"Bearer {moderator}"}
    for path in (
        "/api/v1/sessions",
        f"/api/v1/threads/{thread['id']}/comments",
        f"/api/v1/threads/{thread['id']}/close",
    ):
        api.send("POST", path, data, headers).refused(400, "bad_request")


def test_every_route_refuses_what_it_cannot_read(api: Api, route: tuple[str, str], owner: str) -> None:
    for sent, data in (
        (JSON, b"{"),
        (JSON, b"[]"),
        (JSON, b'"x"'),
        (JSON, b'{"x":1}'),
        (MSGPACK, b"\xc1"),
        (JSON, b"x"),
    ):
        headers = {"Content-Type": sent.media_type, "Authorization": f"Bearer {owner}"}
        api.send(*route, data, headers).refused(400, "bad_request")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png", ""],
)
def test_a_body_of_another_kind(api: Api, thread: Json, ann: Guest, content_type: str) -> None:
    body = b"id=1&body=Hello" if "urlencoded" in content_type else b"--x\r\n\r\nHello\r\n--x--"
    headers = {"Content-Type": content_type, "Authorization": f"Bearer {ann.token}"}
    answer = api.send("POST", f"/api/v1/threads/{thread['id']}/comments", body, headers)
    answer.refused(400, "bad_request")


@pytest.mark.parametrize("said", [JSON, MSGPACK], ids=["said to be JSON", "said to be MessagePack"])
def test_a_body_in_messagepack(api: Api, thread: Json, ann: Guest, said: Wire) -> None:
    comment = MSGPACK.encode({"id": str(uuid.uuid4()), "body": "Hello"})
    headers = {"Content-Type": said.media_type, "Authorization": f"Bearer {ann.token}"}
    answer = api.send("POST", f"/api/v1/threads/{thread['id']}/comments", comment, headers)
    answer.refused(400, "bad_request")


@pytest.mark.parametrize("size", [LIMIT + 1, 10 * LIMIT, 5_000_000])
def test_an_oversize_body(api: Api, thread: Json, ann: Guest, size: int) -> None:
    headers = {"Authorization": f"Bearer {ann.token}"}
    comment = JSON.encode({"id": str(uuid.uuid4()), "body": "x" * size})
    api.send("POST", f"/api/v1/threads/{thread['id']}/comments", comment, headers).refused(413, "too_large")
    api.send("POST", "/api/v1/sessions", comment).refused(413, "too_large")


def test_every_route_bounds_its_body(api: Api, route: tuple[str, str], owner: str) -> None:
    headers = {"Authorization": f"Bearer {owner}"}
    api.send(*route, b'{"body":"' + b"x" * 1_000_000 + b'"}', headers).refused(413, "too_large")


def test_an_oversize_body_in_chunks(url: str, thread: Json, ann: Guest) -> None:
    """No Content-Length tells the size beforehand."""
    head = (
        f"POST /api/v1/threads/{thread['id']}/comments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {ann.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with RawSocket(url, None) as raw:
        raw.send(head.encode() + b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
        for _ in range(20):
            raw.send(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
        assert raw.read_until(b"\r\n").startswith(b"HTTP/1.1 413 ")


def test_a_body_that_only_says_it_is_huge(url: str, thread: Json, ann: Guest) -> None:
    head = (
        f"POST /api/v1/threads/{thread['id']}/comments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {ann.token}\r\nContent-Length: 9999999999\r\n\r\n"
    )
    with RawSocket(url, None) as raw:
        raw.send(head.encode() + b"{")
        assert raw.read_until(b"\r\n").startswith(b"HTTP/1.1 413 ")


NO_HTTP = {
    "nonsense": b"\x00\x01\x02\r\n\r\n",
    "two lengths": b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "a length and chunks": b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a bad chunk": b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("data", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_http(url: str, data: bytes) -> None:
    with RawSocket(url, None) as raw:
        raw.send(data)
        assert raw.read_until(b"\r\n").startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("way", ["close", "reset", "half_close"])
@pytest.mark.parametrize("cut", [10, 60, -1])
def test_who_hangs_up_within_a_request_harms_nobody(url: str, thread: Json, ann: Guest, way: str, cut: int) -> None:
    body = JSON.encode({"id": str(uuid.uuid4()), "body": "Cut off"})
    request = (
        f"POST /api/v1/threads/{thread['id']}/comments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {ann.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    with RawSocket(url, None) as raw:
        raw.send(request[:cut])
        getattr(raw, way)()


FIELDS: list[tuple[str, str, Json]] = [
    (
        "POST",
        "/api/v1/sessions",
        {"site": "demo", "name": "Ann", "email": "a@b.example", "website": "https://a.example"},
    ),
    ("POST", "/api/v1/sessions/claim", {"code": "x"}),
    ("POST", "/api/v1/threads/{}/comments", {"id": str(uuid.uuid4()), "body": "Hello", "parent": str(uuid.uuid4())}),
    ("POST", "/api/v1/threads/{}/close", {"reason": "Why"}),
    ("PATCH", "/api/v1/comments/{}", {"body": "Hello"}),
    ("DELETE", "/api/v1/comments/{}", {"reason": "Why"}),
]
OPTIONAL = {"name", "email", "website", "parent", "reason"}


@pytest.mark.parametrize(("method", "path", "fields"), FIELDS, ids=[f"{one[0]} {one[1]}" for one in FIELDS])
def test_wrong_types_missing_and_extra_fields(
    api: Api, thread: Json, owner: str, method: str, path: str, fields: Json
) -> None:
    path = path.format(thread["id"])
    wrong_ones: list[Any] = [7, 1.5, True, ["x"], {"x": 1}, None]
    for field in fields:
        for wrong in wrong_ones:
            if field not in OPTIONAL or wrong is not None:
                api.call(method, path, {**fields, field: wrong}, token=owner).refused(400, "bad_request")
        if field not in OPTIONAL:
            less = {name: value for name, value in fields.items() if name != field}
            api.call(method, path, less, token=owner).refused(400, "bad_request")
    api.call(method, path, {**fields, "role": "owner"}, token=owner).refused(400, "bad_request")


@pytest.mark.parametrize(
    "value",
    ["Basic dXNlcjpwYXNz", "Bearer", "bearer x y", "Token x", "Bearer \xe9", "x" * 7000],
    ids=lambda value: value[:20],
)
def test_an_authorization_of_another_form(api: Api, thread: Json, value: str) -> None:
    body = JSON.encode({"id": str(uuid.uuid4()), "body": "Hello"})
    headers = {"Authorization": value.encode("latin-1")}
    api.send("POST", f"/api/v1/threads/{thread['id']}/comments", body, headers).refused(401, "unauthorized")
    api.send("GET", "/api/v1/threads", None, headers, {"thread": thread["id"]}).refused(401, "unauthorized")


KEYS = {
    "NUL": "/a\x00b",
    "a line break": "/a\nb",
    "a bidi control": "/a\u202eb",
    "too long": "/" + "a" * 500,
    "only white space": "  ",
    "zalgo": "/a" + "\u0301" * 30,
}


@pytest.mark.parametrize("odd", KEYS.values(), ids=KEYS)
@pytest.mark.every("mode")
def test_a_key_is_an_honest_line(api: Api, odd: str) -> None:
    api.get("/api/v1/threads", site="demo", key=odd).refused(400, "bad_request")
    api.get("/api/v1/counts", site="demo", key=odd).refused(400, "bad_request")
    with Live(api.url) as live:
        live.refused("bad_request", "join", site="demo", key=odd)


@pytest.mark.parametrize("query", ["site=demo&key=%ff", "site=demo&key=%ed%a0%80", "site=demo&key=%c0%af"])
def test_a_key_that_is_no_utf_8_makes_no_thread(api: Api, query: str) -> None:
    api.send("GET", f"/api/v1/threads?{query}").refused(400, "bad_request")


@pytest.mark.parametrize("field", ["parent", "thread"])
@pytest.mark.every("mode")
def test_a_nul_in_an_id_is_no_storage_fault(api: Api, thread: Json, ann: Guest, field: str) -> None:
    with Live(api.url) as live:
        live.do("hello", token=ann.token)
        post = {"thread": thread["id"], "id": str(uuid.uuid4()), "body": "Hello", field: "a\0"}
        live.refused("bad_request", "post", **post)
    answer = api.post(thread["id"], token=ann.token, parent="a\0")
    answer.refused(400, "bad_request")


@pytest.mark.parametrize("path", ["%00", "%ff", "..%2f..%2fetc", "%27", "a" * 5000, "%F0%9F%98%80"])
@pytest.mark.every("mode")
def test_odd_ids_in_a_path_are_not_found(api: Api, path: str, moderator: str) -> None:
    api.send("GET", f"/api/v1/threads/{path}/events?epoch=x").refused(404, "not_found")
    api.send("DELETE", f"/api/v1/comments/{path}", None, {"Authorization": f"Bearer {moderator}"}).refused(
        404, "not_found"
    )
