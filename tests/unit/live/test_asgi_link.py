"""live.asgi_link, with a WebSocket that a test makes wait."""

import asyncio
from typing import Any, cast

import pytest
from starlette.websockets import WebSocket

from hubbub.domain.limits import FRAME_BYTES
from hubbub.live.asgi_link import AsgiLink
from hubbub.live.connection import Connection, Variant
from hubbub.live.frames import unframed
from hubbub.protocol.codec import JSON
from hubbub.protocol.session import Session
from tests.unit.live.desk import until


class Wire:
    """The part of Starlette's WebSocket that is used. `may_send` lets it send."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[str] = []
        self.closed: list[int] = []
        self.may_send = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        """See WebSocket."""
        return await self.coming.get()

    async def send_text(self, text: str) -> None:
        """See WebSocket."""
        await self.may_send.wait()
        self.sent.append(text)

    async def close(self, code: int, _reason: str) -> None:
        """See WebSocket."""
        self.closed.append(code)


class Running:
    """A link that carries messages."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.link = AsgiLink(cast(WebSocket, self.wire))
        self.received: list[bytes] = []
        connection = Connection(self.link, Variant(JSON, unframed), Session(JSON, None, "127.0.0.1"))
        self.task = asyncio.create_task(self.link.run(connection, lambda data, _binary: self.received.append(data)))

    def come(self, *texts: str) -> None:
        """Messages from the peer."""
        for text in texts:
            self.wire.coming.put_nowait({"type": "websocket.receive", "text": text})


async def test_nothing_is_looked_at_after_a_close() -> None:
    running = Running()
    running.come("one")
    await until(lambda: running.received == [b"one"])
    running.link.pause_receiving()
    running.come(*["more"] * 100)
    running.link.close(4400, "enough")
    running.link.resume_receiving()
    await running.task
    assert running.received == [b"one"]
    assert running.wire.closed == [4400]


async def test_who_sends_too_much_gets_what_was_meant_for_it_and_then_the_close() -> None:
    running = Running()
    await until(lambda: running.link._task is not None)
    running.link.write(b"hello")
    running.come("x" * (FRAME_BYTES + 1), "more")
    await until(lambda: running.link._closing is not None)
    for _ in range(10):
        await asyncio.sleep(0)
    running.wire.may_send.set()
    await running.task
    assert (running.wire.sent, running.wire.closed) == (["hello"], [1009])
    assert running.received == []


async def test_who_does_not_take_the_close_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.live.asgi_link.CLOSING", 0.01)
    running = Running()
    await until(lambda: running.link._task is not None)
    running.link.write(b"hello")
    running.come("x" * (FRAME_BYTES + 1))
    async with asyncio.timeout(20):
        await running.task
    assert running.wire.closed == []
