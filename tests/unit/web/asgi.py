"""Calls an ASGI application without a server."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Pairs = Sequence[tuple[str, str]]


def scope(kind: str = "http", path: str = "/", headers: Pairs = (), **more: object) -> dict[str, Any]:
    """A request's scope."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    base = {"type": kind, "method": "GET", "path": path, "query_string": b"", "headers": raw}
    return {**base, "client": ("192.0.2.9", 1234), "hubbub.address": "192.0.2.9", **more}


@dataclass
class Answer:
    """What an application sent."""

    messages: list[Message]

    @property
    def status(self) -> int:
        """The status of the response."""
        status: int = self.messages[0]["status"]
        return status

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the response, each once."""
        pairs = [(name.decode().lower(), value.decode()) for name, value in self.messages[0]["headers"]]
        assert len(dict(pairs)) == len(pairs), f"a header twice: {pairs}"
        return dict(pairs)

    @property
    def body(self) -> bytes:
        """The body of the response."""
        return b"".join(message.get("body", b"") for message in self.messages)


async def call(app: ASGIApp, of: Scope, *bodies: bytes) -> Answer:
    """The answer of `app` to a request whose body comes in these pieces."""
    answer = Answer([])
    waiting = [
        {"type": "http.request", "body": body, "more_body": place < len(bodies)} for place, body in enumerate(bodies, 1)
    ]

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        answer.messages.append(message)

    await app(of, receive, send)
    return answer


class Plain:
    """An application that answers as it is told to, and keeps the scope it was called with."""

    def __init__(self, *messages: Message, error: Exception | None = None) -> None:
        self.messages = messages or (
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]},
            {"type": "http.response.body", "body": b"hello"},
        )
        self.error = error
        self.scope: Scope | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the messages, then raises the error if there is one."""
        self.scope = scope
        if self.error is None or self.messages[0].get("status") != 200:
            for message in self.messages:
                await send(dict(message))
        if self.error is not None:
            raise self.error
