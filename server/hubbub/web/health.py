"""For orchestrators and dashboards."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hubbub.web.state import node_of


async def healthz(request: Request) -> Response:
    """The process lives; nothing else is asked, so that a storage outage restarts nobody."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """200 when requests can be served: storage answers."""
    try:
        await node_of(request).database.read(lambda db: db.execute(text("SELECT 1")).scalar())
    except Exception as error:
        return JSONResponse({"status": "unavailable", "storage": type(error).__name__}, 503)
    return JSONResponse({"status": "ok"})


async def metrics(request: Request) -> Response:
    """Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


ROUTES = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
