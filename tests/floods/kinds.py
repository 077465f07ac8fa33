"""What a flooder sends: each kind is an opening, once a connection, and a block that is sent again and again."""

import json
import struct
import uuid
import zlib
from collections.abc import Mapping
from typing import NamedTuple

PAGE = "http://localhost:9999"  # an origin that the demo site allows
BLOCK = 128 * 1024  # bytes of a block, about: the flooder shall spend its time on sending
CONT, TEXT, BINARY, PING, PONG = 0x0, 0x1, 0x2, 0x9, 0xA
NOBODY = str(uuid.UUID(int=7))


class Kind(NamedTuple):
    """`opening` may end in the middle of a request; with `upgraded` the block waits for the handshake's answer, and for
    what follows `first`. An empty `block` sends nothing more. Without `reads` no answer is ever read."""

    opening: bytes
    block: bytes
    upgraded: bool = False
    reads: bool = True
    first: bytes = b""


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, deflated: bool = False, masked: bool = True) -> bytes:
    """A client's frame. Its mask is all zeros, so that blocks are made quickly."""
    first = (0x80 if fin else 0) | (0x40 if deflated else 0) | opcode
    bit, mask = (0x80, bytes(4)) if masked else (0, b"")
    if len(payload) < 126:
        return struct.pack("!BB", first, bit | len(payload)) + mask + payload
    return struct.pack("!BBH", first, bit | 126, len(payload)) + mask + payload


def command(**fields: object) -> bytes:
    """A command's frame."""
    return frame(TEXT, json.dumps(fields).encode())


def fragments(data: bytes, count: int = 62) -> bytes:
    """One message in `count` frames, all but the first of them empty."""
    return frame(TEXT, data, fin=False) + frame(CONT, fin=False) * (count - 2) + frame(CONT)


def bomb() -> bytes:
    """A message of 65,000 spaces in less than 100 bytes."""
    deflate = zlib.compressobj(9, wbits=-15)
    data = deflate.compress(b" " * 65_000) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return frame(TEXT, data[:-4], deflated=True)


HANDSHAKE = (
    f"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: {PAGE}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: hubbub.v1.json\r\n\r\n"
).encode()


def request(line: str, headers: str = "", body: str = "") -> bytes:
    """An HTTP request, or its beginning."""
    return f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: {PAGE}\r\n{headers}\r\n{body}".encode()


def _blocks(thread: str) -> dict[str, bytes]:
    """What is sent over and over on a live socket."""
    leave = command(cmd="leave", ref=1, thread="x")
    return {
        "text that is no JSON": frame(TEXT, b"x"),
        "bad messages among good ones": frame(TEXT, b"x") * 90 + leave,
        "empty messages": frame(TEXT),
        "large messages": frame(TEXT, b'{"cmd":"leave","ref":1,"thread":"' + b"x" * 60_000 + b'"}'),
        "binary": frame(BINARY, b"\x80"),
        "inflating messages": bomb(),
        "pings": frame(PING),
        "long pings": frame(PING, b"x" * 125),
        "pongs": frame(PONG),
        "fragments": fragments(b'{"cmd":"leave","ref":1,"thread":"x"}'),
        "fragments without end": frame(TEXT, b"x", fin=False) + frame(CONT, fin=False) * 1000,
        "frames without a mask": frame(TEXT, b"{}", masked=False),
        "unknown commands": command(cmd="make_coffee", ref=1) * 90 + leave,
        "hello": command(cmd="hello", ref=1, token="e" * 300),
        "join": command(cmd="join", ref=1, thread=thread),
        "join and leave": command(cmd="join", ref=1, thread=thread) + command(cmd="leave", ref=2, thread=thread),
        "join of nothing": command(cmd="join", ref=1, thread=NOBODY),
        "leave": leave,
        "typing": command(cmd="typing", thread=thread),
        "post": command(cmd="post", ref=1, thread=thread, id=NOBODY, body="hello"),
        "edit": command(cmd="edit", ref=1, comment=NOBODY, body="hello"),
        "remove": command(cmd="remove", ref=1, comment=NOBODY),
        "restore": command(cmd="restore", ref=1, comment=NOBODY),
        "close": command(cmd="close", ref=1, thread=thread),
        "reopen": command(cmd="reopen", ref=1, thread=thread),
    }


def _live(thread: str) -> dict[str, Kind]:
    join = command(cmd="join", ref=1, thread=thread)
    kinds = {
        name: Kind(HANDSHAKE, block * max(1, BLOCK // len(block)), upgraded=True)
        for name, block in _blocks(thread).items()
    }
    # Enough of them for a verdict, after which nothing ought to be looked at.
    kinds["inflating messages after a close"] = kinds["inflating messages"]._replace(first=frame(TEXT, b"x") * 100)
    kinds["commands without reading an answer"] = kinds["leave"]._replace(reads=False)
    kinds["pings without reading an answer"] = kinds["long pings"]._replace(reads=False)
    kinds["joined, then nothing is read"] = Kind(HANDSHAKE, join * 20, upgraded=True, reads=False)
    return kinds


def _http(thread: str) -> dict[str, Kind]:
    chunked = request("POST /api/v1/sessions", "Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n")
    snapshot = request(f"GET /api/v1/threads/{thread}")
    health = request("GET /healthz")
    return {
        "one header without end": Kind(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ", b"x" * BLOCK),
        "headers without end": Kind(b"GET / HTTP/1.1\r\nHost: x\r\n", b"a: b\r\n" * (BLOCK // 6)),
        "a request line without end": Kind(b"GET /", b"x" * BLOCK),
        "trailers without end": Kind(chunked + b"1\r\nx\r\n0\r\n", b"a: b\r\n" * (BLOCK // 6)),
        "chunks of one byte": Kind(chunked, b"1\r\nx\r\n" * (BLOCK // 6)),
        "a chunk's extension without end": Kind(chunked + b"1;", b"x" * BLOCK),
        "a body without end": Kind(request("POST /api/v1/sessions", "Content-Length: 10000000000\r\n"), b"x" * BLOCK),
        "bodies that are refused": Kind(b"", request("POST /api/v1/sessions", "Content-Length: 9\r\n", "x" * 9) * 200),
        "what is no HTTP": Kind(b"", b"\x16\x03\x01\x02\x00" * (BLOCK // 5)),
        "HTTP/0.9": Kind(b"", b"GET /\r\n" * 1000),
        "blank lines": Kind(b"", b"\r\n" * (BLOCK // 2)),
        "small requests": Kind(b"", health * 400),
        "snapshots that nobody reads": Kind(b"", snapshot * 400, reads=False),
        "small answers that nobody reads": Kind(b"", health * 400, reads=False),
        "half a head": Kind(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b""),
        "half a body": Kind(request("POST /api/v1/sessions", "Content-Length: 1000\r\n", "x"), b""),
        "half a handshake": Kind(HANDSHAKE[:-20], b""),
        "nothing at all": Kind(b"", b""),
    }


def kinds(thread: str) -> Mapping[str, Kind]:
    """All of them, by name; `thread` is one that is there."""
    return {**_live(thread), **_http(thread)}
