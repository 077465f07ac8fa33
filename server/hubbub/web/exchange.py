"""Reading requests and writing answers, with coded errors."""

from collections.abc import Mapping
from math import ceil
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused, bad_request, http_status
from hubbub.domain.limits import FRAME_BYTES
from hubbub.metrics import REFUSED
from hubbub.protocol.codec import JSON, convert
from hubbub.protocol.messages import error_view
from hubbub.services.caller import Caller
from hubbub.services.refusals import refusal_of
from hubbub.web.compression import LEAST, compress_any, takes_gzip
from hubbub.web.state import node_of

T = TypeVar("T")


def reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`value` as JSON."""
    return Response(JSON.encode(value), status, headers, JSON.media_type)


async def found(request: Request, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """What a GET asked for, encoded already, and compressed where the client takes that."""
    told = {**(headers or {}), "Vary": "Accept-Encoding"}
    if len(body) >= LEAST and takes_gzip(request):
        body, told["Content-Encoding"] = await compress_any(body), "gzip"
    return Response(body, 200, told, JSON.media_type)


async def read_body(request: Request, kind: type[T], limit: int = FRAME_BYTES) -> T:
    """The request's body as `kind`, an empty one as {}; Refused `bad_request` or `too_large` (`limit` in bytes)."""
    too_large = Refused(ErrorCode.TOO_LARGE, f"A request may have {limit // 1024} KiB.")
    if int(request.headers.get("content-length", 0)) > limit:  # uvicorn has refused what is no number
        raise too_large
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > limit:
            raise too_large
    if not data:
        return convert({}, kind)
    return convert(JSON.decode(bytes(data)), kind)


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


def failure(refused: Refused) -> Response:
    """A refusal as an answer."""
    REFUSED.labels(refused.code).inc()
    headers = {} if refused.retry_after is None else {"Retry-After": str(ceil(refused.retry_after))}
    return reply({"error": error_view(refused)}, http_status(refused.code), headers)


async def on_error(request: Request, error: Exception) -> Response:
    """Starlette's handler for what requests are refused with."""
    return failure(refusal_of(error, "request_failed", path=request.url.path))


async def on_http_error(request: Request, error: Exception) -> Response:
    """Starlette's own errors (no such route or method) in our form."""
    assert isinstance(error, HTTPException)
    code = ErrorCode.NOT_FOUND if error.status_code == 404 else ErrorCode.BAD_REQUEST
    REFUSED.labels(code).inc()
    view = error_view(Refused(code, f"{error.detail}."))
    return reply({"error": view}, error.status_code, error.headers)


EXCEPTION_HANDLERS = {
    Refused: on_error,
    HTTPException: on_http_error,
    DBAPIError: on_error,
}
