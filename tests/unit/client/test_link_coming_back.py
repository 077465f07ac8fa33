"""Coming back to a real WebSocket server that closes, refuses, stalls and talks nonsense by script; and leaving it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.http11 import Request, Response

from hubbub.client import ClientClosed, ClosedForGood, Options, connect, full_jitter
from hubbub.client.link import retry_after
from hubbub.protocol.close_codes import CLOSE_CODES, NORMAL, RESTART, CloseCode
from hubbub.protocol.views import EventView
from tests.support.relay import Relay
from tests.support.scripted import Peer, Scripted
from tests.support.views import comment, posted, thread
from tests.unit.client.clients import client_of, read


async def test_goodbye_says_when_to_come_back() -> None:
    def backoff(attempt: int) -> float:
        raise AssertionError("expected the server's own time")

    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        post = await peer.expect("post")
        await peer.send(push="goodbye", reconnect_in=0.02)
        await peer.push(posted(1))
        await peer.answer(post, comment=comment(1), seq=1)  # what was under way is still answered
        await peer.socket.close(RESTART.code)

    async def second(peer: Peer) -> None:
        assert (await peer.resumed(thread(1, 1)))["seq"] == 1
        await peer.answer(await peer.expect("post"), comment=comment(2), seq=2)
        await peer.push(posted(2))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server, Options(backoff=backoff)) as client:
        joined = await client.join("demo", "/k")
        assert (await joined.post("one")).number == 1
        assert (await joined.post("two")).number == 2
        assert await read(joined, 2) == [1, 2]
        assert server.connections == 2


async def test_a_server_that_says_goodbye_and_stays_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.client.api.LEAVING", 0.05)

    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.send(push="goodbye", reconnect_in=0)
        await peer.socket.wait_closed()

    async def second(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]


async def test_after_a_goodbye_any_close_code_means_come_back() -> None:
    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.send(push="goodbye", reconnect_in=0)
        await peer.socket.close(NORMAL.code)

    async def second(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]


@pytest.mark.parametrize("code", CLOSE_CODES, ids=lambda code: code.name)
async def test_close_codes_say_whether_to_come_back(code: CloseCode) -> None:
    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.expect("post")
        await peer.socket.close(code.code, code.name)

    async def second(peer: Peer) -> None:
        await peer.resumed(thread())
        await peer.answer(await peer.expect("post"), comment=comment(1), seq=1)
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        if code.reconnect:
            assert (await joined.post("Hello")).number == 1
            return
        with pytest.raises(ClosedForGood, match=f"{code.code} {code.name}") as closed:
            await joined.post("Hello")
        assert (closed.value.code, closed.value.reason) == (code.code, code.name)
        with pytest.raises(ClosedForGood):
            await anext(joined)
        with pytest.raises(ClosedForGood):
            await client.join("demo", "/k")
        assert server.connections == 1


async def test_a_code_nobody_knows_means_come_back() -> None:
    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.socket.close(4999)

    async def second(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]


@pytest.mark.parametrize("status", [HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE])
async def test_a_handshake_refused_for_now_is_tried_again(status: HTTPStatus) -> None:
    tries: list[int] = []

    def backoff(attempt: int) -> float:
        tries.append(attempt)
        return 0.0

    def refuse(socket: ServerConnection, request: Request) -> Response | None:
        return socket.respond(status, "Not now.") if len(tries) < 3 else None

    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.rest()

    async with Scripted(script, refuse=refuse) as server, client_of(server, Options(backoff=backoff)) as client:
        await client.join("demo", "/k")
        assert tries == [0, 1, 2]


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("0", 0.0), ("soon", 0.0), ("-1", 0.0), ("9" * 400, 0.0)])
def test_a_refused_handshake_says_when_to_come_back(header: str, seconds: float) -> None:
    response = Response(503, "Busy", Headers({"Retry-After": header}))
    assert retry_after(InvalidStatus(response)) == seconds


def test_what_is_no_refused_handshake_asks_for_no_pause() -> None:
    assert retry_after(InvalidStatus(Response(503, "Busy", Headers()))) == 0
    assert retry_after(OSError()) == 0
    assert retry_after(None) == 0


async def test_a_pause_that_was_asked_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.client.link.retry_after", lambda _error: 0.15)
    asked: list[float] = []

    def refuse(socket: ServerConnection, request: Request) -> Response | None:
        asked.append(time.monotonic())
        return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Not now.") if len(asked) < 2 else None

    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.rest()

    async with Scripted(script, refuse=refuse) as server, client_of(server) as client:
        await client.join("demo", "/k")
        assert asked[1] - asked[0] >= 0.15


@pytest.mark.parametrize("status", [HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND])
async def test_a_handshake_refused_for_good(status: HTTPStatus) -> None:
    def refuse(socket: ServerConnection, request: Request) -> Response:
        return socket.respond(status, "Never.")

    async def script(peer: Peer) -> None:
        raise AssertionError("expected no connection")

    async with Scripted(script, refuse=refuse) as server, client_of(server) as client:
        with pytest.raises(ClosedForGood, match=f"{status.value} Never"):
            await client.join("demo", "/k")


@pytest.mark.parametrize("nonsense", [b"\xc1", b"\x2a", b"\x81\xa2re\xa3one", "text"])
async def test_nonsense_from_the_server_costs_the_connection(nonsense: bytes | str) -> None:
    tries: list[int] = []

    def backoff(attempt: int) -> float:
        tries.append(attempt)
        return 0.0

    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.socket.send(nonsense)
        await peer.socket.wait_closed()

    async def second(peer: Peer) -> None:
        await peer.resumed(thread())
        await peer.socket.send(nonsense)
        await peer.socket.wait_closed()

    async def third(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second, third) as server, client_of(server, Options(backoff=backoff)) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]
        assert tries == [0, 1]


async def test_a_message_over_the_limit_costs_the_connection_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.client.link.MESSAGE_BYTES", 4096)

    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.push(EventView(1, "comment.posted", "", comment=comment(1, "x" * 5000)))
        await peer.rest()  # our close code comes back to us: it says nothing about the server

    async def second(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]


async def test_a_message_in_too_many_pieces_costs_the_connection_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.client.connection.PIECES", 100)

    async def first(peer: Peer) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(102):
                yield b""
            await peer.rest()  # the message has no end

        await peer.joined(thread())
        with suppress(ConnectionClosedError):
            await peer.socket.send(pieces())

    async def second(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]


async def test_backoff_grows_until_the_server_works_again() -> None:
    tries: list[int] = []

    def backoff(attempt: int) -> float:
        tries.append(attempt)
        return 0.0

    async def works(peer: Peer) -> None:
        join = await peer.expect("join")
        await peer.answer(join, thread=thread(), **({"events": []} if "after" in join else {"comments": []}))
        peer.abort()

    async def fails(peer: Peer) -> None:
        peer.abort()

    async def stays(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    scripts = (works, fails, fails, works, fails, stays)
    async with Scripted(*scripts) as server, client_of(server, Options(backoff=backoff)) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]
    assert tries == [0, 1, 2, 0, 1]


async def test_a_half_open_connection_is_noticed() -> None:
    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.push(posted(1))
        await peer.rest()

    async def second(peer: Peer) -> None:
        assert (await peer.resumed(thread(2, 2), posted(2)))["seq"] == 1
        await peer.rest()

    # Longer than this process may be held up: what answers late counts as half open too.
    options = Options(ping=0.5, backoff=lambda attempt: 0.0)
    async with Scripted(first, second) as server, Relay(server.url) as relay, client_of(relay, options) as client:
        joined = await client.join("demo", "/k")
        assert await read(joined, 1) == [1]
        relay.freeze()
        assert await read(joined, 1) == [2]
        assert relay.connections == 2


# The end


async def test_leaving_the_client_ends_everything_kindly() -> None:
    codes: list[int | None] = []

    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.expect("post")
        await peer.rest()
        codes.append(peer.socket.close_code)

    async with Scripted(script) as server:
        async with client_of(server) as client:
            joined = await client.join("demo", "/k")
            posting = asyncio.create_task(joined.post("Hello"))
            reading = asyncio.create_task(anext(joined, None))
            await asyncio.sleep(0)
        with pytest.raises(ClientClosed):
            await posting
        assert await reading is None
        with pytest.raises(ClientClosed):
            await joined.post("Hello")
    assert codes in ([], [NORMAL.code])  # [] if it was cut before the script came to its end


async def test_leaving_at_once_and_without_a_server() -> None:
    async with connect("http://127.0.0.1:1"):
        pass


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8000", "ws://127.0.0.1", "http://", "/api", "http://x:0", "http://x:70000"]
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected an address|Port out of range"):
        connect(url)


def test_addresses_below_a_path() -> None:
    client = connect("https://news.example/comments/?x=1#y")
    assert client.url == "https://news.example/comments"
    assert client._link._url == "wss://news.example/comments/api/v1/live"


def test_full_jitter_spreads_and_is_capped() -> None:
    for attempt, cap in [(0, 0.25), (1, 0.5), (3, 2.0), (5, 8.0), (6, 10.0), (5000, 10.0)]:
        waits = [full_jitter(attempt) for _ in range(200)]
        assert all(0 <= wait <= cap for wait in waits)
        assert max(waits) > cap * 0.8
        assert min(waits) < cap * 0.2
