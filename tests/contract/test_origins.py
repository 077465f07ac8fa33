"""Which pages may ask: the exact allowlist, CORS, and the handshake that is refused before the upgrade."""

import uuid
from collections.abc import Callable

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.contract import JSON, PAGE, Api, Guest, Json, Live, Wire, eventually
from tests.support.tokens import mint

Connect = Callable[..., Live]

ALLOWED = [
    "http://localhost:9999",
    "https://localhost:9999",
    "http://localhost",
    "http://127.0.0.1:8080",
    "http://[::1]:8080",
    "https://other.example",  # the other site's
]
FOREIGN = [
    "https://evil.example",
    "http://demo.example.evil",
    "http://localhost.evil.example",
    "http://127.0.0.1.evil.example",
    "http://evil.example:9999",
    "http://evil-localhost",
    "http://notlocalhost:9999",
    "http://localhost.",
    "http://127.0.0.2",
    "http://127.1",
    "http://0.0.0.0",
    "http://2130706433",
    "http://0x7f000001",
    "http://[::ffff:127.0.0.1]",
    "http://other.example",
    "https://other.example:8443",
    "https://sub.other.example",
    "https://other.example.evil",
    "https://evilother.example",
    "null",
    "",
    "*",
    "file://",
    "localhost",
    "//localhost",
    "ftp://localhost",
    "chrome-extension://localhost",
    "javascript:alert(1)",
]
# What no browser sends, but a lenient parser takes for an allowed origin.
LOOK_ALIKE = [
    "HTTPS://OTHER.EXAMPLE",
    "https://Other.example",
    "https://other.example/",
    "https://other.example/path",
    "https://other.example?",
    "https://other.example#",
    "https://user@other.example",
    "https://other.example:443",
    "https://other.example https://evil.example",
    "https://other.example,https://evil.example",
    "https://other.example\t",
    "HTTP://LOCALHOST:9999",
    "http://LocalHost:9999",
    "http://localhost:9999/",
    "http://localhost:9999?",
    "http://localhost:9999#",
    "http://user@localhost:9999",
    "http://@localhost:9999",
    "http://localhost@evil.example",
    "http://localhost:9999@evil.example",
    "http://evil.example#@localhost",
    "http://evil.example\\@localhost",
    "http://localhost:80",
    "http://localhost:",
    "http://localhost:99999",
    "http://local\thost:9999",
    "http://localhost:9999 http://evil.example",
    "http://[::1",
]
REFUSED = [origin for origin in FOREIGN + LOOK_ALIKE if origin == origin.strip()]


@pytest.mark.parametrize("origin", ALLOWED)
def test_an_allowed_page_may_read(url: str, origin: str) -> None:
    with Api(url, origin=origin) as api:
        answer = api.get("/api/v1/counts", site="other" if "other" in origin else "demo", key="/a")
        answer.ok()
        assert answer.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in answer.headers
        assert {"origin", "accept", "authorization"} <= set(answer.headers["vary"].lower().replace(" ", "").split(","))
        assert {"etag", "retry-after"} <= set(
            answer.headers["access-control-expose-headers"].lower().replace(" ", "").split(",")
        )


@pytest.mark.parametrize("origin", REFUSED)
def test_a_foreign_page_may_not_even_read(url: str, thread: Json, origin: str) -> None:
    with Api(url, origin=origin) as api:
        for answer in (
            api.get("/api/v1/counts", site="demo", key="/a"),
            api.get("/api/v1/threads", thread=thread["id"]),
            api.call("POST", "/api/v1/sessions", {"site": "demo"}),
            api.send("OPTIONS", "/api/v1/sessions", headers={"Access-Control-Request-Method": "POST"}),
        ):
            answer.refused(403, "forbidden")
            assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", REFUSED)
def test_a_foreign_page_gets_no_socket(url: str, wire: Wire, origin: str) -> None:
    """403 instead of the upgrade, with the error in its body."""
    with pytest.raises(InvalidStatus) as refused:
        Live(url, wire, origin=origin)
    response = refused.value.response
    assert response.status_code == 403
    assert response.body is not None
    assert b'"forbidden"' in response.body


@pytest.mark.parametrize("origin", ALLOWED)
def test_an_allowed_page_gets_a_socket(url: str, wire: Wire, origin: str) -> None:
    with Live(url, wire, origin=origin) as live:
        live.refused("not_found", "join", thread="aaaaaaaaaaaaaaaa")


def test_a_preflight_allows_what_the_contract_needs(api: Api) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE", "PUT"):
        wanted = {
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        answer = api.send("OPTIONS", "/api/v1/comments/x", headers=wanted)
        assert answer.status in (200, 204)
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert method in answer.headers["access-control-allow-methods"].replace(" ", "").split(",")
        allowed = answer.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
        assert {"authorization", "content-type", "if-none-match"} <= set(allowed)
        assert "access-control-allow-credentials" not in answer.headers


def test_a_page_can_read_refusals_too(api: Api, thread: Json) -> None:
    for answer in (
        api.get("/api/v1/threads", thread="x"),
        api.post(thread["id"], token="x"),
        api.get("/api/v1/nothing"),
        api.call("POST", "/api/v1/counts"),
    ):
        assert answer.status >= 400
        assert answer.headers["access-control-allow-origin"] == PAGE


def test_no_cookie_is_set_or_speaks_for_anyone(api: Api, thread: Json, ann: Guest) -> None:
    made = api.call("POST", "/api/v1/sessions", {"site": "demo"})
    assert "set-cookie" not in made.headers
    cookies = {"Cookie": f"token={ann.token}; session={ann.token}", "Authorization": None}
    body = JSON.encode({"id": str(uuid.uuid4()), "body": "Hello"})
    api.send("POST", f"/api/v1/threads/{thread['id']}/comments", body, cookies).refused(401, "unauthorized")


def test_no_token_in_an_address_speaks_for_anyone(api: Api, thread: Json, moderator: str) -> None:
    for name in ("token", "access_token", "authorization"):
        answer = api.send("POST", f"/api/v1/threads/{thread['id']}/close", query={name: moderator})
        answer.refused(401, "unauthorized")


def test_a_page_of_one_site_writes_to_no_other_over_http(
    url: str, secret: str, api: Api, thread: Json, ann: Guest, moderator: str
) -> None:
    comment = api.post(thread["id"], token=ann.token).ok(201)["comment"]["id"]
    with Api(url, origin="https://other.example", token=moderator) as other:
        for method, path, body in (
            ("POST", f"/api/v1/threads/{thread['id']}/comments", {"id": str(uuid.uuid4()), "body": "Hello"}),
            ("POST", f"/api/v1/threads/{thread['id']}/close", {}),
            ("POST", f"/api/v1/threads/{thread['id']}/reopen", {}),
            ("PATCH", f"/api/v1/comments/{comment}", {"body": "Hi"}),
            ("DELETE", f"/api/v1/comments/{comment}", {}),
            ("POST", f"/api/v1/comments/{comment}/restore", {}),
        ):
            other.call(method, path, body).refused(403, "forbidden")
        owner = mint(secret, "owner")
        put = other.call("PUT", "/api/v1/threads", {"title": "x"}, token=owner, site="demo", key=thread["key"])
        put.refused(403, "forbidden")
    assert api.snapshot("demo", thread["key"])["thread"]["head"] == 1


@pytest.mark.parametrize("cmd", ["join", "post", "edit", "remove", "restore", "close", "reopen"])
def test_a_page_of_one_site_does_nothing_live_on_another(
    api: Api, connect: Connect, thread: Json, ann: Guest, moderator: str, cmd: str
) -> None:
    comment = api.post(thread["id"], token=ann.token).ok(201)["comment"]["id"]
    fields = {
        "post": {"thread": thread["id"], "id": str(uuid.uuid4()), "body": "Hello"},
        "edit": {"comment": comment, "body": "Hi"},
        "remove": {"comment": comment},
        "restore": {"comment": comment},
    }.get(cmd, {"thread": thread["id"]})
    connect(moderator, origin="https://other.example").refused("forbidden", cmd, **fields)
    assert api.snapshot("demo", thread["key"])["thread"]["head"] == 1


@pytest.mark.every("mode")
def test_an_origin_that_is_taken_from_its_site_reads_on_no_longer(url: str, secret: str, key: str) -> None:
    site, kept, gone = f"s{uuid.uuid4().hex[:8]}", "https://kept.example", "https://gone.example"
    operator = mint(secret, "operator", site="*")

    def put(*origins: str) -> None:
        with Api(url) as api:
            api.call("PUT", f"/api/v1/sites/{site}", {"origins": origins}, token=operator).ok()

    def opens(node: str, origin: str) -> bool:
        with Api(node, origin=origin) as page:
            return page.get("/api/v1/threads", site=site, key=key).status == 200

    put(kept, gone)
    for node in url.split():
        eventually(lambda node=node: opens(node, gone), "every node knows the site")  # type: ignore[misc]  # see mypy
    with Live(url, origin=gone) as away, Live(url, origin=kept) as reader:
        thread = away.do("join", site=site, key=key)["thread"]["id"]
        reader.do("join", thread=thread)
        put(kept)
        assert away.push("reset")["thread"] == thread
        away.refused("forbidden", "join", thread=thread)
        with Api(url, origin=kept, token=mint(secret, "moderator", site=site)) as page:
            page.post(thread, token=page.token or "").ok(201)
        assert len(reader.events(thread, 1)) == 1


def test_a_program_writes_with_a_token(url: str, wire: Wire, thread: Json, ann: Guest) -> None:
    with Api(url, origin=None) as program, Live(url, wire, origin=None) as live:
        program.post(thread["id"], token=ann.token).ok(201)
        live.do("hello", token=ann.token)
        assert live.post(thread["id"])["comment"]["number"] == 2
