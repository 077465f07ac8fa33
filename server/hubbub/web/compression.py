"""Which form of an answer a client takes, and which it has already (RFC 9110, 8.4, 8.8 and 12.5.3).

Answers to GET alone are compressed. Those to POST may hold a new token beside what its sender typed, and the length of
such an answer could tell of the token (BREACH).
"""

import asyncio
import gzip
import re

from starlette.requests import HTTPConnection

LEAST = 1000  # bytes: shorter answers fit into a packet as they are
LEVEL = 4  # as quick as the first for our texts; the sixth takes twice as long for 2 % less
AT_ONCE = 64 * 1024  # bytes, some 2 ms; a thread takes what is longer, so that nobody waits meanwhile

_OPAQUE = re.compile(r'"[^"]*"')


def takes_gzip(request: HTTPConnection) -> bool:
    """Whether the client takes gzip; one that weighs it 0 does not."""
    for entry in request.headers.get("accept-encoding", "").split(","):
        coding, _, weight = entry.partition(";")
        if coding.strip().lower() in ("gzip", "*"):
            return weight.strip().lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def is_known(request: HTTPConnection, tag: str) -> bool:
    """Whether the client says that it has what `tag` names, compared weakly (RFC 9110, 13.1.2)."""
    header = request.headers.get("if-none-match", "")
    return header.strip() == "*" or tag.removeprefix("W/") in _OPAQUE.findall(header)


def compress(body: bytes) -> bytes:
    """The same bytes for the same body."""
    return gzip.compress(body, LEVEL, mtime=0)


async def compress_any(body: bytes) -> bytes:
    """The same, for bodies of any length."""
    return compress(body) if len(body) <= AT_ONCE else await asyncio.to_thread(compress, body)
