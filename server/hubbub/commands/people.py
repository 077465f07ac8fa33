"""Commands of authors about themselves."""

from hubbub.commands.base import Subject, WriteCommand
from hubbub.domain.actor import Actor


class EraseComments(WriteCommand, frozen=True):
    """Erases comments of the actor in one thread: what everybody sees of a removed one stays, and nothing else. With
    `last`, what the site knows of the author goes too."""

    harmless_twice = True

    thread: str
    comments: tuple[str, ...]
    actor: Actor
    last: bool = False

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.thread, (self.thread,), self.comments)


class PutPairing(WriteCommand, frozen=True):
    """Makes a pairing code, by its digest, that stands for the actor until `ends` (ms)."""

    harmless_twice = True

    digest: str
    actor: Actor
    ends: int

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.actor.id)


PeopleCommand = EraseComments | PutPairing
