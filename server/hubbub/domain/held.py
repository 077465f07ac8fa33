"""Comments that are held back (G12): only their author and the site's staff see them, until they are let through."""

from dataclasses import dataclass, replace

from hubbub.domain.actor import Actor, of_site
from hubbub.domain.model import Comment, Decision, State
from hubbub.domain.permissions import Permission


@dataclass(frozen=True, slots=True)
class Held:
    """A comment that is held back, or was refused then; it has neither number nor seq (both are 0). `why` is the rule,
    a `Hold` or `DELAY`. `place` is its order among those that were held in its thread. `by` is the name of who refused
    it. `email` and `fingerprint` are the comment's."""

    comment: Comment
    why: str
    place: int
    email: str | None
    fingerprint: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class OwnChange:
    """An author's comment is in another state now; `reason` is why the staff decided so."""

    comment: Comment
    reason: str | None = None


def as_its_author_sees(comment: Comment) -> Comment:
    """A comment that nobody else ever saw: marked as spam, it waits for its author still, who learns nothing of it."""
    if comment.number or comment.state is not State.SPAM:
        return comment
    return replace(comment, decision=Decision(State.HELD))


def may_see_held(actor: Actor | None, comment: Comment, site: str) -> bool:
    """Whether a held comment of a thread on `site` is shown to `actor`: to its author and the site's staff alone."""
    actor = of_site(actor, site)
    return actor is not None and (actor.id == comment.author.id or actor.may(Permission.APPROVE))
