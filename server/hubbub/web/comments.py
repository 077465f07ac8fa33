"""Comments over HTTP: post, edit, remove, restore. Every handler raises Refused."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.protocol.commands import EditBody, EmptyBody, PostBody, ReasonBody
from hubbub.protocol.views import comment_views
from hubbub.transport.commands import AnyWrite
from hubbub.web.exchange import actor_of, caller_of, read_body, reply
from hubbub.web.sender import Sender
from hubbub.web.state import node_of


async def post(request: Request) -> Response:
    """Posts a comment; 201 once it is on disk, and the same answer to every retry."""
    caller, thread = caller_of(request), request.path_params["thread"]
    body = await read_body(request, PostBody)
    command = await node_of(request).posting.post(caller, thread, body.id, body.body, body.parent)
    return await _carry_out(request, command, 201)


async def edit(request: Request) -> Response:
    """Rewrites a comment."""
    body = await read_body(request, EditBody)
    command = await node_of(request).posting.edit(caller_of(request), request.path_params["comment"], body.body)
    return await _carry_out(request, command)


async def remove(request: Request) -> Response:
    """Takes a comment out of sight."""
    body = await read_body(request, ReasonBody)
    caller, comment = caller_of(request), request.path_params["comment"]
    return await _carry_out(request, await node_of(request).moderation.remove(caller, comment, body.reason))


async def restore(request: Request) -> Response:
    """Brings a comment back."""
    caller, comment = caller_of(request), request.path_params["comment"]
    await read_body(request, EmptyBody)
    return await _carry_out(request, await node_of(request).moderation.restore(caller, comment))


async def _carry_out(request: Request, command: AnyWrite, status: int = 200) -> Response:
    done = await Sender.of(request).carry_out(node_of(request), command)
    assert done.comment is not None
    assert done.thread is not None
    (view,) = comment_views([done.comment], actor_of(request), done.thread.site)
    return reply({"comment": view}, status)


ROUTES = [
    Route("/api/v1/threads/{thread}/comments", post, methods=["POST"]),
    Route("/api/v1/comments/{comment}", edit, methods=["PATCH"]),
    Route("/api/v1/comments/{comment}", remove, methods=["DELETE"]),
    Route("/api/v1/comments/{comment}/restore", restore, methods=["POST"]),
]
