"""/api/v1/sites/{name}/nicks: what helps people to a name. Every handler raises Refused."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.domain.actor import Actor
from hubbub.domain.model import Names
from hubbub.domain.times import now_ms
from hubbub.protocol.answers import NicksAnswer
from hubbub.services.names import Claim, check_name, draw, is_reserved, reserved_names
from hubbub.services.rate_limits import NICKS_ADDRESS
from hubbub.web.node import Node, node_of
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


async def check_guest_name(node: Node, actor: Actor) -> None:
    """Refused `name_taken`, with names that are free, where a guest can't write under a name. The worker checks it
    again where names are kept."""
    site = node.sites.get(actor.site)
    reserved = reserved_names(site, node.members.of_site(site.name))
    kept = site.settings.names == Names.KEPT
    if kept or is_reserved(actor.name, reserved):
        check = partial(check_name, kept=kept)
        await node.database.read(check, Claim(site.name, actor.id, actor.name), reserved, now_ms())


ROUTES = [Route("/api/v1/sites/{name}/nicks", nicks, methods=["GET"])]
