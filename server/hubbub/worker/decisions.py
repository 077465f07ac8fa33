"""What a batch's staff took out of sight, and what came back: see the table `decided`."""

from collections.abc import Iterable

from sqlalchemy import Connection

from hubbub.domain.actor import Actor
from hubbub.domain.model import Comment
from hubbub.storage.decided import TakenAway, decider_of, forget_decided, insert_decided


class Decisions(dict[str, TakenAway | None]):
    """The last decision about each comment, by its id; none about one that is seen again."""

    def note(self, comment: Comment, site: str, actor: Actor, at: int) -> None:
        """Notes that an actor put a comment into its state. What is seen again, and what its own author removed, is not
        for the staff to look through."""
        own = actor.id == comment.author.id
        kept = TakenAway(comment.id, site, comment.state, at, actor.name or None, actor.id)
        self[comment.id] = kept if comment.removed and not own else None

    def decider_of(self, db: Connection, comment_id: str) -> str | None:
        """The name of who took a comment out of sight, as far as it is known."""
        if comment_id in self:
            noted = self[comment_id]
            return None if noted is None else noted.by
        return decider_of(db, comment_id)

    def forget(self, ids: Iterable[str]) -> None:
        """Forgets these comments."""
        self.update(dict.fromkeys(ids))

    def write(self, db: Connection) -> None:
        """Stores them."""
        forget_decided(db, self.keys())
        insert_decided(db, [one for one in self.values() if one is not None])
        self.clear()
