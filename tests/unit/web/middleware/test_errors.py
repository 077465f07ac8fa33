"""Unexpected errors become coded answers."""

import asyncio
import json

import pytest
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from hubbub.metrics import REFUSED
from hubbub.web.middleware.errors import Errors
from hubbub.web.requests import read_body
from tests.unit.web.asgi import Plain, call, scope


async def test_a_fault_amid_an_answer_breaks_it_off() -> None:
    started = {"type": "http.response.start", "status": 201, "headers": []}
    app = Plain(started, error=RuntimeError("planted"))
    with capture_logs() as lines, pytest.raises(RuntimeError, match="planted"):
        await call(Errors(app), scope())
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
        await Errors(reading)(scope(), receive, send)
    assert (lines, sent) == ([], [])
    assert REFUSED.labels("internal")._value.get() == before


async def test_who_still_waits_when_the_server_ends_is_told_to_try_again() -> None:
    reached = asyncio.Event()

    async def never_done(scope: Scope, receive: Receive, send: Send) -> None:
        reached.set()
        await asyncio.Event().wait()

    asking = asyncio.create_task(call(Errors(never_done), scope()))
    await reached.wait()
    asking.cancel()
    answer = await asking
    assert answer.status == 503
    assert json.loads(answer.body)["error"]["code"] == "unavailable"
    assert answer.headers["retry-after"] == "1"


async def test_faults_elsewhere_are_not_caught() -> None:
    with pytest.raises(RuntimeError, match="planted"):
        await call(Errors(Plain(error=RuntimeError("planted"))), scope("websocket"))
