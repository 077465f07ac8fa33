"""The services put together over a real database and a running worker."""

from collections.abc import Awaitable
from dataclasses import dataclass

import pytest

from hubbub.commands import AnyWrite
from hubbub.commands.posting import PostComment
from hubbub.domain.errors import Refused
from hubbub.protocol.requests import WriteRequest
from hubbub.protocol.requests.moderation import Remove, Restore
from hubbub.protocol.requests.posting import Edit, Post
from hubbub.protocol.requests.threads import Close, Reopen
from hubbub.services import base
from hubbub.services.caller import Caller
from hubbub.services.handlers import prepare
from hubbub.services.history import History
from hubbub.services.rate_limits import RateLimits
from hubbub.services.sites import Sites
from tests.unit.conftest import Worker


@dataclass(frozen=True, slots=True)
class Services(base.Services):
    """A web node's services with their worker; time stands still unless `now` is moved."""

    worker: Worker
    now: list[float]

    async def prepare(self, caller: Caller, request: WriteRequest) -> AnyWrite:
        """The command that a request becomes."""
        return (await prepare(self, caller, request)).command

    async def post(self, caller: Caller, thread: str, comment: str, body: str, parent: str | None) -> PostComment:
        """Post."""
        command = await self.prepare(caller, Post(0, thread, comment, body, parent))
        assert isinstance(command, PostComment)
        return command

    async def edit(self, caller: Caller, comment: str, body: str) -> AnyWrite:
        """Edit."""
        return await self.prepare(caller, Edit(0, comment, body))

    async def remove(self, caller: Caller, comment: str, reason: str | None) -> AnyWrite:
        """Remove."""
        return await self.prepare(caller, Remove(0, comment, reason))

    async def restore(self, caller: Caller, comment: str) -> AnyWrite:
        """Restore."""
        return await self.prepare(caller, Restore(0, comment))

    async def close(self, caller: Caller, thread: str, reason: str | None) -> AnyWrite:
        """Close."""
        return await self.prepare(caller, Close(0, thread, reason))

    async def reopen(self, caller: Caller, thread: str) -> AnyWrite:
        """Reopen."""
        return await self.prepare(caller, Reopen(0, thread))


@pytest.fixture
async def services(worker: Worker) -> Services:
    """The services, with the sites of `database` loaded."""
    now = [1000.0]
    sites = Sites(worker.database, worker.command_bus)
    await sites.load()
    return Services(
        database=worker.database,
        command_bus=worker.command_bus,
        history=History(worker.database),
        sites=sites,
        limits=RateLimits(clock=lambda: now[0]),
        worker=worker,
        now=now,
    )


async def code(work: Awaitable[object]) -> str | None:
    """How `work` is refused, or None."""
    try:
        await work
    except Refused as error:
        refused = error
    else:
        return None
    assert refused.message.endswith(".")
    return refused.code
