"""The ASGI application of a web node."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from hubbub.web import health
from hubbub.web.api import commands, comments, description, feeds, me, people, queue, sessions, staff, threads
from hubbub.web.live import handshake
from hubbub.web.middleware.access_log import AccessLog
from hubbub.web.middleware.client_address import ClientAddress
from hubbub.web.middleware.cors import Cors
from hubbub.web.middleware.errors import Errors
from hubbub.web.middleware.root_path import RootPath
from hubbub.web.pages import assets, views
from hubbub.web.responses import EXCEPTION_HANDLERS

ROUTES = [
    *health.ROUTES,
    *threads.ROUTES,
    *comments.ROUTES,
    *feeds.ROUTES,
    *commands.ROUTES,
    *sessions.ROUTES,
    *me.ROUTES,
    *people.ROUTES,
    *queue.ROUTES,
    *staff.ROUTES,
    *description.ROUTES,
    *assets.ROUTES,
    *views.ROUTES,
]


def make_application(
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]],
    proxies: Sequence[str] = (),
    root: str = "",
    more: Sequence[BaseRoute] = (),
) -> Starlette:
    """The application with all routes and some `more`, below the path `root`. `lifespan` sets `app.state.node`.
    `proxies` are the networks whose X-Forwarded-For counts."""
    application = Starlette(
        routes=[*handshake.ROUTES, *more, *ROUTES],  # tried one after the other: first what each reader comes through
        middleware=[
            *([Middleware(RootPath, root=root)] if root else []),
            Middleware(ClientAddress, proxies=proxies),
            Middleware(AccessLog),
            Middleware(Cors),
            Middleware(Errors),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=lifespan,
    )
    return health.without_redirects(application)
