"""What happens to every request before and after its handler."""

import asyncio
import json
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any

import msgpack
import pytest
import structlog
from starlette.requests import HTTPConnection, Request
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from hubbub.domain.model import Site
from hubbub.metrics import REFUSED
from hubbub.services.sites import Sites
from hubbub.storage.engine import Database
from hubbub.transport.memory import MemoryIngest
from hubbub.web.edge import Failures, Origins, RequestLog
from hubbub.web.exchange import read_body
from hubbub.web.who_asks import check_page
from tests.unit.web.asgi import Plain, call, scope

NEWS = "https://news.example"


async def logged(app: Plain, **of: Any) -> tuple[dict[str, Any], list[Message]]:
    """The one line that is logged of a request, and what was sent."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    with capture_logs() as lines:
        ending: AbstractContextManager[object] = (
            pytest.raises(RuntimeError, match="planted") if app.error else nullcontext()
        )
        with ending:
            await RequestLog(app)(scope(**of), receive, send)
    (line,) = lines
    return dict(line), sent


async def test_a_request_is_logged_without_its_query_or_token() -> None:
    headers = [("Authorization", "Bearer t0ken")]
    line, sent = await logged(Plain(), path="/api/v1/threads", query_string=b"key=s3cret", headers=headers)
    assert (line["event"], line["log_level"]) == ("request", "debug")
    assert (line["method"], line["path"], line["status"], line["address"]) == (
        "GET",
        "/api/v1/threads",
        200,
        "192.0.2.9",
    )
    assert line["ms"] >= 0
    assert "s3cret" not in repr(line)
    assert "t0ken" not in repr(line)
    assert dict(sent[0]["headers"])[b"x-request-id"]
    assert dict(sent[0]["headers"])[b"content-type"] == b"text/plain"


async def test_every_request_has_its_own_id_which_its_log_lines_carry() -> None:
    class Telling(Plain):
        async def __call__(self, *args: Any) -> None:
            self.bound = dict(structlog.contextvars.get_contextvars())
            await super().__call__(*args)

    ids = set()
    for _ in range(3):
        app = Telling()
        _, sent = await logged(app)
        identity = dict(sent[0]["headers"])[b"x-request-id"].decode()
        assert app.bound == {"request": identity}
        ids.add(identity)
    assert len(ids) == 3
    assert structlog.contextvars.get_contextvars() == {}


@pytest.mark.parametrize("status", [500, 503])
async def test_our_faults_are_logged_louder(status: int) -> None:
    start = {"type": "http.response.start", "status": status, "headers": []}
    line, _ = await logged(Plain(start, error=RuntimeError("planted")))
    assert (line["log_level"], line["status"]) == ("warning", status)
    assert "192.0.2.9" not in repr(line), "no client's address at the usual level"


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({"type": "websocket.accept"}, 101),
        ({"type": "websocket.http.response.start", "status": 403, "headers": []}, 403),
    ],
)
async def test_a_handshake_is_logged(message: Message, status: int) -> None:
    line, sent = await logged(Plain(message), kind="websocket", method="GET")
    assert line["status"] == status
    assert (b"x-request-id" in dict(sent[0].get("headers", []))) is (status == 403)


async def test_the_lifespan_is_not_logged() -> None:
    app = Plain({"type": "lifespan.startup.complete"})
    with capture_logs() as lines:
        await call(RequestLog(app), {"type": "lifespan"})
    assert lines == []


@pytest.fixture
def app_state(database: Database) -> object:
    """A Starlette application's stand-in, whose node knows one site."""
    sites = Sites(database, MemoryIngest())
    sites._sites = {"news": Site("news", (NEWS,))}
    return SimpleNamespace(state=SimpleNamespace(node=SimpleNamespace(sites=sites)))


def request(app_state: object, path: str = "/api/v1/threads", method: str = "GET", **headers: str) -> dict[str, Any]:
    """A request to the API."""
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return scope(path=path, method=method, headers=pairs, app=app_state)


async def test_an_allowed_page_may_read_the_answer(app_state: object) -> None:
    answer = await call(Origins(Plain()), request(app_state, origin=NEWS))
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.headers["access-control-allow-origin"] == NEWS
    assert answer.headers["access-control-expose-headers"] == "ETag, Retry-After, X-Request-Id"
    assert "access-control-allow-credentials" not in answer.headers, "no cookies, ever"
    assert answer.headers["vary"] == "Origin, Accept, Authorization"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_program_is_let_through_and_told_nothing_of_origins(app_state: object) -> None:
    answer = await call(Origins(Plain()), request(app_state))
    assert answer.status == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "Origin" in answer.headers["vary"], "a cache must not give this answer to a page"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "https://news.example.evil", NEWS + "/"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_a_foreign_page_is_refused_before_anything_is_done(app_state: object, origin: str, method: str) -> None:
    app = Plain()
    before = REFUSED.labels("forbidden")._value.get()
    answer = await call(Origins(app), request(app_state, method=method, origin=origin))
    assert app.scope is None
    assert answer.status == 403
    assert json.loads(answer.body)["error"]["code"] == "forbidden"
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert REFUSED.labels("forbidden")._value.get() == before + 1


async def test_two_origins_are_none(app_state: object) -> None:
    for second in (NEWS, "https://evil.example"):
        app = Plain()
        of = {**request(app_state), "headers": [(b"origin", NEWS.encode()), (b"origin", second.encode())]}
        assert ((await call(Origins(app), of)).status, app.scope) == (403, None)


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
        assert (await call(Origins(Plain()), of)).status == status
        assert (await call(Origins(Plain()), {**of, "hubbub.proxied": True})).status == 200, "proxies know their names"
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
    app = Origins(Plain())
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
        answer = await call(Origins(Plain()), request(app_state, origin=origin, host="192.168.1.5:8000"))
    assert "HUBBUB_PUBLIC_URL" in json.loads(answer.body)["error"]["message"]
    assert f"HUBBUB_PUBLIC_URL={origin}" in lines[0]["hint"]


async def test_a_refusal_is_in_the_encoding_that_was_asked(app_state: object) -> None:
    of = request(app_state, origin="null", accept="application/msgpack")
    assert msgpack.unpackb((await call(Origins(Plain()), of)).body)["error"]["code"] == "forbidden"


async def test_a_preflight(app_state: object) -> None:
    app = Plain()
    answer = await call(Origins(app), request(app_state, method="OPTIONS", origin=NEWS))
    assert app.scope is None
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == NEWS
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "content-type"} <= set(allowed)
    assert {"PUT", "PATCH", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(", "))


@pytest.mark.parametrize("path", ["/embed.js", "/t/abc", "/", "/healthz", "/apiary"])
async def test_pages_and_scripts_are_for_everybody(app_state: object, path: str) -> None:
    answer = await call(Origins(Plain()), request(app_state, path, origin="https://evil.example"))
    assert (answer.status, answer.headers) == (200, {"content-type": "text/plain"})


async def test_the_live_socket_is_left_to_its_handshake(app_state: object) -> None:
    app = Plain({"type": "websocket.accept"})
    of = {**request(app_state, "/api/v1/live", origin="https://evil.example"), "type": "websocket"}
    assert (await call(Origins(app), of)).messages == [{"type": "websocket.accept"}]


async def test_a_fault_of_ours_is_a_coded_answer_that_pages_can_read(app_state: object) -> None:
    app = RequestLog(Origins(Failures(Plain(error=RuntimeError("secret detail")))))
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


async def test_a_fault_amid_an_answer_breaks_it_off() -> None:
    started = {"type": "http.response.start", "status": 201, "headers": []}
    app = Plain(started, error=RuntimeError("planted"))
    with capture_logs() as lines, pytest.raises(RuntimeError, match="planted"):
        await call(Failures(app), scope())
    assert [line["event"] for line in lines] == ["request_failed"]


async def test_who_leaves_in_the_middle_of_a_request_is_no_fault_of_ours() -> None:
    coming: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(Request(scope, receive), dict)

    before = REFUSED.labels("internal")._value.get()
    with capture_logs() as lines:
        await Failures(reading)(scope(), receive, send)
    assert (lines, sent) == ([], [])
    assert REFUSED.labels("internal")._value.get() == before


async def test_who_still_waits_when_the_server_ends_is_told_to_try_again() -> None:
    reached = asyncio.Event()

    async def never_done(scope: Scope, receive: Receive, send: Send) -> None:
        reached.set()
        await asyncio.Event().wait()

    asking = asyncio.create_task(call(Failures(never_done), scope()))
    await reached.wait()
    asking.cancel()
    answer = await asking
    assert answer.status == 503
    assert json.loads(answer.body)["error"]["code"] == "unavailable"
    assert answer.headers["retry-after"] == "1"


async def test_faults_elsewhere_are_not_caught() -> None:
    with pytest.raises(RuntimeError, match="planted"):
        await call(Failures(Plain(error=RuntimeError("planted"))), scope("websocket"))
