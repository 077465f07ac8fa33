"""Writers that cost the load generator little: frames made by hand, many commands under way on each connection."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Self, cast
from uuid import uuid4

import msgpack

BINARY, PING, PONG = 2, 9, 10
MASK = b"\x5a\xc3\x17\x88"
WORDS = " this comment is as long as the comments of a lively evening tend to be"


def stamped() -> str:
    """A comment's text that tells readers.c when it was sent."""
    return f"t={time.monotonic_ns()}{WORDS}"


def masked(payload: bytes, opcode: int = BINARY) -> bytes:
    """A frame of less than 64 KiB as a client has to send it (RFC 6455, 5.2 and 5.3)."""
    size = len(payload)
    key = int.from_bytes((MASK * (size // 4 + 1))[:size])
    hidden = (int.from_bytes(payload) ^ key).to_bytes(size)
    length = bytes((0x80 | size,)) if size < 126 else bytes((0x80 | 126,)) + size.to_bytes(2)
    return bytes((0x80 | opcode,)) + length + MASK + hidden


def pack(value: object) -> bytes:
    """MessagePack."""
    packed: bytes = msgpack.packb(value)
    return packed


class Poster(asyncio.Protocol):
    """One writer's connection; `latencies` are the seconds each of its commands waited for its answer."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self._transport: asyncio.Transport
        self._buffer = b""
        self._upgraded = False
        self._ref = 0
        self._sent: dict[int, float] = {}
        self._make: Callable[[], dict[str, Any]] = dict
        self._left = 0
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def connect(cls, port: int, token: str) -> Self:
        """A connection that has said who it is."""
        _, poster = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        await poster._finished
        await poster.run(lambda: {"cmd": "hello", "token": token}, 1)
        poster.latencies.clear()
        return poster

    def run(self, make: Callable[[], dict[str, Any]], count: int, window: int = 1) -> asyncio.Future[None]:
        """Sends what `make` makes `count` times, `window` of them unanswered at a time; done when all are answered."""
        self._make = make
        self._left = count
        self._finished = asyncio.get_running_loop().create_future()
        for _ in range(min(window, count)):
            self._send()
        return self._finished

    def post(self, thread: str, count: int = 1, window: int = 1) -> asyncio.Future[None]:
        """Posts stamped comments."""
        return self.run(lambda: {"cmd": "post", "thread": thread, "id": str(uuid4()), "body": stamped()}, count, window)

    def close(self) -> None:
        """Drops the connection."""
        self._transport.abort()

    def _send(self) -> None:
        self._left -= 1
        self._ref += 1
        self._sent[self._ref] = time.monotonic()
        self._transport.write(masked(pack({**self._make(), "ref": self._ref})))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks for the upgrade."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(
            b"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: aHViYnViIGJlbmNobWFyaw==\r\n"
            b"Sec-WebSocket-Protocol: hubbub.v1.msgpack\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        """Takes the answers."""
        self._buffer += data
        if not self._upgraded:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head:
                raise RuntimeError(f"expected an upgrade, got {head!r}")
            self._upgraded, self._buffer = True, rest
            self._finished.set_result(None)
        while (frame := self._next_frame()) is not None:
            opcode, payload = frame
            if opcode == BINARY:
                self._answer(msgpack.unpackb(payload))
            elif opcode == PING:
                self._transport.write(masked(payload, PONG))

    def _next_frame(self) -> tuple[int, bytes] | None:
        """The first whole frame of the buffer: its opcode and payload."""
        data = self._buffer
        if len(data) < 2:
            return None
        start, size = 2, data[1]
        if size >= 126:
            start = 4 if size == 126 else 10
            size = int.from_bytes(data[2:start])
        if len(data) < start + size:
            return None
        self._buffer = data[start + size :]
        return data[0] & 0x0F, data[start : start + size]

    def _answer(self, reply: dict[str, Any]) -> None:
        if not reply.get("ok"):
            if not self._finished.done():
                self._finished.set_exception(RuntimeError(f"expected an acknowledgement, got {reply}"))
            return
        self.latencies.append(time.monotonic() - self._sent.pop(reply["re"]))
        if self._left:
            self._send()
        elif not self._sent and not self._finished.done():
            self._finished.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """A writer still at work fails."""
        if not self._finished.done():
            self._finished.set_exception(ConnectionError("the server closed a writer's connection"))
