"""The way from a socket to the hub under uvicorn: its WebSocket protocol class, with the reading and writing made
direct.

After the handshake no task, queue or ASGI message is left per connection: messages go straight to a callback, frames
straight to the transport. It also mends three faults of uvicorn 0.54: a peer that stopped reading was never dropped,
since a transport with a full buffer never finishes `close()`, a shutdown hung on it, and pongs to it piled up.
"""

import asyncio
from collections.abc import Callable
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
from hubbub.protocol.close_codes import RESTART, TOO_LARGE
from hubbub.protocol.codec import JSON
from hubbub.protocol.messages import error_view

SLICE = 256  # bytes taken in at once: inflated they may become a thousand times as much
CLOSING = 2.0  # s that a peer has to answer a closing handshake before it is dropped
_PONG = bytes((0x80 | Opcode.PONG,))  # how a finished one begins

log = structlog.get_logger()

_DEFLATE = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True,  # so that all readers can be sent the same bytes
    client_no_context_takeover=True,  # and no connection keeps a window in memory
    server_max_window_bits=12,
    compress_settings={"memLevel": 5},
)

_BAD_HANDSHAKE_BODY = JSON.encode(
    {"error": error_view(bad_request("The handshake's headers are too many or too long."))}
)
_BAD_HANDSHAKE = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    % (len(_BAD_HANDSHAKE_BODY), _BAD_HANDSHAKE_BODY)
)


class LiveProtocol(WebSocketsSansIOProtocol):
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
        self.connection: Connection | None = None
        self._receive: Callable[[bytes, bool], None] | None = None
        self._refuse_large: Callable[[], bytes] | None = None
        self._pong = b""  # due once the peer has read what it was sent
        self._unread = b""  # what came while nothing was to be received

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
        self._end()
        self.stop_keepalive()
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.close_timer = self.loop.call_later(CLOSING, self.abort)

    def abort(self) -> None:
        """Drops the connection with whatever its buffer holds."""
        if not self.disconnected:  # or asyncio would raise where the transport closed with a full buffer
            self.transport.abort()

    def pause_receiving(self) -> None:
        """Leaves the peer's frames in the kernel's buffer."""
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def resume_receiving(self) -> None:
        """Reads them on."""
        if self.read_paused and not self.disconnected:
            self.read_paused = False
            self.transport.resume_reading()
            self.loop.call_soon(self.data_received, b"")

    # uvicorn's callbacks

    def handle_connect(self, event: Any) -> None:
        """Offers itself to the application."""
        super().handle_connect(event)
        if self.handshake_initiated and not self.close_sent:
            cast(dict[str, Any], self.scope["extensions"])["hubbub.link"] = self

    def send_receive_event_to_app(self) -> None:
        """A whole message."""
        if self._receive is None:
            super().send_receive_event_to_app()
            return
        data = b"".join(self.frames)
        self.frames = []
        if not self.close_sent:
            self._receive(data, self.curr_msg_data_type == "bytes")

    def _end(self) -> None:
        self._pong = b""
        if self.connection is not None:
            self.connection.end()

    def handle_close(self, event: Frame) -> None:
        """The peer closes, or answers our close."""
        self._end()
        super().handle_close(event)

    def handle_ping(self) -> None:
        """Pongs; who does not read gets only the latest, when it has read (RFC 6455, 5.5.3), so that none pile up."""
        for frame in self.conn.data_to_send():  # not pongs alone: a close that came with the ping is answered, too
            if self.writable.is_set() or frame[:1] != _PONG:
                self.transport.write(frame)
            else:
                self._pong = frame

    def handle_cont(self, event: Frame) -> None:
        """A fragment; a message of very many is a flood of empty ones."""
        if len(self.frames) >= FRAGMENTS:
            self._say_too_large()
            self._end()
            self.conn.fail(TOO_LARGE.code, "too many fragments")
            super().handle_parser_exception()
            self.loop.call_later(CLOSING, self.abort)
            return
        super().handle_cont(event)

    def handle_parser_exception(self) -> None:
        """The peer broke a rule of WebSocket: it is told what we can tell, and closed."""
        if isinstance(self.conn.parser_exc, PayloadTooBig):
            self._say_too_large()
        self._end()
        super().handle_parser_exception()
        self.loop.call_later(CLOSING, self.abort)

    def _say_too_large(self) -> None:
        if self._refuse_large is not None:
            self.transport.write(self._refuse_large())

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer; a handshake that is no bearable HTTP is refused, which uvicorn leaves undone."""
        unread, taken = self._unread + data, 0
        while (
            taken < len(unread)
            and self.conn.parser_exc is None
            and not (self.read_paused and self._receive is not None)
        ):
            super().data_received(unread[taken : taken + SLICE])
            taken += SLICE
        self._unread = unread[taken:]
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_initiated = self.close_sent = True
            self.transport.write(_BAD_HANDSHAKE)
            self.transport.close()

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
