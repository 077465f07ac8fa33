"""The access log, and the id that each request has in it."""

import secrets
from time import monotonic

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("hubbub.access")


class AccessLog:
    """Logs each request when it ends, without its query. The log line and the answer carry the request's id."""

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
