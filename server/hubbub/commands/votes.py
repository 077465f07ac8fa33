"""Commands of voters, and the one that tells readers the sums."""

from hubbub.commands.base import Subject, WriteCommand
from hubbub.domain.actor import Actor


class OpinionCommand(WriteCommand, frozen=True):
    """An author's word on a comment. The last one counts, so it is not carried out twice."""

    comment: str
    thread: str
    actor: Actor

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.thread, (self.thread,), (self.comment,))


class CastVote(OpinionCommand, frozen=True):
    """Votes: 1 is up, -1 down, 0 takes the vote back."""

    value: int


class AddReaction(OpinionCommand, frozen=True):
    """Adds a reaction, or takes it back where it is not `on`."""

    name: str
    on: bool


class ScoreThread(WriteCommand, frozen=True):
    """Tells the readers of a thread which sums have changed. Workers alone make it, by a plan."""

    thread: str

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.thread, (self.thread,))


VotesCommand = CastVote | AddReaction
