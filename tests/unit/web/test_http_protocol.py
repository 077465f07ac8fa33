"""web.http_protocol over a real socket: what is taken in of a request, for how long, and what is kept of an answer."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from hubbub.live.uvicorn_protocol import LiveProtocol
from hubbub.web import http_protocol
from hubbub.web.http_protocol import BODY_BYTES, CONNECTIONS_PER_ADDRESS, HEAD_BYTES, HEADERS, Door, HttpProtocol
from tests.support.frames import KEY
from tests.unit.live.desk import until

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
OVER = BODY_BYTES + 1024
CHUNKED = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


class Served:
    """A server; `scopes` and `bodies` are those of the requests that reached the application, which answers with
    `answer` once `may_answer` is set."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.address = ("", 0)
        self.scopes: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.gone = 0
        self.waiting = 0  # requests, at most
        self.answer = b"hello"
        self.reads_body = True
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.protocols: list[HttpProtocol] = []

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """The application."""
        self.scopes.append(scope)
        self.waiting = max(self.waiting, *(len(protocol.pipeline) for protocol in self.protocols), 0)
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await receive()
            return
        body = b""
        while self.reads_body:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone += 1
                return
            body += message["body"]
            if not message["more_body"]:
                break
        self.bodies.append(body)
        await self.may_answer.wait()
        headers = [(b"content-length", str(len(self.answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.answer})


class Peer:
    """A client that sends bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """As they are; a server that has hung up is no error."""
        self.writer.write(data)
        with suppress(ConnectionError):
            await self.writer.drain()

    async def status(self) -> int:
        """The next answer's, which is read."""
        async with asyncio.timeout(20):
            self.head = head = await self.reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            self.body = await self.reader.readexactly(int(length.split(b":")[1]))
        return int(head.split()[1])

    async def ended(self) -> bytes:
        """What else comes before the server hangs up."""
        async with asyncio.timeout(20):
            return await self.reader.read()


@asynccontextmanager
async def serving(
    proxies: Sequence[str] = (), *, limited: bool = True, per_address: int = CONNECTIONS_PER_ADDRESS
) -> AsyncIterator[Served]:
    """A server on a free port."""
    served = Served(Door(proxies, lambda: limited, per_address=per_address))
    config = Config(served.app, ws=LiveProtocol, interface="asgi3", lifespan="off", log_config=None)
    config.load()
    make = partial(HttpProtocol, config, ServerState(), {}, door=served.door)

    def protocol() -> HttpProtocol:
        served.protocols.append(make())
        return served.protocols[-1]

    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    server = await asyncio.get_running_loop().create_server(protocol, sock=listener)
    served.address = listener.getsockname()
    try:
        yield served
    finally:
        served.may_answer.set()
        server.close()
        for each in served.protocols:
            each.transport.abort()
        await asyncio.sleep(0)


@asynccontextmanager
async def peer_of(served: Served) -> AsyncIterator[Peer]:
    """A connection, which buffers little."""
    near = socket.socket()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    near.setblocking(False)
    await asyncio.get_running_loop().sock_connect(near, served.address)
    peer = Peer(*await asyncio.open_connection(sock=near, limit=2**20))
    try:
        yield peer
    finally:
        peer.writer.close()


async def refused(data: bytes, status: int, code: str) -> None:
    """Sends it: the answer is of this status, the connection ends, and no request was made of it."""
    async with serving() as served, peer_of(served) as peer:
        await peer.send(data)
        assert await peer.status() == status
        assert json.loads(peer.body)["error"]["code"] == code
        assert await peer.ended() == b""
        assert served.bodies == []


async def test_requests_are_answered_one_after_the_other() -> None:
    async with serving() as served, peer_of(served) as peer:
        await peer.send(GET * 3 + POST % 5 + b"hello" + GET)
        assert [await peer.status() for _ in range(5)] == [200] * 5
        assert served.bodies == [b"", b"", b"", b"hello", b""]


async def test_bytes_may_come_one_by_one() -> None:
    async with serving() as served, peer_of(served) as peer:
        for byte in POST % 2 + b"hi":
            await peer.send(bytes((byte,)))
            await asyncio.sleep(0)
        assert await peer.status() == 200
        assert served.bodies == [b"hi"]


async def test_a_large_body_comes_whole() -> None:
    async with serving() as served, peer_of(served) as peer:
        body = bytes(range(256)) * 1400
        await peer.send(POST % len(body) + body)
        assert await peer.status() == 200
        assert served.bodies == [body]


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nX: " + b"x" * (HEAD_BYTES + 1024),
        b"GET /" + b"x" * (HEAD_BYTES + 1024),
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * (HEADERS + 2),
        b"\r\n" * HEAD_BYTES,
    ],
    ids=["a header", "the request line", "headers", "blank lines"],
)
async def test_a_head_over_64_kib_or_128_headers_is_431(head: bytes) -> None:
    await refused(head, 431, "too_large")


async def test_a_head_just_below_is_fine() -> None:
    async with serving() as served, peer_of(served) as peer:
        lines = b"".join(b"x-%d: %s\r\n" % (number, b"x" * 600) for number in range(100))
        await peer.send(b"GET / HTTP/1.1\r\n" + lines + b"\r\n")
        assert await peer.status() == 200
        assert len(served.scopes[0]["headers"]) == 100


@pytest.mark.parametrize(
    "more",
    [b"ffffff\r\n" + b"x" * OVER, b"1;" + b"x" * OVER, b"1\r\nx\r\n0\r\n" + b"a: b\r\n" * (OVER // 6)],
    ids=["data", "a chunk's extension", "trailers"],
)
async def test_a_body_over_1_mib_as_it_travels_is_413(more: bytes) -> None:
    await refused(CHUNKED + more, 413, "too_large")


async def test_a_body_that_only_says_it_is_large_is_413_at_once() -> None:
    await refused(POST % (BODY_BYTES + 1), 413, "too_large")


async def test_trailers_are_not_taken_for_headers() -> None:
    async with serving() as served, peer_of(served) as peer:
        served.may_answer.clear()
        await peer.send(CHUNKED + b"1\r\nx\r\n0\r\nAuthorization: Bearer x\r\n\r\n")
        await until(lambda: served.bodies == [b"x"])
        assert [name for name, _ in served.scopes[0]["headers"]] == [b"host", b"transfer-encoding"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET / HTTP/1.1\r\na b: c\r\n\r\n",
        b"hello\r\n",
    ],
)
async def test_what_is_no_http_is_400(data: bytes) -> None:
    await refused(data, 400, "bad_request")


async def test_a_bad_request_after_a_good_one_ends_the_connection_after_its_answer() -> None:
    async with serving() as served, peer_of(served) as peer:
        served.may_answer.clear()
        await peer.send(GET + b"nonsense\r\n\r\n" + GET)
        await until(lambda: served.protocols[0].over)
        served.may_answer.set()
        assert await peer.status() == 200
        assert b"\r\nconnection: close\r\n" in peer.head
        assert await peer.ended() == b""
        assert len(served.scopes) == 1


async def test_no_request_is_begun_before_the_last_one_was_answered() -> None:
    async with serving() as served, peer_of(served) as peer:
        served.may_answer.clear()
        await peer.send(GET * 5000)
        await until(lambda: bool(served.bodies))
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(served.scopes) == 1
        assert len(served.protocols[0].pipeline) < 20
        served.may_answer.set()
        assert [await peer.status() for _ in range(5000)] == [200] * 5000
        assert served.waiting < 20


async def test_who_was_answered_before_its_body_came_cannot_go_on_sending() -> None:
    async with serving() as served, peer_of(served) as peer:
        served.reads_body = False
        await peer.send(CHUNKED)
        assert await peer.status() == 200
        await peer.send(b"ffffff\r\n" + bytes(2 * BODY_BYTES))
        assert await peer.ended() == b""


@pytest.mark.parametrize("before", [b"", GET], ids=["the first", "the second"])
async def test_half_a_head_is_given_30_s(before: bytes) -> None:
    async with serving() as served, peer_of(served) as peer:
        await peer.send(before)
        if before:
            assert await peer.status() == 200
        await peer.send(GET[:-2])
        await until(lambda: bool(served.protocols) and served.protocols[0]._bytes == len(GET) - 2)
        now = asyncio.get_running_loop().time()
        served.door.look(now + 29)
        assert not served.protocols[0].over
        served.door.look(now + 31)
        assert await peer.status() == 408
        assert await peer.ended() == b""


async def test_half_a_body_is_given_60_s() -> None:
    async with serving() as served, peer_of(served) as peer:
        await peer.send(POST % 10 + b"hello")
        await until(lambda: len(served.scopes) == 1)
        now = asyncio.get_running_loop().time()
        served.door.look(now + 59)
        assert not served.protocols[0].over
        served.door.look(now + 61)
        assert await peer.status() == 408
        await until(lambda: served.gone == 1)


async def test_who_never_says_anything_is_hung_up_on() -> None:
    async with serving() as served, peer_of(served) as peer:
        await until(lambda: bool(served.protocols))
        served.door.look(asyncio.get_running_loop().time() + 31)
        assert await peer.ended() == b""


async def test_a_request_that_the_server_is_slow_with_has_time() -> None:
    async with serving() as served, peer_of(served) as peer:
        served.may_answer.clear()
        await peer.send(GET)
        await until(lambda: bool(served.bodies))
        served.door.look(asyncio.get_running_loop().time() + 1000)
        served.may_answer.set()
        assert await peer.status() == 200


async def test_an_answer_that_is_not_taken_is_dropped_after_30_s_and_one_that_is_taken_slowly_is_not() -> None:
    async with serving() as served, peer_of(served) as peer:
        served.answer = bytes(4 * 2**20)
        await peer.send(GET)
        await until(lambda: bool(served.protocols) and served.protocols[0].transport.get_write_buffer_size() > 2**20)
        protocol, now = served.protocols[0], asyncio.get_running_loop().time()
        for minute in range(5):
            served.door.look(now + 29 * minute)
            before = protocol.transport.get_write_buffer_size()
            while protocol.transport.get_write_buffer_size() > before - http_protocol.TAKEN:
                await peer.reader.read(4096)
        served.door.look(now + 29 * 5)
        assert not protocol.transport.is_closing()
        served.door.look(now + 29 * 5 + 31)
        await until(lambda: not served.door._connections)


async def test_an_address_has_so_many_connections() -> None:
    async with serving(per_address=3) as served:
        async with peer_of(served), peer_of(served):
            async with peer_of(served):
                await until(lambda: len(served.protocols) == 3)
                async with peer_of(served) as peer:
                    assert await peer.status() == 429
                    assert await peer.ended() == b""
            await until(lambda: served.door._addresses["127.0.0.1"] == 2)
            async with peer_of(served) as peer:
                await peer.send(GET)
                assert await peer.status() == 200
        await until(lambda: not served.door._connections)
        assert not served.door._addresses


@pytest.mark.parametrize(("proxies", "limited"), [(("127.0.0.0/8",), True), ((), False)])
async def test_proxies_have_any_number_and_so_has_everybody_without_limits(
    proxies: Sequence[str], limited: bool
) -> None:
    async with serving(proxies, limited=limited, per_address=1) as served, peer_of(served), peer_of(served) as peer:
        await peer.send(GET)
        assert await peer.status() == 200


async def test_a_live_connection_is_no_http_connection_any_more() -> None:
    lines = (
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    )
    async with serving(per_address=1) as served, peer_of(served) as live:
        await live.send(b"GET / HTTP/1.1\r\nHost: x\r\n" + lines.encode())
        assert b" 101 " in await live.reader.readuntil(b"\r\n\r\n")
        assert not served.door._connections
        async with peer_of(served) as peer:
            await peer.send(GET)
            assert await peer.status() == 200
