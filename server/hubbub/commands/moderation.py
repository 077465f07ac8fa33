"""Commands about a comment's visibility."""

from hubbub.commands.base import Subject, WriteCommand
from hubbub.domain.actor import Actor
from hubbub.domain.permissions import Permission


class RemoveComment(WriteCommand, frozen=True):
    """Removes a comment: by staff, with priority, or by its author within the edit window."""

    comment: str
    thread: str
    actor: Actor
    reason: str | None

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.thread, (self.thread,), (self.comment,))

    @property
    def priority(self) -> bool:  # type: ignore[override]  # not the same for all
        """See WriteCommand."""
        return self.actor.may(Permission.REMOVE_ANY)


class RestoreComment(WriteCommand, frozen=True):
    """Makes a removed comment visible again."""

    priority = True

    comment: str
    thread: str
    actor: Actor

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.thread, (self.thread,), (self.comment,))


class ApproveComment(WriteCommand, frozen=True):
    """Lets a held comment through."""

    priority = True

    comment: str
    thread: str
    actor: Actor

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.thread, (self.thread,), (self.comment,))


class ReleaseHeld(WriteCommand, frozen=True):
    """Lets those comments of a thread through that are due. Workers alone make it, by a plan."""

    thread: str

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.thread, (self.thread,))


ModerationCommand = RemoveComment | RestoreComment | ApproveComment
