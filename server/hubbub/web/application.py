"""The ASGI application of a web node."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.middleware import Middleware

from hubbub.web import assets, comments, health, pages, sessions, socket, threads
from hubbub.web.edge import BelowPath, ClientAddress, Failures, Origins, RequestLog
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
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]], proxies: Sequence[str] = (), root: str = ""
) -> Starlette:
    """All routes, below the path `root`; `lifespan` puts a Node into `app.state.node`. `proxies` are networks whose
    X-Forwarded-For counts."""
    application = Starlette(
        routes=ROUTES,
        middleware=[
            *([Middleware(BelowPath, root=root)] if root else []),
            Middleware(ClientAddress, proxies=proxies),
            Middleware(RequestLog),
            Middleware(Origins),
            Middleware(Failures),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=lifespan,
    )
    return health.without_redirects(application)
