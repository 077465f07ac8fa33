"""Requests that write, over HTTP: a route for each handler of `services.handlers`; and the preview of what is being
written. They raise Refused."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.protocol.answers import PreviewAnswer
from hubbub.protocol.requests.posting import PreviewBody
from hubbub.services.handlers import HANDLERS, Handler, body_type, prepare
from hubbub.services.posting import preview
from hubbub.web.node import node_of
from hubbub.web.requester import Requester, answer_fields
from hubbub.web.requests import caller_of, read_body
from hubbub.web.responses import json_response


def _endpoint(handler: Handler[Any]) -> Callable[[Request], Awaitable[Response]]:
    body = body_type(handler)

    async def endpoint(request: Request) -> Response:
        node, caller = node_of(request), caller_of(request)
        asked = msgspec.structs.asdict(await read_body(request, body))
        prepared = await prepare(node, caller, handler.request(ref=0, **request.path_params, **asked))
        done = await Requester.of(request).submit(node, prepared.command)
        return json_response(answer_fields(node, prepared.shows, done, prepared.actor), handler.status)

    return endpoint


async def show_preview(request: Request) -> Response:
    """The HTML of a text, as a comment would show it."""
    body = await read_body(request, PreviewBody)
    html = await preview(node_of(request), caller_of(request), request.path_params["thread"], body.text)
    return json_response(PreviewAnswer(html), headers={"Cache-Control": "no-store"})


ROUTES = [
    *(Route(handler.path, _endpoint(handler), methods=[handler.method]) for handler in HANDLERS.values()),
    Route("/api/v1/threads/{thread}/preview", show_preview, methods=["POST"]),
]
