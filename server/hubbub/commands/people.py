"""Commands of authors about themselves."""

from hubbub.commands.base import Subject, WriteCommand
from hubbub.domain.actor import Actor


class EraseComments(WriteCommand, frozen=True):
    """Erases comments of the actor in one thread, and all of theirs that it holds back: what everybody sees of a
    removed one stays, and nothing else. With `last`, what the site knows of the author goes too."""

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


class PutPasskey(WriteCommand, frozen=True):
    """Keeps a passkey of the actor: the credential's id, the host that it is for, its public key (base64url) and sign
    counter. `use` is the challenge that it was made with, which is void from then on."""

    id: str
    actor: Actor
    host: str
    key: str
    sign_count: int
    use: str

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.actor.id)


class UsePasskey(WriteCommand, frozen=True):
    """Notes that a site's passkey was used, with its sign counter then, and uses up the challenge."""

    id: str
    site: str
    sign_count: int
    use: str

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.id)


class ErasePasskeys(WriteCommand, frozen=True):
    """Removes a passkey of the actor; without `id` all of them."""

    harmless_twice = True

    actor: Actor
    id: str | None = None

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.actor.id)


PeopleCommand = EraseComments | PutPairing | PutSeen | EraseSeen | PutPasskey | UsePasskey | ErasePasskeys
