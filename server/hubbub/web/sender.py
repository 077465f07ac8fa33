"""Who sent a command, and whether they are there still."""

from dataclasses import dataclass
from time import monotonic

from starlette.requests import Request

from hubbub.domain.errors import unavailable
from hubbub.transport.base import Presence
from hubbub.transport.commands import AnyWrite, Done
from hubbub.web.state import Node

HELD_UP = 0.25  # s; nobody is back on another connection sooner


@dataclass(frozen=True, slots=True)
class Sender:
    """Whoever waits for a command's answer, since the moment `since` (of `monotonic`) at which it came."""

    since: float
    is_there: Presence

    @classmethod
    def of(cls, request: Request) -> "Sender":
        """The sender of an HTTP request."""

        async def is_there() -> bool:
            return not await request.is_disconnected()

        return cls(request.scope["hubbub.since"], is_there)

    async def carry_out(self, node: Node, command: AnyWrite) -> Done:
        """See Ingest. A command that was held up here, by storage that hung as a rule, and whose sender left is
        dropped: they may have said it again elsewhere, and something else after it."""
        if monotonic() - self.since > HELD_UP and not await self.is_there():
            raise unavailable("You left before this could be done.", retry_after=1)
        return await node.ingest.append(command, self.is_there)
