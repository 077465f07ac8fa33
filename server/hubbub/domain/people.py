"""People as a site knows them: authors, and the members of its staff."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Author, Member
from hubbub.domain.permissions import STAFF


@dataclass(frozen=True, slots=True)
class KnownAuthor:
    """Somebody who has commented on a site, under the name of their last comment; `comments` are those that everybody
    sees, times are in ms. `standing` is None for all but those whom the staff decided about, `original` the first name
    that they gave."""

    site: str
    author: Author
    email: str | None
    first_seen: int
    last_seen: int
    comments: int
    standing: str | None = None
    original: str | None = None


@dataclass(slots=True)
class Staff:
    """Members, and whether tokens that were made for them are still good. Any of a member's tokens has the version that
    the member had then; to revoke them all, the member gets the next version."""

    _members: dict[str, Member] = field(default_factory=dict)
    _revoked: set[tuple[str, str]] = field(default_factory=set)  # (site, name)

    @classmethod
    def of(cls, members: Iterable[Member]) -> "Staff":
        """With these members."""
        staff = cls()
        for member in members:
            staff.put(member)
        return staff

    def put(self, member: Member) -> None:
        """Takes in a member, new or changed."""
        self._members[member.id] = member
        if member.version > 1:
            self._revoked.add((member.site, member.name))

    def name_of(self, member_id: str | None) -> str | None:
        """The name of the member with this id, if there is one."""
        member = self._members.get(member_id or "")
        return None if member is None else member.name

    def of_site(self, site: str) -> list[Member]:
        """A site's members, those included whose tokens were taken back."""
        return [member for member in self._members.values() if member.site == site]

    def check(self, actor: Actor, *, may_be_newer: bool = False) -> Actor:
        """The actor, with the name and role that the member has now. Raises Refused `unauthorized` where the token was
        revoked. `may_be_newer`: the members here may be older than the token, whose own word then counts.

        A token that was made before there were members is good until its name is revoked.
        """
        if actor.role not in STAFF:
            return actor
        if actor.version is None:
            if (actor.site, actor.name) in self._revoked:
                raise token_revoked()
            return actor
        member = self._members.get(actor.id)
        if may_be_newer and (member is None or member.version < actor.version):
            return actor
        if member is None or (member.site, member.version) != (actor.site, actor.version):
            raise token_revoked()
        return replace(actor, name=member.name, role=member.role)


def token_revoked() -> Refused:
    """For a token that was taken back."""
    return Refused(ErrorCode.UNAUTHORIZED, "This session was revoked; sign in again.")
