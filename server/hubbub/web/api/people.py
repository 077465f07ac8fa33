"""/api/v1/sites/{name}/nicks: what helps people to a name. Every handler raises Refused."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.domain.times import now_ms
from hubbub.protocol.answers import NicksAnswer
from hubbub.services.names import draw, reserved_names
from hubbub.services.rate_limits import NICKS_ADDRESS
from hubbub.web.node import node_of
from hubbub.web.requests import caller_of
from hubbub.web.responses import json_response


async def nicks(request: Request) -> Response:
    """Draws three friendly names that are free."""
    node, caller = node_of(request), caller_of(request)
    site = node.sites.get(request.path_params["name"])
    node.sites.check_origin(site.name, caller.origin)
    node.limits.check((NICKS_ADDRESS, caller.address))
    reserved = reserved_names(site, node.members.of_site(site.name))
    drawn = await node.database.read(draw, site.name, reserved, now_ms())
    return json_response(NicksAnswer(drawn), headers={"Cache-Control": "no-store"})


ROUTES = [Route("/api/v1/sites/{name}/nicks", nicks, methods=["GET"])]
