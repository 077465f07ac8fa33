"""A site's staff, for `hubbub token`, `hubbub link` and `hubbub staff` alone. Every handler raises Refused."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.domain.actor import Actor, check
from hubbub.domain.model import Role
from hubbub.domain.permissions import Permission
from hubbub.protocol.requests.sites import MemberBody, RevokeBody
from hubbub.services.identity import staff_name
from hubbub.web.node import node_of
from hubbub.web.requests import actor_of, read_body
from hubbub.web.responses import json_response


async def put(request: Request) -> Response:
    """Makes somebody a member of a site's staff, unless they are."""
    site, actor = _named_by_operator(request)
    body = await read_body(request, MemberBody)
    await node_of(request).members.put(site, staff_name(Role(body.role), body.name), Role(body.role), actor)
    return json_response({"site": site})


async def revoke(request: Request) -> Response:
    """Revokes all tokens of a name."""
    site, actor = _named_by_operator(request)
    body = await read_body(request, RevokeBody)
    await node_of(request).members.revoke(site, staff_name(Role.MODERATOR, body.name), actor)
    return json_response({"site": site})


def _named_by_operator(request: Request) -> tuple[str, Actor]:
    name: str = request.path_params["name"]
    return name, check(actor_of(request), Permission.CHANGE_STAFF, name)


ROUTES = [
    Route("/api/v1/sites/{name}/staff", put, methods=["PUT"]),
    Route("/api/v1/sites/{name}/staff", revoke, methods=["DELETE"]),
]
