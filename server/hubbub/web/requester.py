"""The sender that waits for a command's answer, over HTTP or on a live connection: whether it is still connected, and
what it is told."""

from dataclasses import dataclass
from time import monotonic

from starlette.requests import Request

from hubbub.commands import AnyWrite
from hubbub.commands.base import Done
from hubbub.domain.actor import Actor, may_read_body
from hubbub.domain.errors import unavailable
from hubbub.domain.events import thread_topic
from hubbub.domain.held import as_its_author_sees
from hubbub.domain.permissions import Permission
from hubbub.protocol.views import comment_views, held_view, thread_view
from hubbub.services.base import Services
from hubbub.services.handlers import Shows
from hubbub.transport.base import IsConnected
from hubbub.web.node import Node

MAX_DELAY_UNCHECKED = 0.25  # s; nobody is back on another connection sooner


@dataclass(frozen=True, slots=True)
class Requester:
    """The sender of a command that came at `since` (of `monotonic`)."""

    since: float
    is_connected: IsConnected

    @classmethod
    def of(cls, request: Request) -> "Requester":
        """The requester of an HTTP request."""

        async def is_connected() -> bool:
            return not await request.is_disconnected()

        return cls(request.scope["hubbub.since"], is_connected)

    async def submit(self, services: Services, command: AnyWrite) -> Done:
        """Has the worker carry a command out (see CommandBus). A command that was delayed here, as a rule by
        storage that hung, and whose requester has disconnected is dropped: they may have sent it again elsewhere,
        and something else after it. Raises Refused."""
        if monotonic() - self.since > MAX_DELAY_UNCHECKED and not await self.is_connected():
            raise unavailable("You left before this could be done.", retry_after=1)
        return await services.command_bus.submit(command, self.is_connected)


def answer_fields(node: Node, shows: Shows, done: Done, viewer: Actor) -> dict[str, object]:
    """What the answer to a request carries, as `viewer` may see it."""
    assert done.thread is not None
    if shows is Shows.THREAD:
        return {"thread": thread_view(done.thread, node.hub.watching(thread_topic(done.thread.id)))}
    assert done.comment is not None
    if not done.comment.number:
        comment = done.comment if viewer.may(Permission.APPROVE) else as_its_author_sees(done.comment)
        return {"comment": held_view(comment, with_body=may_read_body(viewer, comment, done.thread.site))}
    mine = {} if done.mine is None else {done.comment.id: done.mine}
    (view,) = comment_views([done.comment], viewer, done.thread.site, done.thread.pinned, mine)
    return {"comment": view}
