"""GET /api/v1/openapi.json and /api/v1/asyncapi.json: the API described for programs, made from the types that requests
are read by and from the routes' table."""

from functools import cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.web.api.description.asyncapi import asyncapi
from hubbub.web.api.description.openapi import openapi

DESCRIPTIONS = {"openapi": openapi, "asyncapi": asyncapi}


@cache
def encoded(name: str) -> bytes:
    """A description as JSON."""
    return msgspec.json.encode(DESCRIPTIONS[name]())


async def show(request: Request) -> Response:
    """One of the two."""
    name = request.url.path.rpartition("/")[2].removesuffix(".json")
    return Response(encoded(name), 200, {"Cache-Control": "public, max-age=300"}, "application/json")


ROUTES = [Route(f"/api/v1/{name}.json", show, methods=["GET"]) for name in DESCRIPTIONS]
