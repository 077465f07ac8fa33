"""What happens to every request before and after its handler: who asks, from where, which page, and what is logged.

Plain ASGI, so that nothing stands between a handler and its socket.
"""

import asyncio
import secrets
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubbub.domain.errors import ErrorCode, Refused, forbidden, unavailable
from hubbub.web.exchange import failure

log = structlog.get_logger("hubbub.access")


class ClientAddress:
    """Finds the client's network address; forwarded headers count only from the proxies that were configured."""

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        self._app = app
        self._proxies = [ip_network(proxy, strict=False) for proxy in proxies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sets scope["hubbub.address"]."""
        if scope["type"] in ("http", "websocket"):
            client = scope.get("client")
            scope["hubbub.address"] = self._client(client[0] if client else "local", Headers(scope=scope))
        await self._app(scope, receive, send)

    def _client(self, peer: str, headers: Headers) -> str:
        """The last address of X-Forwarded-For that is not one of our proxies: what stands before it anybody may
        have made up."""
        hops = [hop.strip() for line in headers.getlist("x-forwarded-for") for hop in line.split(",")]
        while hops and self._is_proxy(peer):
            peer = hops.pop()
        return _network(peer)

    def _is_proxy(self, address: str) -> bool:
        parsed = _parse(address)
        return parsed is not None and any(parsed in network for network in self._proxies)


@lru_cache(4096)
def _parse(address: str) -> IPv4Address | IPv6Address | None:
    """An address, IPv4 as such even where a dual-stack socket shows it as IPv6; None for what is none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


@lru_cache(4096)
def _network(address: str) -> str:
    """IPv6 clients own a /64 at least, so limits count by that."""
    parsed = _parse(address)
    if parsed is None:
        return "unknown"
    return str(parsed) if parsed.version == 4 else str(ip_network(f"{parsed}/64", strict=False))


class RequestLog:
    """Gives each request an id, logs it when it ends, without query strings, and answers with the id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Binds `request` to all log lines of the request; sets scope["hubbub.since"]."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(6)
        status = 0
        started = scope["hubbub.since"] = monotonic()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                ms = round((monotonic() - started) * 1000, 1)
                note = log.warning if status >= 500 else log.debug
                note(
                    "request",
                    method=scope.get("method", "WS"),
                    path=scope["path"],
                    status=status,
                    ms=ms,
                    address=scope["hubbub.address"],
                )


class Origins:
    """Same-origin policy for /api: a page's request comes from an allowed origin or is refused, with coded errors."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers preflights, refuses foreign origins, adds the CORS headers (Fetch standard, 3.2)."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        origin = Headers(scope=scope).get("origin")
        allowed = origin is not None and scope["app"].state.node.sites.knows_origin(origin)

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin, Accept, Authorization")
                headers["X-Content-Type-Options"] = "nosniff"
                if origin is not None and allowed:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Expose-Headers"] = "ETag, Retry-After, X-Request-Id"
            await send(message)

        if origin is not None and not allowed:
            refused = forbidden("This page's address is not among the allowed origins.")
            await failure(Request(scope), refused)(scope, receive, send_with_cors)
        elif scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send_with_cors)
        else:
            await self._app(scope, receive, send_with_cors)


class Failures:
    """Our own faults: logged, and answered with a coded error as long as nothing was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets no exception of an HTTP handler out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except asyncio.CancelledError:  # the server ends and waits no longer
            if started:
                raise
            refused = unavailable("The server is being restarted; please try again.", retry_after=1)
            await failure(Request(scope), refused)(scope, receive, send)
        except ClientDisconnect:
            return  # who left in the middle of a request waits for no answer
        except Exception:
            log.exception("request_failed", path=scope["path"])
            if started:
                raise
            refused = Refused(ErrorCode.INTERNAL, "Something went wrong here; the fault is ours.")
            await failure(Request(scope), refused)(scope, receive, send)


_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "authorization, content-type, if-none-match",
    "Access-Control-Max-Age": "600",
}
