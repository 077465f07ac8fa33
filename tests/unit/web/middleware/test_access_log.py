"""What is logged of a request."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
import structlog
from starlette.types import Message
from structlog.testing import capture_logs

from hubbub.web.middleware.access_log import AccessLog
from tests.unit.web.asgi import Plain, call, scope


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
            await AccessLog(app)(scope(**of), receive, send)
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
        await call(AccessLog(app), {"type": "lifespan"})
    assert lines == []
