"""/api/v1/sites/{name}/queue: what waits for staff, and what they took out of sight. Every handler raises Refused."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.domain.errors import bad_request
from hubbub.domain.model import State
from hubbub.domain.sizes import PAGE_COMMENTS, PAGE_COMMENTS_MAX
from hubbub.services.queue import queue
from hubbub.web.node import node_of
from hubbub.web.requests import caller_of, number_of
from hubbub.web.responses import json_response

STATES = {str(state): state for state in (State.HELD, State.SPAM, State.REMOVED)}


async def show(request: Request) -> Response:
    """A page of what is in a state, and the cursor of the next one."""
    state = STATES.get(request.query_params.get("state", State.HELD))
    if state is None:
        raise bad_request("`state` must be held, spam or removed.")
    limit = number_of(request, "limit", most=PAGE_COMMENTS_MAX, least=1) or PAGE_COMMENTS
    cursor = request.query_params.get("cursor")
    answer = await queue(node_of(request), caller_of(request), request.path_params["name"], state, limit, cursor)
    return json_response(answer, headers={"Cache-Control": "no-store"})


ROUTES = [Route("/api/v1/sites/{name}/queue", show, methods=["GET"])]
