"""What happens to every request before and after its handler: who asks, from where, which page, and what is logged.

Plain ASGI, so that nothing stands between a handler and its socket.
"""

import asyncio
import secrets
from collections.abc import Sequence
from time import monotonic

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubbub.domain.errors import ErrorCode, Refused, unavailable
from hubbub.web.exchange import failure
from hubbub.web.forwarded import Address, Proxies, hops_of, network_of, parse, read_hop
from hubbub.web.who_asks import check_page

log = structlog.get_logger("hubbub.access")


class BelowPath:
    """Takes `root`, the path that this server is below, off each request; a proxy may have done so already."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Changes scope["path"]."""
        if scope["type"] in ("http", "websocket") and f"{scope['path']}/".startswith(f"{self._root}/"):
            scope["path"] = scope["path"].removeprefix(self._root) or "/"
        await self._app(scope, receive, send)


class ClientAddress:
    """Finds the client's network address; forwarded headers count only from the proxies that were configured: networks,
    or `unix` for whoever comes over a Unix socket."""

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        self._app = app
        self._proxies = Proxies(proxies)
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sets scope["hubbub.address"], and scope["hubbub.proxied"]: whether one of our proxies brought this."""
        if scope["type"] in ("http", "websocket"):
            client = scope.get("client")
            peer = parse(client[0]) if client else None
            scope["hubbub.proxied"] = self._proxies.unix if client is None else peer in self._proxies
            if scope["hubbub.proxied"]:
                peer = self._client(peer, hops_of(Headers(scope=scope).getlist("x-forwarded-for")))
            scope["hubbub.address"] = network_of(peer)
        await self._app(scope, receive, send)

    def _client(self, proxy: Address | None, hops: list[str]) -> Address | None:
        """The last address that is not one of our proxies: what stands before it anybody may have made up. Where that
        can't be read it is the proxy that said it."""
        while hops:
            said = hops.pop()
            found = read_hop(said)
            if found is None:
                self._warn(said)
                return proxy
            if found not in self._proxies:
                return found
            proxy = found
        return proxy

    def _warn(self, said: str) -> None:
        if not self._warned:
            self._warned = True
            hint = "all clients of whom the proxy says no address share the proxy's own limits"
            log.warning("forwarded_address_unreadable", entry=said[:100], hint=hint)


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
                line = {"method": scope.get("method", "WS"), "path": scope["path"], "status": status, "ms": ms}
                if status >= 500:  # seen at the usual level, where nobody's address is kept
                    log.warning("request", **line)
                else:
                    log.debug("request", **line, address=scope["hubbub.address"])


class Origins:
    """Same-origin policy for /api: a page's request comes from an allowed origin or is refused, with coded errors."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers preflights, refuses foreign origins, adds the CORS headers (Fetch standard, 3.2)."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        origin, refused = None, None
        try:
            origin = check_page(HTTPConnection(scope))
        except Refused as error:
            refused = error

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin, Accept, Authorization")
                headers["X-Content-Type-Options"] = "nosniff"
                if origin is not None:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Expose-Headers"] = "ETag, Retry-After, X-Request-Id"
            await send(message)

        if refused is not None:
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
