"""What requests are prepared with, and what each is about."""

from dataclasses import dataclass

from hubbub.domain.actor import Actor
from hubbub.domain.model import Comment
from hubbub.services.history import History, ThreadRef
from hubbub.services.rate_limits import RateLimits
from hubbub.services.sites import Sites
from hubbub.storage.engine import Database
from hubbub.transport.base import CommandBus


@dataclass(frozen=True, slots=True)
class Services:
    """One web node's services."""

    database: Database
    command_bus: CommandBus
    history: History
    sites: Sites
    limits: RateLimits


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about: a thread, or a comment of it. `actor` asks for it, and may; `address` is the network
    address that rate limits count by."""

    actor: Actor
    address: str
    thread: ThreadRef
    found: Comment | None = None

    @property
    def comment(self) -> Comment:
        """The comment of a request about one."""
        assert self.found is not None, "expected a request about a comment"
        return self.found
