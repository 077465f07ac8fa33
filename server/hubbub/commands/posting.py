"""Commands of commenters. Their text is already cleaned and rendered."""

from hubbub.commands.base import Subject, WriteCommand
from hubbub.domain.actor import Actor


class PostComment(WriteCommand, frozen=True):
    """Adds a comment. `id` is its idempotency key."""

    id: str
    thread: str
    actor: Actor
    body: str
    html: str
    parent: str | None
    keeps_names: bool = False  # of the site: whether each name is its owner's

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        comments = (self.id,) if self.parent is None else (self.id, self.parent)
        return Subject(self.thread, (self.thread,), comments)


class EditComment(WriteCommand, frozen=True):
    """Replaces a comment's text; with `rename` also its name and website, by those that its author has now."""

    comment: str
    thread: str
    actor: Actor
    body: str
    html: str
    rename: bool = False
    keeps_names: bool = False  # of the site: whether each name is its owner's

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.thread, (self.thread,), (self.comment,))


PostingCommand = PostComment | EditComment
