"""The ASGI application of a web node."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.middleware import Middleware

from hubbub.web import assets, comments, health, pages, sessions, socket, threads
from hubbub.web.edge import ClientAddress, Failures, Origins, RequestLog
from hubbub.web.exchange import EXCEPTION_HANDLERS

ROUTES = [
    *health.ROUTES,
    *threads.ROUTES,
    *comments.ROUTES,
    *sessions.ROUTES,
    *socket.ROUTES,
    *assets.ROUTES,
    *pages.ROUTES,
]


def make_application(
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]], proxies: Sequence[str] = ()
) -> Starlette:
    """All routes; `lifespan` puts a Node into `app.state.node`. `proxies` are networks whose X-Forwarded-For counts."""
    return Starlette(
        routes=ROUTES,
        middleware=[
            Middleware(ClientAddress, proxies=proxies),
            Middleware(RequestLog),
            Middleware(Origins),
            Middleware(Failures),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=lifespan,
    )
