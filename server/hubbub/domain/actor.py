"""Who acts, and what they may do: the functions that decide it, by the table of `permissions`."""

from dataclasses import dataclass

from hubbub.domain.errors import forbidden, token_missing
from hubbub.domain.model import Author, Comment, Role, State
from hubbub.domain.permissions import PERMISSIONS, Permission, least_role

EDIT_WINDOW_MS = 15 * 60 * 1000  # long enough to mend a slip, too short to rewrite what was answered

_ONLY = {
    Role.GUEST: "Only a guest may do this.",
    Role.MODERATOR: "Only a moderator may do this.",
    Role.OWNER: "Only the site's owner may do this.",
    Role.OPERATOR: "Only the server's operator may do this.",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """The bearer of a valid token. `site` is the one site it is good for ("*" for the operator). `version` is that of
    the member for whom it was made; None for guests, the operator, and tokens from before there were members."""

    id: str
    site: str
    role: Role
    name: str
    website: str | None = None
    email: str | None = None
    version: int | None = None

    @property
    def signed_on(self) -> bool:
        """Whether the publisher says who they are: their id is a UUID of version 8, a guest's is one of version 4."""
        return self.id[14:15] == "8"

    def may(self, permission: Permission) -> bool:
        """Whether the role has this permission."""
        return permission in PERMISSIONS[self.role]

    @property
    def author(self) -> Author:
        """How this actor is shown beside a comment."""
        return Author(self.id, self.name, self.website, self.role)


def of_site(actor: Actor | None, site: str) -> Actor | None:
    """The actor, if its token is for `site`. For reading, a stranger's is as good as none."""
    return actor if actor is not None and (actor.site == site or actor.role is Role.OPERATOR) else None


def check_site(actor: Actor | None, site: str) -> Actor:
    """The actor, if there is one and its token is for `site`; else Refused `unauthorized` or `forbidden`."""
    if actor is None:
        raise token_missing()
    if of_site(actor, site) is None:
        raise forbidden("This token is for another site.")
    return actor


def check(actor: Actor | None, permission: Permission, site: str) -> Actor:
    """The actor, if they have the permission on `site`; else Refused `unauthorized` or `forbidden`."""
    actor = check_site(actor, site)
    if not actor.may(permission):
        raise forbidden(_ONLY[least_role(permission)])
    return actor


def check_own(actor: Actor, comment: Comment, now: int, otherwise: Permission) -> None:
    """The author of `comment` within `EDIT_WINDOW_MS` of posting it (`now` in ms), or while nobody else sees it, and
    whoever has the permission."""
    if actor.may(otherwise):
        return
    if comment.author.id != actor.id:
        raise forbidden("Only its author or a moderator may change a comment.")
    waits = comment.state is State.HELD or (comment.state is State.SPAM and not comment.number)  # so its author sees it
    if not waits and now - comment.at > EDIT_WINDOW_MS:
        raise forbidden("The time to change this comment is over; ask a moderator.")


def check_edit(actor: Actor, comment: Comment, now: int, *, moderated: bool) -> None:
    """The same for an edit, but for a comment that a moderator `moderated`: what they wrote is theirs to change."""
    check_own(actor, comment, now, Permission.EDIT_ANY)
    if moderated and not actor.may(Permission.EDIT_ANY):
        raise forbidden("A moderator has edited this comment; ask one to change it.")


def may_read_body(actor: Actor | None, comment: Comment, site: str) -> bool:
    """Whether the source text of `comment` is shown to `actor`: to its author and to the site's moderators alone."""
    actor = of_site(actor, site)
    if actor is None or (comment.removed and comment.state is not State.HELD):
        return False
    return actor.may(Permission.READ_SOURCE) or actor.id == comment.author.id
