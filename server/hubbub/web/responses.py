"""Writing answers: JSON, and coded errors."""

from collections.abc import Mapping
from math import ceil

from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hubbub.domain.errors import ErrorCode, Refused, http_status
from hubbub.metrics import REFUSED
from hubbub.protocol.codec import JSON
from hubbub.protocol.messages import error_view
from hubbub.services.refusals import refusal_of
from hubbub.web.compression import LEAST, compress_any, takes_gzip


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`value` as JSON."""
    return Response(JSON.encode(value), status, headers, JSON.media_type)


async def compressed_json(request: Request, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """An answer to GET that is encoded already, compressed if the client accepts that."""
    told = {**(headers or {}), "Vary": "Accept-Encoding"}
    if len(body) >= LEAST and takes_gzip(request):
        body, told["Content-Encoding"] = await compress_any(body), "gzip"
    return Response(body, 200, told, JSON.media_type)


def error_response(refused: Refused) -> Response:
    """The answer for a refusal."""
    REFUSED.labels(refused.code).inc()
    headers = {} if refused.retry_after is None else {"Retry-After": str(ceil(refused.retry_after))}
    return json_response({"error": error_view(refused)}, http_status(refused.code), headers)


async def on_error(request: Request, error: Exception) -> Response:
    """Starlette's handler for the exceptions that refuse a request."""
    return error_response(refusal_of(error, "request_failed", path=request.url.path))


async def on_http_error(request: Request, error: Exception) -> Response:
    """Starlette's handler for its own errors (no such route or method), in our form."""
    assert isinstance(error, HTTPException)
    code = ErrorCode.NOT_FOUND if error.status_code == 404 else ErrorCode.BAD_REQUEST
    REFUSED.labels(code).inc()
    view = error_view(Refused(code, f"{error.detail}."))
    return json_response({"error": view}, error.status_code, error.headers)


EXCEPTION_HANDLERS = {
    Refused: on_error,
    HTTPException: on_http_error,
    DBAPIError: on_error,
}
