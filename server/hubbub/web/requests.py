"""Reading requests: body, token, query."""

from typing import TypeVar

from starlette.requests import Request

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused, bad_request
from hubbub.domain.sizes import FRAME_BYTES
from hubbub.protocol.codec import JSON, convert
from hubbub.services.caller import Caller
from hubbub.web.node import node_of

T = TypeVar("T")


async def read_body(request: Request, kind: type[T], limit: int = FRAME_BYTES) -> T:
    """The request's body as `kind`, an empty one as {}; Refused `bad_request` or `too_large` (`limit` in bytes)."""
    data = await read_bytes(request, limit)
    if not data:
        return convert({}, kind)
    return convert(JSON.decode(data), kind)


async def read_bytes(request: Request, limit: int) -> bytes:
    """The request's body; Refused `too_large` (`limit` in bytes)."""
    too_large = Refused(ErrorCode.TOO_LARGE, f"A request may have {limit // 1024} KiB.")
    if int(request.headers.get("content-length", 0)) > limit:  # uvicorn has refused what is no number
        raise too_large
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > limit:
            raise too_large
    return bytes(data)


def actor_of(request: Request) -> Actor | None:
    """The bearer of the request's token, None without one; Refused `unauthorized` for one that is not valid."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "bearer":
        raise Refused(ErrorCode.UNAUTHORIZED, "Send the token as `Authorization: Bearer …`.")
    return node_of(request).identity.read(token.strip())


def caller_of(request: Request) -> Caller:
    """Who sent the request, and from where; Refused `unauthorized` for a token that is not valid."""
    return Caller(actor_of(request), request.headers.get("origin"), request.scope["hubbub.address"])


def number_of(request: Request, name: str, *, most: int, least: int = 0) -> int | None:
    """A whole number from the query, None without one; Refused `bad_request` if not from `least` to `most`."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 17 and least <= int(text) <= most):
        raise bad_request(f"`{name}` must be a whole number from {least} to {most}.")
    return int(text)


def text_of(request: Request, name: str) -> str:
    """A text from the query; Refused `bad_request` if it is missing."""
    text = request.query_params.get(name)
    if not text:
        raise bad_request(f"`{name}` is missing.")
    return text
