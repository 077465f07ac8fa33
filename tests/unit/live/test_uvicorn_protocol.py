"""live.uvicorn_protocol over a real socket: pings of a peer that reads, and of one that does not."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from hubbub.live.connection import Connection, Variant
from hubbub.live.frames import plain
from hubbub.live.uvicorn_protocol import LiveProtocol
from hubbub.protocol.codec import JSON
from hubbub.protocol.conversation import Conversation
from hubbub.web.http_protocol import Door, HttpProtocol
from tests.support.frames import CLOSE, KEY, PING, PONG, TEXT, frame
from tests.unit.live.desk import until

FLOOD = 4000  # pings, whose pongs are half a megabyte


class Peer:
    """A connection to a LiveProtocol, whose frames are made by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.link: LiveProtocol
        self.received: list[bytes] = []

    async def send(self, data: bytes) -> None:
        """Bytes, as they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def shake_hands(self) -> None:
        """Becomes a WebSocket."""
        lines = ("GET / HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
        await self.send("\r\n".join((*lines, f"Sec-WebSocket-Key: {KEY}\r\n\r\n")).encode())
        await self._reader.readuntil(b"\r\n\r\n")

    async def frame(self) -> tuple[int, bytes]:
        """The next short frame's opcode and payload."""
        async with asyncio.timeout(10):
            first, length = await self._reader.readexactly(2)
            return first & 0xF, await self._reader.readexactly(length)

    async def close(self) -> None:
        """Closes both ends."""
        self.link.abort()
        await until(lambda: self.link.disconnected)
        self._writer.close()

    async def pongs_until(self, last: bytes) -> int:
        """How many pongs come up to and with this one."""
        count = 1
        while (found := await self.frame()) != (PONG, last):
            count += found[0] == PONG
        return count


@asynccontextmanager
async def connected(**options: Any) -> AsyncIterator[Peer]:
    """A peer and its link, between which the kernel holds little."""
    peer: Peer

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        peer.link = scope["extensions"]["hubbub.link"]
        connection = Connection(peer.link, Variant(JSON, plain), Conversation(JSON, None, "127.0.0.1"))
        peer.link.attach(connection, lambda data, _binary: peer.received.append(data), lambda: b"")

    config = Config(app, ws=LiveProtocol, lifespan="off", log_config=None, **options)
    config.load()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    server = await asyncio.get_running_loop().create_server(
        lambda: HttpProtocol(config, ServerState(), {}, door=Door((), lambda: False)), sock=listener
    )
    near = socket.socket()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    near.connect(listener.getsockname())
    peer = Peer(*await asyncio.open_connection(sock=near, limit=1024))
    try:
        await peer.shake_hands()
        await until(lambda: hasattr(peer, "link"))
        yield peer
    finally:
        await peer.close()
        server.close()


async def test_pings_are_answered_each() -> None:
    async with connected() as peer:
        await peer.send(frame(PING, b"one") + frame(PING, b"two") + frame(PING))
        assert [await peer.frame() for _ in range(3)] == [(PONG, b"one"), (PONG, b"two"), (PONG, b"")]


async def test_pongs_to_a_peer_that_does_not_read_do_not_pile_up() -> None:
    async with connected() as peer:
        await peer.send(frame(PING, b"x" * 125) * FLOOD + frame(PING, b"last") + frame(TEXT, b"all"))
        await until(lambda: peer.received == [b"all"])
        assert peer.link.transport.get_write_buffer_size() < 4096
        assert await peer.pongs_until(b"last") < FLOOD
        peer.link.pause_writing()
        peer.link.resume_writing()  # another time: nothing is due any more
        await peer.send(frame(PING, b"again"))
        assert await peer.frame() == (PONG, b"again")


async def test_no_more_is_taken_in_than_is_to_be_received() -> None:
    """One read may hold thousands of messages, and compressed ones may be huge."""
    messages = [b"%04d" % number for number in range(3000)]
    wanted = 64
    async with connected() as peer:

        def receive(data: bytes, _binary: bool) -> None:
            peer.received.append(data)
            if len(peer.received) % wanted == 0:
                peer.link.pause_receiving()

        peer.link._receive = receive
        peer.link.data_received(b"".join(frame(TEXT, message) for message in messages))
        due = wanted
        while peer.received != messages:
            await until(lambda due=due: len(peer.received) >= min(due, len(messages)))  # type: ignore[misc]  # mypy can't infer lambdas with defaults
            assert len(peer.received) <= due
            peer.link.resume_receiving()
            due += wanted
        assert not peer.link._unread


async def test_nothing_is_parsed_after_a_close_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected() as peer:
        peer.link.close(4400, "enough")
        monkeypatch.setattr(peer.link, "take", lambda data: pytest.fail(f"expected nothing to be parsed: {data!r}"))
        peer.link.data_received(frame(TEXT, b"more") * 100)
        await peer.send(frame(TEXT, b"more") * 100)
        assert await peer.frame() == (CLOSE, (4400).to_bytes(2) + b"enough")
        with pytest.raises(asyncio.IncompleteReadError):  # the end of the stream comes with it
            await peer.frame()
        assert peer.received == []


async def test_messages_are_charged_for_what_they_are_inflated_to() -> None:
    async with connected() as peer:
        turns = peer.link.turns
        for message, least in ((b"x", 1), (b"x" * 60_000, 4)):
            turns.left = 0
            peer.link.conn.events = [Frame(Opcode.TEXT, message)]
            peer.link.take(b"")
            assert turns.left <= -least


async def test_what_comes_before_the_application_listens_waits() -> None:
    async with connected() as peer:
        peer.link.hold()
        peer.link.data_received(frame(TEXT, b"one") + frame(PING, b"two") + frame(TEXT, b"three"))
        assert peer.received == []
        peer.link.release()
        await until(lambda: peer.received == [b"one", b"three"])
        assert await peer.frame() == (PONG, b"two")


async def test_pings_and_pongs_get_no_more_of_a_turn_than_messages_do() -> None:
    async with connected() as peer:
        peer.link.data_received(frame(PONG) * 5000 + frame(TEXT, b"last"))
        turns = 0
        while not peer.received:
            await asyncio.sleep(0)
            turns += 1
        assert turns >= 5000 * 6 // 4096


async def test_a_peer_that_reads_late_gets_the_answer_to_its_close_last() -> None:
    async with connected() as peer:
        await peer.send(frame(PING, b"x" * 125) * FLOOD + frame(TEXT, b"all"))
        await until(lambda: peer.received == [b"all"])
        await peer.send(frame(PING, b"last") + frame(CLOSE, b"\x03\xe8"))
        while (found := await peer.frame())[0] == PONG:
            pass
        assert found == (CLOSE, b"\x03\xe8")
        with pytest.raises(asyncio.IncompleteReadError):
            await peer.frame()


@pytest.mark.parametrize("flooded", [False, True])
async def test_our_own_pings_go_on(flooded: bool) -> None:
    async with connected(ws_ping_interval=0.01, ws_ping_timeout=60) as peer:
        if flooded:
            await peer.send(frame(PING, b"x" * 125) * FLOOD + frame(PING, b"last"))
        seen: set[bytes] = set()
        while len(seen) < 3:
            opcode, payload = await peer.frame()
            if opcode == PING:
                seen.add(payload)
                await peer.send(frame(PONG, payload))
