"""For orchestrators, load balancers and dashboards."""

import asyncio
from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from hubbub.domain.errors import unavailable
from hubbub.storage.engine import Database
from hubbub.web.exchange import failure
from hubbub.web.state import node_of
from hubbub.web.who_asks import check_host

PATIENCE = 0.8  # s for an answer of each part; who asks waits a second or so


async def healthz(request: Request) -> Response:
    """The process lives; nothing else is asked, so that an outage elsewhere restarts nobody."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """503 when storage is away, since then nothing can be served. While Redis alone is away, readers are served a
    moment later (by comparing heads) and posts are refused with `unavailable`; a load balancer that took all nodes out
    would make an outage of that, so it is 200, and says so."""
    node = node_of(request)
    fault = await _fault(node.database.check())
    if fault is not None:
        return JSONResponse({"status": "unavailable", "storage": fault}, 503)
    if not (node.bus.healthy and node.ingest.healthy):
        return JSONResponse({"status": "delayed", "redis": "refuses" if node.bus.healthy else "away"})
    return JSONResponse({"status": "ok"})


async def metrics(request: Request) -> Response:
    """Prometheus' text format, for nobody's page."""
    check_host(request)
    await _fault(node_of(request).growth.refresh())
    return await numbers(request)


async def numbers(request: Request) -> Response:
    """The same of a process that has no pages, and so no name."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def without_redirects(application: Starlette) -> Starlette:
    """Starlette would send who added a slash to an address made from the Host header, which anybody can make up."""
    application.router.redirect_slashes = False
    return application


def worker_application(database: Database, ping_redis: Callable[[], Awaitable[object]]) -> Starlette:
    """What a worker answers. It is ready when it reaches both of what it stands between."""

    async def ready(request: Request) -> Response:
        storage, redis = await asyncio.gather(_fault(database.check()), _fault(ping_redis()))
        faults = {name: fault for name, fault in (("storage", storage), ("redis", redis)) if fault is not None}
        return JSONResponse({"status": "unavailable", **faults}, 503) if faults else JSONResponse({"status": "ok"})

    routes = [Route("/healthz", healthz), Route("/readyz", ready), Route("/metrics", numbers)]
    return without_redirects(Starlette(routes=routes))


def waiting_application() -> Starlette:
    """What a web node or worker answers that waits for storage at the start: it lives, and can do nothing else yet."""

    async def unready(request: Request) -> Response:
        return JSONResponse({"status": "unavailable", "storage": "away"}, 503)

    async def not_yet(scope: Scope, receive: Receive, send: Send) -> None:
        refused = unavailable("Storage is not available; please try again.", 1)
        await failure(HTTPConnection(scope), refused)(scope, receive, send)  # handshakes too: 503 asks to come again

    routes = [Route("/healthz", healthz), Route("/readyz", unready), Route("/metrics", numbers), Mount("/", not_yet)]
    return without_redirects(Starlette(routes=routes))


async def _fault(question: Awaitable[object]) -> str | None:
    """The name of what went wrong, if anything did, within PATIENCE."""
    try:
        async with asyncio.timeout(PATIENCE):
            await question
    except Exception as error:
        return type(error).__name__
    return None


ROUTES = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
