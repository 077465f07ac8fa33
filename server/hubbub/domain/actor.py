"""Who acts, and what they may do. Every permission of the product is decided by a function of this file."""

from dataclasses import dataclass

from hubbub.domain.errors import forbidden, token_missing
from hubbub.domain.model import Author, Comment, Role

EDIT_WINDOW_MS = 15 * 60 * 1000  # long enough to mend a slip, too short to rewrite what was answered

_MODERATORS = frozenset({Role.MODERATOR, Role.OWNER, Role.OPERATOR})
_OWNERS = frozenset({Role.OWNER, Role.OPERATOR})


@dataclass(frozen=True, slots=True)
class Actor:
    """The bearer of a valid token. `site` is the one site it is good for ("*" for the operator)."""

    id: str
    site: str
    role: Role
    name: str
    website: str | None = None
    email: str | None = None

    @property
    def is_moderator(self) -> bool:
        """May close, reopen, remove and restore on its site."""
        return self.role in _MODERATORS

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


def check_moderator(actor: Actor | None, site: str) -> Actor:
    """The actor, if it moderates `site`."""
    actor = check_site(actor, site)
    if not actor.is_moderator:
        raise forbidden("Only a moderator may do this.")
    return actor


def check_owner(actor: Actor | None, site: str) -> Actor:
    """The actor, if it owns `site`."""
    actor = check_site(actor, site)
    if actor.role not in _OWNERS:
        raise forbidden("Only the site's owner may do this.")
    return actor


def check_operator(actor: Actor | None, site: str) -> Actor:
    """The actor, if it holds the server's secret."""
    actor = check_site(actor, site)
    if actor.role is not Role.OPERATOR:
        raise forbidden("Only the server's operator may do this.")
    return actor


def check_author_or_moderator(actor: Actor, comment: Comment, now: int) -> None:
    """Moderators always; the author of `comment` within `EDIT_WINDOW_MS` of posting it (`now` in ms)."""
    if actor.is_moderator:
        return
    if comment.author.id != actor.id:
        raise forbidden("Only its author or a moderator may change a comment.")
    if now - comment.at > EDIT_WINDOW_MS:
        raise forbidden("The time to change this comment is over; ask a moderator.")


def check_edit(actor: Actor, comment: Comment, now: int, *, moderated: bool) -> None:
    """The same, but for a comment that a moderator `moderated`: what they wrote is theirs to change."""
    check_author_or_moderator(actor, comment, now)
    if moderated and not actor.is_moderator:
        raise forbidden("A moderator has edited this comment; ask one to change it.")


def may_read_body(actor: Actor | None, comment: Comment, site: str) -> bool:
    """Whether the source text of `comment` is shown to `actor`: to its author and to the site's moderators alone."""
    actor = of_site(actor, site)
    if actor is None or comment.removed:
        return False
    return actor.is_moderator or actor.id == comment.author.id
