"""WebSocket frames made once for every reader of an encoding (RFC 6455, 5.2; compression RFC 7692 without context
takeover)."""

import zlib
from collections.abc import Callable

_TEXT, _BINARY, _FIN, _RSV1 = 0x01, 0x02, 0x80, 0x40
_WORTH_DEFLATING = 128  # bytes; below, the frame hardly shrinks and both sides only work more

Framing = Callable[[bytes, bool], bytes]


def plain(payload: bytes, binary: bool) -> bytes:
    """`payload` as one unmasked, final frame."""
    return _header(_FIN | (_BINARY if binary else _TEXT), len(payload)) + payload


def deflated(payload: bytes, binary: bool) -> bytes:
    """The same, deflated when that is worth it; every reader without context takeover can read the same bytes."""
    if len(payload) < _WORTH_DEFLATING:
        return plain(payload, binary)
    deflate = zlib.compressobj(zlib.Z_BEST_SPEED, zlib.DEFLATED, -12)
    packed = (deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]  # RFC 7692, 7.2.1: the tail is implied
    return _header(_FIN | _RSV1 | (_BINARY if binary else _TEXT), len(packed)) + packed


def _header(first: int, length: int) -> bytes:
    if length < 126:
        return bytes((first, length))
    if length < 1 << 16:
        return bytes((first, 126)) + length.to_bytes(2, "big")
    return bytes((first, 127)) + length.to_bytes(8, "big")
