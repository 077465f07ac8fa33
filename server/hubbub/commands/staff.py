"""Commands about a site's staff. `actor` is None where the command line writes by itself."""

from hubbub.commands.base import Subject, WriteCommand
from hubbub.domain.actor import Actor
from hubbub.domain.model import Role


class PutMember(WriteCommand, frozen=True):
    """Makes somebody a member of a site's staff, unless there is one of this name and role."""

    site: str
    name: str
    role: Role
    actor: Actor | None = None

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.site)


class RevokeMember(WriteCommand, frozen=True):
    """Revokes all tokens that were made for a name, whatever their role."""

    priority = True

    site: str
    name: str
    actor: Actor | None = None

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.site)


StaffCommand = PutMember | RevokeMember
