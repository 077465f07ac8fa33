"""HTTP connections: uvicorn's protocol class within the input budget of `live.intake`, with limits of size and time in
both directions.

uvicorn 0.54 limits neither a request's head, nor a body that the application does not read, nor pipelined requests, nor
a peer that does not read its answer.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from http import HTTPStatus
from math import inf
from typing import Any

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.http11 import Request

from hubbub.domain.errors import ErrorCode, Refused, bad_request
from hubbub.live.intake import Intake, Turns
from hubbub.live.uvicorn_protocol import LiveProtocol
from hubbub.live.verdicts import complaints, last_answer
from hubbub.metrics import REFUSED
from hubbub.web.forwarded import Proxies, network_of, parse

HEAD_BYTES = 64 * 1024  # of the request line and the headers; no browser sends a tenth of it
HEADERS = 128
HANDSHAKE_LINE = 8 * 1024  # bytes of the address or of a header of a request for a WebSocket
BODY_BYTES = 1024 * 1024  # as it travels, with chunks and trailers: more than twice the longest article
HEAD_WITHIN = 30.0  # s from the first byte to the last; a phone in a tunnel needs less
BODY_WITHIN = 60.0  # s; 64 KiB at 9 kbit/s
TAKEN_WITHIN = 30.0  # s in which a peer has to take TAKEN bytes of its answer: 4 kbit/s
TAKEN = 16 * 1024
CONNECTIONS_PER_ADDRESS = 200  # as many as live ones
REQUEST = 16  # units of the budget for a request: a millisecond or two of work, most of its cost


class _Verdict(Exception):
    """A request that is refused here, without the application. The connection ends."""

    def __init__(self, reason: str, status: HTTPStatus, refused: Refused) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = refused.code
        self.answer = last_answer(status, refused)


_NO_HTTP = _Verdict("no_http", HTTPStatus.BAD_REQUEST, bad_request("This is no HTTP/1.1 request."))
_HEAD = _Verdict(
    "head_too_large",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    Refused(ErrorCode.TOO_LARGE, f"A request may have {HEADERS} headers, and {HEAD_BYTES // 1024} KiB of them."),
)
_BODY = _Verdict(
    "body_too_large",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Refused(ErrorCode.TOO_LARGE, f"A request's body may have {BODY_BYTES // 1024} KiB as it travels."),
)
_HANDSHAKE = _Verdict(
    "bad_handshake",
    HTTPStatus.BAD_REQUEST,
    bad_request(f"A handshake has no body, no header over {HANDSHAKE_LINE // 1024} KiB, and an address in ASCII."),
)
_TIME = _Verdict("too_slow", HTTPStatus.REQUEST_TIMEOUT, bad_request("The request took too long to come."))
_MANY = _Verdict(
    "too_many_connections",
    HTTPStatus.TOO_MANY_REQUESTS,
    Refused(ErrorCode.RATE_LIMITED, "Too many connections from your network.", 10),
)


def _handshake(url: bytes, method: str, headers: Sequence[tuple[bytes, bytes]]) -> Request:
    """A request for a WebSocket as websockets sees it; ValueError where it has what no handshake has."""
    for name, value in headers:
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            raise ValueError("expected no body")
        if len(name) + len(value) > HANDSHAKE_LINE:
            raise ValueError("expected shorter headers")
    if len(url) > HANDSHAKE_LINE:
        raise ValueError("expected a shorter address")
    fields = Headers([(name.decode("ascii"), value.strip(b" \t").decode("latin-1")) for name, value in headers])
    return Request(url.decode("ascii"), fields, method)


class _Flow(FlowControl):
    """Pauses reading, and the parsing of what was read, while a request waits for its turn."""

    def __init__(self, protocol: "HttpProtocol") -> None:
        super().__init__(protocol.transport)
        self._protocol = protocol

    def pause_reading(self) -> None:
        """See FlowControl."""
        self.read_paused = True
        self._protocol.hold()

    def resume_reading(self) -> None:
        """See FlowControl."""
        if self.read_paused and not self._protocol.pipeline:
            self.read_paused = False
            self._protocol.release()


class HttpProtocol(Intake, HttpToolsProtocol):
    """One connection, until it ends or is upgraded to a WebSocket."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        door: "Door",
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.turns = Turns.of(self.loop)
        self._door = door
        self._running: RequestResponseCycle | None = None
        self._in_head = True  # or before one; else in a body
        self._bytes = 0  # of that head or body, as it travels
        self._due = self.loop.time() + HEAD_WITHIN  # when it has to be there
        self._untaken = (inf, 0)  # when it was noted how many bytes wait to be taken

    # asyncio's callbacks

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Counts the connection, or refuses it if its address has too many."""
        super().connection_made(transport)
        self.flow = _Flow(self)
        if not self._door.come(self):
            self._refuse(_MANY)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells a running request that its client is gone."""
        self._door.go(self)
        self.pipeline.clear()
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """The peer has read its answer."""
        self._untaken = (inf, 0)
        super().resume_writing()

    def take(self, piece: bytes | memoryview) -> None:
        """Parses a slice."""
        self._unset_keepalive_if_required()
        if self._due == inf:
            self._due = self.loop.time() + HEAD_WITHIN
        self._bytes += len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self._become_live(bytes(piece[upgrade.args[0] :]) + bytes(self._unread))
        except httptools.HttpParserError as error:
            self._refuse(error.__context__ if isinstance(error.__context__, _Verdict) else _NO_HTTP)
        else:
            if self._bytes > (HEAD_BYTES if self._in_head else BODY_BYTES):
                self._refuse(_HEAD if self._in_head else _BODY)

    def _become_live(self, rest: bytes) -> None:
        """Hands the connection over to the WebSocket protocol, as `handle_websocket_upgrade` does, which would have it
        parse the request a second time."""
        try:
            request = _handshake(self.url, self.scope["method"], self.headers)
        except ValueError:
            self._refuse(_HANDSHAKE)
            return
        self.leave()
        self._go_on()
        self._door.go(self)
        self.connections.discard(self)
        live = LiveProtocol(self.config, self.server_state, self.app_state)
        live.take_over(self)
        live.shake_hands(request)
        self.transport.set_protocol(live)
        if rest:
            live.data_received(rest)

    # The parser's callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a header. Trailers are ignored (RFC 9110, 6.5.1)."""
        if self._in_head:
            super().on_header(name, value)
            if len(self.headers) > HEADERS:
                raise _HEAD

    def on_headers_complete(self) -> None:
        """Checks the head, then starts the application."""
        if self.parser.get_http_version() not in ("1.0", "1.1"):
            raise _NO_HTTP
        if any(name == b"content-length" and int(value) > BODY_BYTES for name, value in self.headers):
            raise _BODY
        self.turns.spend(REQUEST)
        self._in_head, self._bytes, self._due = False, 0, self.loop.time() + BODY_WITHIN
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is complete. The next one has no deadline until its first byte."""
        super().on_message_complete()
        self._in_head, self._bytes, self._due = True, 0, inf

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    # Verdicts

    def _refuse(self, verdict: _Verdict) -> None:
        """Ends the connection. An earlier request is answered first."""
        complaints.note(verdict.reason)
        REFUSED.labels(verdict.code).inc()
        self.pipeline.clear()
        running = self._running
        if running is None or running.response_complete:
            # Who was answered before all of the body came needs no second answer.
            self.finish(verdict.answer if self._in_head else b"")
        elif running is self.cycle and not self._in_head and not running.response_started:
            running.disconnected = True  # half a request is none
            running.message_event.set()
            self.finish(verdict.answer)
        else:
            running.keep_alive = False  # with its answer the connection ends
            self.leave()

    def look(self, now: float) -> None:
        """Ends the connection if a deadline has passed."""
        waiting = self.transport.get_write_buffer_size()
        since, noted = self._untaken
        if waiting == 0:
            self._untaken = (inf, 0)
        elif since == inf or waiting <= noted - TAKEN:
            self._untaken = (now, waiting)
        elif now - since > TAKEN_WITHIN:
            complaints.note("answer_not_taken")
            self.transport.abort()
            return
        if now > self._due and not self.over:
            if self._bytes or not self._in_head:
                self._refuse(_TIME)
            else:
                self.transport.close()  # it never said anything


class Door:
    """All HTTP connections: limits them per address, and closes those that are past a deadline. Connections of
    `proxies` are not counted; nothing is limited while `limited()` is false."""

    def __init__(
        self, proxies: Sequence[str], limited: Callable[[], bool], *, per_address: int = CONNECTIONS_PER_ADDRESS
    ) -> None:
        self._proxies = Proxies(proxies)
        self._per_address = per_address
        self._limited = limited
        self._connections: dict[HttpProtocol, str] = {}
        self._addresses: Counter[str] = Counter()

    def come(self, protocol: HttpProtocol) -> bool:
        """Counts a new connection. Returns whether it may stay."""
        address = self._address(protocol.client)
        self._connections[protocol] = address
        if not address:
            return True
        self._addresses[address] += 1
        return self._addresses[address] <= self._per_address or not self._limited()

    def go(self, protocol: HttpProtocol) -> None:
        """Stops counting a connection that ended."""
        address = self._connections.pop(protocol, "")
        if address:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def look(self, now: float) -> None:
        """Ends the connections that are past a deadline. Called once a second."""
        for protocol in list(self._connections):
            protocol.look(now)

    def _address(self, client: tuple[str, int] | None) -> str:
        """What the connection counts for: an address, or an IPv6 /64. "" if it is not counted."""
        address = parse(client[0]) if client else None
        return "" if address is None or address in self._proxies else network_of(address)
