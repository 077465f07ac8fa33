"""CORS: a page may use the API from an allowed origin only (Fetch standard, 3.2)."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubbub.domain.errors import Refused
from hubbub.web.origin_checks import check_page
from hubbub.web.responses import error_response

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REQUEST_HEADERS = ("authorization", "content-type", "if-none-match")
ANSWER_HEADERS = ("ETag", "Retry-After", "X-Request-Id")


class Cors(CORSMiddleware):
    """Starlette's CORS for /api, where a foreign origin is refused with a coded error before anything is done."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, allow_methods=METHODS, allow_headers=REQUEST_HEADERS, expose_headers=ANSWER_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers preflights, refuses foreign origins, adds the headers to all other answers."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            check_page(connection)
        except Refused as refused:
            response = error_response(refused)
            _add_headers(response.headers)
            response.headers.add_vary_header("Origin")
            await response(scope, receive, send)
            return
        await super().__call__(scope, receive, send)

    def is_allowed_origin(self, origin: str) -> bool:
        """All that `check_page` has let through."""
        return True

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        """Adds what every answer of the API has."""
        if message["type"] == "http.response.start":
            _add_headers(MutableHeaders(scope=message))
        await super().send(message, send, request_headers)


def _add_headers(headers: MutableHeaders) -> None:
    headers.add_vary_header("Accept, Authorization")
    headers["X-Content-Type-Options"] = "nosniff"
