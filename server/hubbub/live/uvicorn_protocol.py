"""The server's WebSocket protocol: uvicorn's class, with direct ways from the socket to the hub and back.

After the handshake a connection has no task, no queue and no ASGI messages: what it sends goes straight to a callback,
and frames for it go straight to its transport. This also mends three faults of uvicorn 0.54 with a peer that stopped
reading: the peer was never dropped, since a transport with a full buffer never finishes `close()`; a shutdown hung on
it; and pongs to it piled up.
"""

import asyncio
from collections.abc import Callable, Generator
from typing import Any, cast

import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import PayloadTooBig
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import Protocol, State
from websockets.server import ServerProtocol

from hubbub.domain.sizes import FRAGMENTS, FRAME_BYTES
from hubbub.live.connection import Connection
from hubbub.live.intake import Intake, Turns
from hubbub.live.verdicts import complaints
from hubbub.protocol.close_codes import PROTOCOL_ERROR, RESTART, TOO_LARGE

FRAMES = 8  # in one slice for which the budget is charged once more: empty ones are the dearest bytes there are
INFLATED = 16 * 1024  # bytes of a message for which the budget is charged once more

log = structlog.get_logger()

_DEFLATE = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True,  # so that all readers can be sent the same bytes
    client_no_context_takeover=True,  # and no connection keeps a window in memory
    server_max_window_bits=12,
    compress_settings={"memLevel": 5},
)


class _Frames(ServerProtocol):
    """websockets' view of a connection whose bytes begin after the request, which the HTTP side has parsed."""

    def parse(self) -> Generator[None]:
        """See Protocol."""
        yield from Protocol.parse(self)


class LiveProtocol(Intake, WebSocketsSansIOProtocol):
    """A connection's `Link` (see live.connection). `shake_hands` comes first, and `attach` once that is done."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = _Frames(extensions=[_DEFLATE], max_size=FRAME_BYTES, logger=self.conn.logger)
        self.turns = Turns.of(self.loop)
        self.connection: Connection | None = None
        self._receive: Callable[[bytes, bool], None] | None = None
        self._refuse_large: Callable[[], bytes] | None = None
        self._pong = b""  # due once the peer has read what it was sent

    def take_over(self, http: HttpToolsProtocol) -> None:
        """Has the transport of the connection's HTTP side, in the place of `connection_made`, which would ask the
        kernel once more for both addresses."""
        self.transport, self.server, self.client = http.transport, http.server, http.client
        self.scheme = "wss" if http.scheme == "https" else "ws"
        self.connections.add(self)

    def shake_hands(self, request: Request) -> None:
        """Takes the request for a WebSocket. It is refused, or the application is asked."""
        self.held = True  # until it is attached; reading goes on, as a peer usually waits for the answer
        self.handle_connect(request)

    # Link

    @property
    def deflates(self) -> bool:
        """Whether permessage-deflate was agreed on."""
        return bool(self.conn.extensions)

    def attach(
        self, connection: Connection, receive: Callable[[bytes, bool], None], refuse_large: Callable[[], bytes]
    ) -> None:
        """From here on messages go to `receive(data, binary)`; `refuse_large` makes the reply to one over the limit."""
        self.connection = connection
        self._receive = receive
        self._refuse_large = refuse_large
        # With no slack at all the transport writes at once instead of at the end of the loop's turn, and "paused" means
        # exactly that the kernel did not take everything.
        self.transport.set_write_buffer_limits(high=0)
        self.release()
        # What the handshake needed is of no more use, and there may be tens of thousands of us.
        del self.scope, self.request, self.response

    @property
    def writer(self) -> Callable[[bytes], None]:
        """See Link. Fan-out is little more than this call: ours around it would cost a fifth of it again."""
        return self.transport.write

    def close(self, code: int, reason: str) -> None:
        """See Link. The peer has a moment to answer."""
        if self.close_sent or self.disconnected or self.conn.state is not State.OPEN:
            return
        self.conn.send_close(code, reason)
        self._finish_closing()

    def abort(self) -> None:
        """See Link. What its buffer holds is lost."""
        if not self.disconnected:  # or asyncio would raise where the transport closed with a full buffer
            self.transport.abort()

    def pause_receiving(self) -> None:
        """See Link. The peer's frames stay in the kernel's buffer."""
        self.hold()

    def resume_receiving(self) -> None:
        """See Link."""
        if self.held:
            self.release()

    # uvicorn's callbacks

    def handle_connect(self, event: Any) -> None:
        """Offers itself to the application."""
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            cast(dict[str, Any], self.scope["extensions"])["hubbub.link"] = self

    def send_receive_event_to_app(self) -> None:
        """A whole message. Before a connection is attached, no frame is taken."""
        data = b"".join(self.frames)
        self.frames = []
        self.turns.spend(1 + len(data) // INFLATED)
        assert self._receive is not None
        self._receive(data, self.curr_msg_data_type == "bytes")

    def _end(self) -> None:
        self._pong = b""
        self.stop_keepalive()
        if self.connection is not None:
            self.connection.end()

    def handle_close(self, event: Frame) -> None:
        """Answers the peer's close; nothing that it sends after is read."""
        self._end()
        self.over = True
        super().handle_close(event)

    def _pong_all(self) -> None:
        """Sends pongs. A peer that does not read gets only the latest one, once it has read (RFC 6455, 5.5.3), so that
        none pile up."""
        pongs = self.conn.data_to_send()
        if pongs and not self.over:
            if self.writable.is_set():
                self.transport.write(b"".join(pongs))
            else:
                self._pong = pongs[-1]

    def handle_cont(self, event: Frame) -> None:
        """A fragment. Too many in one message are refused: it would be a flood of empty ones."""
        if len(self.frames) >= FRAGMENTS:
            self.conn.fail(TOO_LARGE.code, "too many fragments")
            self._refuse(too_large=True)
            return
        super().handle_cont(event)

    def _refuse(self, *, too_large: bool) -> None:
        """Ends the connection of a peer that broke a rule of WebSocket, or of ours, and says which."""
        complaints.note(TOO_LARGE.name if too_large else PROTOCOL_ERROR.name)
        if too_large and self._refuse_large is not None:
            self.transport.write(self._refuse_large())
        self._finish_closing()

    def _finish_closing(self) -> None:
        """Ends the connection. Its close frame is the last to be sent."""
        self._end()
        self.close_sent = True
        self.finish(b"".join(self.conn.data_to_send()))

    def take(self, piece: bytes | memoryview) -> None:
        """Handles frames, one by one until the connection is held or over; then an error that came after them."""
        self.conn.receive_data(piece)  # type: ignore[arg-type]  # it appends to a bytearray, which takes views as well
        events, self.conn.events = self.conn.events, []
        self.turns.spend(len(events) // FRAMES)
        done = 0
        for event in events:
            if self.held or self.over:
                break
            done += 1
            event = cast(Frame, event)
            handle = _HANDLERS.get(event.opcode)
            if handle is not None:
                handle(self, event)
        self.conn.events = events[done:]
        error = self.conn.parser_exc
        self.ahead = not self.over and bool(self.conn.events or (error is not None and self.held))
        if not self.ahead and not self.over:
            if error is not None:
                self._refuse(too_large=isinstance(error, PayloadTooBig))
            else:
                self._pong_all()

    def pause_writing(self) -> None:
        """The peer reads too slowly: backpressure begins."""
        super().pause_writing()
        if self.connection is not None:
            self.connection.pause()

    def resume_writing(self) -> None:
        """The peer has read: backpressure ends."""
        super().resume_writing()
        if self.connection is not None:
            self.connection.resume()
        pong, self._pong = self._pong, b""
        if not (self.close_sent or self.disconnected):
            self.transport.write(pong)

    def keepalive_timeout(self) -> None:
        """No pong came: the peer is gone. Drops the connection."""
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        super().connection_lost(exc)
        if self.connection is not None:
            self.connection.lost()
            self.connection = None
            self._receive = None

    def shutdown(self) -> None:
        """The server stops. Closes with RESTART, and drops a peer that does not answer, which delays nothing."""
        if self.connection is None:
            super().shutdown()
            return
        self.close(RESTART.code, RESTART.name)
        self.loop.call_later(self.verdict_timeout / 2, self.abort)

    async def run_asgi(self) -> None:
        """Runs the application for the handshake. A connection that it attached lives on without it."""
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except Exception:
            log.exception("websocket_failed")
            self.send_500_response()
        if self.connection is None and self.close_timer is None:
            self.transport.close()


_HANDLERS: dict[Opcode, Callable[[LiveProtocol, Frame], None]] = {  # without pings: they are answered with the slice
    Opcode.CONT: LiveProtocol.handle_cont,
    Opcode.TEXT: LiveProtocol.handle_text,
    Opcode.BINARY: LiveProtocol.handle_bytes,
    Opcode.PONG: LiveProtocol.handle_pong,
    Opcode.CLOSE: LiveProtocol.handle_close,
}
