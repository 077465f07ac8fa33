"""Commands about a comment's visibility. `seen` is the state in which the sender saw it, as in the requests."""

from hubbub.commands.base import Subject, WriteCommand
from hubbub.domain.actor import Actor
from hubbub.domain.permissions import Permission


class _Moderation(WriteCommand, frozen=True):
    """An actor's decision about a comment."""

    comment: str
    thread: str
    actor: Actor

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.thread, (self.thread,), (self.comment,))


class RemoveComment(_Moderation, frozen=True):
    """Removes a comment: by staff, with priority, or by its author within the edit window."""

    reason: str | None
    seen: str | None = None

    @property
    def priority(self) -> bool:  # type: ignore[override]  # not the same for all
        """See WriteCommand."""
        return self.actor.may(Permission.REMOVE_ANY)


class RestoreComment(_Moderation, frozen=True):
    """Makes a removed comment visible again."""

    priority = True

    seen: str | None = None


class ApproveComment(_Moderation, frozen=True):
    """Lets a held comment through."""

    priority = True

    seen: str | None = None


class MarkSpam(_Moderation, frozen=True):
    """Takes a comment out of sight as spam."""

    priority = True

    seen: str | None = None


class ReleaseHeld(WriteCommand, frozen=True):
    """Lets those comments of a thread through that are due. Workers alone make it, by a plan."""

    thread: str

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.thread, (self.thread,))


ModerationCommand = RemoveComment | RestoreComment | ApproveComment | MarkSpam
