"""Which pages may use the API, and what the answers say of it."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import HTTPConnection
from structlog.testing import capture_logs

from hubbub.domain.model import Site
from hubbub.metrics import REFUSED
from hubbub.services.sites import Sites
from hubbub.storage.engine import Database
from hubbub.transport.memory import MemoryCommandBus
from hubbub.web.middleware.access_log import AccessLog
from hubbub.web.middleware.cors import Cors
from hubbub.web.middleware.errors import Errors
from hubbub.web.origin_checks import check_page
from tests.unit.web.asgi import Plain, call, scope

NEWS = "https://news.example"


@pytest.fixture
def app_state(database: Database) -> object:
    """A Starlette application's stand-in, whose node knows one site."""
    sites = Sites(database, MemoryCommandBus())
    sites.take(1, [Site("news", (NEWS,))])
    return SimpleNamespace(state=SimpleNamespace(node=SimpleNamespace(sites=sites)))


def request(app_state: object, path: str = "/api/v1/threads", method: str = "GET", **headers: str) -> dict[str, Any]:
    """A request to the API."""
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return scope(path=path, method=method, headers=pairs, app=app_state)


async def test_an_allowed_page_may_read_the_answer(app_state: object) -> None:
    answer = await call(Cors(Plain()), request(app_state, origin=NEWS))
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.headers["access-control-allow-origin"] == NEWS
    assert answer.headers["access-control-expose-headers"] == "ETag, Retry-After, X-Request-Id"
    assert "access-control-allow-credentials" not in answer.headers, "no cookies, ever"
    assert sorted(answer.headers["vary"].split(", ")) == ["Accept", "Authorization", "Origin"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_program_is_let_through_and_told_nothing_of_origins(app_state: object) -> None:
    answer = await call(Cors(Plain()), request(app_state))
    assert answer.status == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "Origin" in answer.headers["vary"], "a cache must not give this answer to a page"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "https://news.example.evil", NEWS + "/"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_a_foreign_page_is_refused_before_anything_is_done(app_state: object, origin: str, method: str) -> None:
    app = Plain()
    before = REFUSED.labels("forbidden")._value.get()
    answer = await call(Cors(app), request(app_state, method=method, origin=origin))
    assert app.scope is None
    assert answer.status == 403
    assert json.loads(answer.body)["error"]["code"] == "forbidden"
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert REFUSED.labels("forbidden")._value.get() == before + 1


async def test_two_origins_are_none(app_state: object) -> None:
    for second in (NEWS, "https://evil.example"):
        app = Plain()
        of = {**request(app_state), "headers": [(b"origin", NEWS.encode()), (b"origin", second.encode())]}
        assert ((await call(Cors(app), of)).status, app.scope) == (403, None)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 403),
        ("evil.example:8000", 403),
        ("EVIL.example.", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example", 403),
        ("comments.example", 200),
        ("COMMENTS.example.:8443", 200),
        ("127.0.0.1:8000", 200),
        ("192.168.1.5:8000", 200),
        ("[2001:db8::5]:8000", 200),
        ("localhost:8000", 200),
        ("web1:8000", 200),
        ("hubbub-web.news.svc:8000", 200),
        ("hubbub-web.news.svc.cluster.local", 200),
        ("", 200),
    ],
)
async def test_a_name_that_a_stranger_may_have_pointed_here_reads_nothing(
    app_state: Any, host: str, status: int
) -> None:
    app_state.state.node.sites.own_origins = frozenset({"https://comments.example"})
    of = {**request(app_state, host=host), "hubbub.proxied": False}
    with capture_logs() as lines:
        assert (await call(Cors(Plain()), of)).status == status
        assert (await call(Cors(Plain()), {**of, "hubbub.proxied": True})).status == 200, "proxies know their names"
    assert [line["event"] for line in lines] == ["origin_refused"] * (status == 403)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", None])
async def test_where_browsers_send_an_origin_programs_may_use_any_name(app_state: object, method: str | None) -> None:
    of = request(app_state, host="evil.example", method=method or "GET")
    if method is None:
        del of["method"]
        of["type"] = "websocket"
    with capture_logs() as lines:
        assert check_page(HTTPConnection({**of, "hubbub.proxied": False})) is None
    assert lines == []


async def test_the_log_says_once_who_was_refused_and_what_would_let_them_in(app_state: object) -> None:
    app = Cors(Plain())
    with capture_logs() as lines:
        for _ in range(3):
            await call(app, request(app_state, origin="https://new.example"))
    (line,) = lines
    assert (line["event"], line["log_level"], line["origin"]) == ("origin_refused", "info", "https://new.example")
    assert line["site"] == "news"
    assert line["hint"].endswith("hubbub site add news --origin https://new.example")


async def test_a_page_of_the_servers_own_under_another_name_is_told_what_is_missing(app_state: object) -> None:
    origin = "http://192.168.1.5:8000"
    with capture_logs() as lines:
        answer = await call(Cors(Plain()), request(app_state, origin=origin, host="192.168.1.5:8000"))
    assert "HUBBUB_PUBLIC_URL" in json.loads(answer.body)["error"]["message"]
    assert f"HUBBUB_PUBLIC_URL={origin}" in lines[0]["hint"]


async def test_a_preflight(app_state: object) -> None:
    app = Plain()
    wanted = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization, content-type"}
    answer = await call(Cors(app), request(app_state, method="OPTIONS", origin=NEWS, **wanted))
    assert app.scope is None
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == NEWS
    assert answer.headers["access-control-max-age"] == "600"
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type", "if-none-match"} <= set(allowed)
    assert {"PUT", "PATCH", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(", "))


@pytest.mark.parametrize("path", ["/embed.js", "/t/abc", "/", "/healthz", "/apiary"])
async def test_pages_and_scripts_are_for_everybody(app_state: object, path: str) -> None:
    answer = await call(Cors(Plain()), request(app_state, path, origin="https://evil.example"))
    assert (answer.status, answer.headers) == (200, {"content-type": "text/plain"})


async def test_the_live_socket_is_left_to_its_handshake(app_state: object) -> None:
    app = Plain({"type": "websocket.accept"})
    of = {**request(app_state, "/api/v1/live", origin="https://evil.example"), "type": "websocket"}
    assert (await call(Cors(app), of)).messages == [{"type": "websocket.accept"}]


async def test_a_fault_of_ours_is_a_coded_answer_that_pages_can_read(app_state: object) -> None:
    app = AccessLog(Cors(Errors(Plain(error=RuntimeError("secret detail")))))
    with capture_logs() as lines:
        answer = await call(app, request(app_state, origin=NEWS))
    assert answer.status == 500
    assert json.loads(answer.body)["error"]["code"] == "internal"
    assert b"secret detail" not in answer.body
    assert answer.headers["access-control-allow-origin"] == NEWS
    assert answer.headers["x-request-id"]
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("request_failed", "error"),
        ("request", "warning"),
    ]
