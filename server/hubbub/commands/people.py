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


class PutSeen(WriteCommand, frozen=True):
    """Keeps how far the actor has read in a thread of their site: the number of the last comment that they saw."""

    harmless_twice = True

    thread: str
    actor: Actor
    number: int

    @property
    def subject(self) -> Subject:
        """See WriteCommand. The thread is not locked: many leave it at the same moment."""
        return Subject(self.actor.id)


class EraseSeen(WriteCommand, frozen=True):
    """Removes how far the actor has read, everywhere."""

    harmless_twice = True

    actor: Actor

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.actor.id)


PeopleCommand = EraseComments | PutPairing | PutSeen | EraseSeen
