"""The staff of all sites, and whose tokens are valid. They are few, so all are kept in memory."""

from collections.abc import Callable

from hubbub.commands.staff import PutMember, RevokeMember
from hubbub.domain.actor import Actor
from hubbub.domain.model import Member, Role
from hubbub.domain.people import Staff
from hubbub.storage.engine import Database
from hubbub.storage.people import all_members, find_member
from hubbub.storage.stamps import read_if_changed
from hubbub.transport.base import CommandBus


class Members:
    """A copy of the table `member`. It serves reading, and early answers to commands: the worker checks each command
    again in its transaction."""

    def __init__(self, database: Database, command_bus: CommandBus) -> None:
        self._database = database
        self._command_bus = command_bus
        self._version: int | None = None
        self._staff = Staff()
        self.watchers: set[Callable[[], None]] = set()  # called after each change

    async def load(self) -> None:
        """Reads the table again if it has changed."""
        version, members = await self._database.read(read_if_changed, "member", self._version, all_members)
        if members is None:
            return
        self._version, self._staff = version, Staff.of(members)
        for watcher in list(self.watchers):
            watcher()

    def check(self, actor: Actor) -> Actor:
        """See Staff.check. A member that was made elsewhere may be unknown here for a moment."""
        return self._staff.check(actor, may_be_newer=True)

    def of_site(self, site: str) -> list[Member]:
        """A site's members, as far as this node knows."""
        return self._staff.of_site(site)

    async def put(self, site: str, name: str, role: Role, actor: Actor | None = None) -> Member:
        """The member with this name and role; makes one if there is none."""
        await self._carry_out(PutMember(site, name, role, actor))
        member = await self._database.read(find_member, site, name, role)
        assert member is not None, f"expected a member {name} of {site}"
        return member

    async def revoke(self, site: str, name: str, actor: Actor) -> None:
        """Revokes all tokens that were made for this name."""
        await self._carry_out(RevokeMember(site, name, actor))

    async def _carry_out(self, command: PutMember | RevokeMember) -> None:
        await self._command_bus.submit(command)
        await self.load()
