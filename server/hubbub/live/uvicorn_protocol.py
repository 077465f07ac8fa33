"""The way from a socket to the hub under uvicorn: its WebSocket protocol class, with the reading and writing made
direct.

After the handshake no task, queue or ASGI message is left per connection: messages go straight to a callback, frames
straight to the transport. It also mends three faults of uvicorn 0.54: a peer that stopped reading was never dropped,
since a transport with a full buffer never finishes `close()`, a shutdown hung on it, and pongs to it piled up.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

import structlog
from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import PayloadTooBig
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from hubbub.domain.errors import bad_request
from hubbub.domain.limits import FRAGMENTS, FRAME_BYTES
from hubbub.live.connection import Connection
from hubbub.live.intake import CLOSING, Intake, Turns
from hubbub.live.verdicts import complaints, last_answer
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

_BAD_HANDSHAKE = last_answer(HTTPStatus.BAD_REQUEST, bad_request("The handshake's headers are too many or too long."))


class LiveProtocol(Intake, WebSocketsSansIOProtocol):
    """A connection's `Link` (see live.connection); `attach` is called once the handshake is done."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = ServerProtocol(extensions=[_DEFLATE], max_size=FRAME_BYTES, logger=self.conn.logger)
        self.turns = Turns.of(self.loop)
        self.connection: Connection | None = None
        self._receive: Callable[[bytes, bool], None] | None = None
        self._refuse_large: Callable[[], bytes] | None = None
        self._pong = b""  # due once the peer has read what it was sent

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
        # Fan-out is little more than this call: our own `write` around it would cost a fifth of it again.
        connection.write = self.transport.write
        self._receive = receive
        self._refuse_large = refuse_large
        # With no slack at all the transport writes at once instead of at the end of the loop's turn, and "paused" means
        # exactly that the kernel did not take everything.
        self.transport.set_write_buffer_limits(high=0)
        self.release()
        # What the handshake needed is of no more use, and there may be tens of thousands of us.
        del self.scope, self.request, self.response

    def write(self, data: bytes) -> None:
        """Hands finished frames to the transport."""
        if self.close_sent or self.disconnected:
            return
        self.transport.write(data)

    def close(self, code: int, reason: str) -> None:
        """Sends a close frame; the peer has a moment to answer."""
        if self.close_sent or self.disconnected or self.conn.state is not State.OPEN:
            return
        self.conn.send_close(code, reason)
        self._finish_closing()

    def abort(self) -> None:
        """Drops the connection with whatever its buffer holds."""
        if not self.disconnected:  # or asyncio would raise where the transport closed with a full buffer
            self.transport.abort()

    def pause_receiving(self) -> None:
        """Leaves the peer's frames in the kernel's buffer."""
        self.hold()

    def resume_receiving(self) -> None:
        """Takes them on."""
        if self.held:
            self.release()

    # uvicorn's callbacks

    def handle_connect(self, event: Any) -> None:
        """Offers itself to the application."""
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            cast(dict[str, Any], self.scope["extensions"])["hubbub.link"] = self

    def send_receive_event_to_app(self) -> None:
        """A whole message; who is not attached yet has got no frame."""
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
        """The peer closes: it is answered, and sends nothing more."""
        self._end()
        self.over = True
        super().handle_close(event)

    def _pong_all(self) -> None:
        """Who does not read gets only the latest, when it has read (RFC 6455, 5.5.3), so that none pile up."""
        pongs = self.conn.data_to_send()
        if pongs and not self.over:
            if self.writable.is_set():
                self.transport.write(b"".join(pongs))
            else:
                self._pong = pongs[-1]

    def handle_cont(self, event: Frame) -> None:
        """A fragment; a message of very many is a flood of empty ones."""
        if len(self.frames) >= FRAGMENTS:
            self.conn.fail(TOO_LARGE.code, "too many fragments")
            self._refuse(too_large=True)
            return
        super().handle_cont(event)

    def _refuse(self, *, too_large: bool) -> None:
        """The peer broke a rule of WebSocket, or of ours: it is told what we can tell, and closed."""
        complaints.note(TOO_LARGE.name if too_large else PROTOCOL_ERROR.name)
        if too_large and self._refuse_large is not None:
            self.transport.write(self._refuse_large())
        self._finish_closing()

    def _finish_closing(self) -> None:
        """The connection has failed, or closes: what says so is the last to be sent."""
        self._end()
        self.close_sent = True
        self.finish(b"".join(self.conn.data_to_send()))

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer; a handshake that is no bearable HTTP is refused, which uvicorn leaves undone."""
        if self.handshake_initiated:
            super().data_received(data)
            return
        WebSocketsSansIOProtocol.data_received(self, data)
        if self.connection is None:
            self.hold()  # until it is attached
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_initiated = self.close_sent = True
            self.finish(_BAD_HANDSHAKE)

    def take(self, piece: bytes | memoryview) -> None:
        """Frames, one by one for as long as they are wanted; then what was wrong after them."""
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
        """The peer reads too slowly."""
        super().pause_writing()
        if self.connection is not None:
            self.connection.pause()

    def resume_writing(self) -> None:
        """The peer has read."""
        super().resume_writing()
        if self.connection is not None:
            self.connection.resume()
        pong, self._pong = self._pong, b""
        self.write(pong)

    def keepalive_timeout(self) -> None:
        """No pong: the peer is gone, and so is what was meant for it."""
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        super().connection_lost(exc)
        if self.connection is not None:
            self.connection.lost()
            self.connection = None
            self._receive = None

    def shutdown(self) -> None:
        """The server stops: whoever was not told goodbye is told now, and nobody can hold it up."""
        if self.connection is None:
            super().shutdown()
            return
        self.close(RESTART.code, RESTART.name)
        self.loop.call_later(CLOSING / 2, self.abort)

    async def run_asgi(self) -> None:
        """The application answers the handshake; a connection it attached lives on without it."""
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
