"""Unexpected errors become coded answers.

Starlette's ServerErrorMiddleware is not used: it stands outside of all other middleware, so its answers have neither
CORS headers nor a request id, and it knows no cancellation.
"""

import asyncio

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubbub.domain.errors import unavailable
from hubbub.services.refusals import refusal_of
from hubbub.web.responses import error_response


class Errors:
    """Logs an unexpected error, and answers with `internal` unless the answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises only what happens after the answer has begun."""
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
        except asyncio.CancelledError:  # the server shuts down and waits no longer
            if started:
                raise
            refused = unavailable("The server is being restarted; please try again.", retry_after=1)
            await error_response(refused)(scope, receive, send)
        except ClientDisconnect:
            return  # nobody waits for the answer
        except Exception as error:
            refused = refusal_of(error, "request_failed", path=scope["path"])
            if started:
                raise
            await error_response(refused)(scope, receive, send)
