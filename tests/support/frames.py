"""A WebSocket client that may break every rule of RFC 6455: frames are put together by hand."""

import base64
import os
import socket
import struct
from types import TracebackType
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.support.contract import PAGE, PATIENCE, Json, Wire, node_of

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
KEY = base64.b64encode(b"0123456789abcdef").decode()


class Frame(NamedTuple):
    """One frame as the server sent it."""

    opcode: int
    payload: bytes

    @property
    def code(self) -> int:
        """A close frame's code."""
        assert self.opcode == CLOSE, f"expected a close frame, got {self}"
        return int.from_bytes(self.payload[:2], "big")


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    declared: int | None = None,
) -> bytes:
    """A frame; `declared` is the length its header claims, `rsv` the three reserved bits."""
    length = len(payload) if declared is None else declared
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    mask_bit = 0x80 if masked else 0
    if length < 126:
        header = struct.pack("!BB", first, mask_bit | length)
    elif length < 1 << 16:
        header = struct.pack("!BBH", first, mask_bit | 126, length)
    else:
        header = struct.pack("!BBQ", first, mask_bit | 127, length)
    if not masked:
        return header + payload
    mask = os.urandom(4)
    return header + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


class RawSocket:
    """A TCP connection after the handshake of the live socket (none with `wire` None)."""

    def __init__(self, url: str, wire: Wire | None) -> None:
        parts = urlsplit(node_of(url))
        self._socket = socket.create_connection((parts.hostname, parts.port), PATIENCE)
        self._buffer = b""
        if wire is not None:
            self._shake_hands(parts.netloc, wire)

    def _shake_hands(self, host: str, wire: Wire) -> None:
        lines = [
            "GET /api/v1/live HTTP/1.1",
            f"Host: {host}",
            f"Origin: {PAGE}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {KEY}",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {wire.subprotocol}",
        ]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = self.read_until(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101 "), answer

    def close(self) -> None:
        """Hangs up without a word."""
        self._socket.close()

    def __enter__(self) -> "RawSocket":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        """Sends bytes; a peer that has hung up meanwhile is no error."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def half_close(self) -> None:
        """Sends nothing more, and says so (FIN)."""
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Hangs up with RST."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _more(self) -> bool:
        try:
            data = self._socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self._buffer += data
        return bool(data)

    def read_until(self, mark: bytes) -> bytes:
        """Everything up to `mark`."""
        while mark not in self._buffer:
            assert self._more(), f"the server hung up before {mark!r}; it had sent {self._buffer!r}"
        found, self._buffer = self._buffer.split(mark, 1)
        return found

    def read_all(self) -> bytes:
        """Everything until the server hangs up."""
        while self._more():
            pass
        return self._buffer

    def _take(self, count: int) -> bytes | None:
        while len(self._buffer) < count:
            if not self._more():
                return None
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def receive(self) -> Frame | None:
        """The next frame, or None when the server has hung up."""
        head = self._take(2)
        if head is None:
            return None
        assert not head[1] & 0x80, "a server's frames are not masked (RFC 6455, 5.1)"
        length = head[1]
        if length >= 126:
            extended = self._take(2 if length == 126 else 8)
            assert extended is not None
            length = int.from_bytes(extended, "big")
        payload = self._take(length)
        return None if payload is None else Frame(head[0] & 0x0F, payload)

    def message(self, wire: Wire) -> Json:
        """The next frame, which is a message, decoded."""
        found = self.receive()
        assert found is not None, "the server hung up"
        assert found.opcode == (BINARY if wire.binary else TEXT), found
        decoded: Json = wire.decode(found.payload)
        return decoded

    def ending(self) -> list[Frame]:
        """All frames until the server hangs up."""
        found = []
        while (got := self.receive()) is not None:
            found.append(got)
        return found
