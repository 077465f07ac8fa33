"""Compression and conditional requests (RFC 9110, 8.4, 8.8 and 12.5.3).

Only answers to GET are compressed. An answer to POST may hold a new token beside what its sender typed, and its
compressed length could reveal the token (BREACH).
"""

import asyncio
import gzip
import re

from starlette.requests import HTTPConnection

LEAST = 1000  # bytes: shorter answers fit into a packet as they are
LEVEL = 4  # as quick as the first for our texts; the sixth takes twice as long for 2 % less
INLINE_BYTES = 64 * 1024  # about 2 ms; longer bodies are compressed in a thread, so that others do not wait

_OPAQUE = re.compile(r'"[^"]*"')


def takes_gzip(request: HTTPConnection) -> bool:
    """Whether the client accepts gzip (with a weight above 0)."""
    for entry in request.headers.get("accept-encoding", "").split(","):
        coding, _, weight = entry.partition(";")
        if coding.strip().lower() in ("gzip", "*"):
            return weight.strip().lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def matches_etag(request: HTTPConnection, tag: str) -> bool:
    """Whether If-None-Match names `tag`, by weak comparison (RFC 9110, 13.1.2)."""
    header = request.headers.get("if-none-match", "")
    return header.strip() == "*" or tag.removeprefix("W/") in _OPAQUE.findall(header)


def compress(body: bytes) -> bytes:
    """Compresses a body; the same body gives the same bytes."""
    return gzip.compress(body, LEVEL, mtime=0)


async def compress_any(body: bytes) -> bytes:
    """Compresses a body of any length, a long one in a thread."""
    return compress(body) if len(body) <= INLINE_BYTES else await asyncio.to_thread(compress, body)
