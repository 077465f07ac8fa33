"""Health checks and metrics, for orchestrators, load balancers and dashboards."""

import asyncio
from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from hubbub.services.refusals import storage_unavailable
from hubbub.storage.engine import Database
from hubbub.web.node import node_of
from hubbub.web.origin_checks import check_host
from hubbub.web.responses import error_response

PART_TIMEOUT = 0.8  # s for an answer of each part; load balancers wait for about a second


async def healthz(request: Request) -> Response:
    """200 while the process lives. It checks nothing else, so that an outage elsewhere restarts no process."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """503 while storage is away, since nothing can be served then. While only Redis is away, readers are served a
    moment later (by comparing heads), and posts are refused with `unavailable`. That is 200 with `delayed`: a load
    balancer that took all nodes out would turn a delay into an outage."""
    node = node_of(request)
    fault = await _fault(node.database.check())
    if fault is not None:
        return JSONResponse({"status": "unavailable", "storage": fault}, 503)
    if not (node.bus.healthy and node.command_bus.healthy):
        return JSONResponse({"status": "delayed", "redis": "refuses" if node.bus.healthy else "away"})
    return JSONResponse({"status": "ok"})


async def metrics(request: Request) -> Response:
    """Prometheus' text format. A web page cannot read it."""
    check_host(request)
    await _fault(node_of(request).growth.refresh())
    return await numbers(request)


async def numbers(request: Request) -> Response:
    """The same for a process without pages, which needs no check of the Host header."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def without_redirects(application: Starlette) -> Starlette:
    """Turns off Starlette's redirects for a trailing slash: they are made from the Host header, which anybody can make
    up."""
    application.router.redirect_slashes = False
    return application


def worker_application(database: Database, ping_redis: Callable[[], Awaitable[object]]) -> Starlette:
    """The HTTP application of a worker. It is ready when it reaches storage and Redis."""

    async def ready(request: Request) -> Response:
        storage, redis = await asyncio.gather(_fault(database.check()), _fault(ping_redis()))
        faults = {name: fault for name, fault in (("storage", storage), ("redis", redis)) if fault is not None}
        return JSONResponse({"status": "unavailable", **faults}, 503) if faults else JSONResponse({"status": "ok"})

    routes = [Route("/healthz", healthz), Route("/readyz", ready), Route("/metrics", numbers)]
    return without_redirects(Starlette(routes=routes))


def waiting_application() -> Starlette:
    """The HTTP application of a web node or worker that waits for storage at its start: healthy, not ready."""

    async def unready(request: Request) -> Response:
        return JSONResponse({"status": "unavailable", "storage": "away"}, 503)

    async def not_yet(scope: Scope, receive: Receive, send: Send) -> None:
        await error_response(storage_unavailable())(scope, receive, send)  # handshakes too: 503 asks to come again

    routes = [Route("/healthz", healthz), Route("/readyz", unready), Route("/metrics", numbers), Mount("/", not_yet)]
    return without_redirects(Starlette(routes=routes))


async def _fault(question: Awaitable[object]) -> str | None:
    """The name of the error, if there is one, or of the timeout."""
    try:
        async with asyncio.timeout(PART_TIMEOUT):
            await question
    except Exception as error:
        return type(error).__name__
    return None


ROUTES = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
