"""What all write commands have in common, and how the worker answers them."""

from typing import ClassVar, NamedTuple

import msgspec

from hubbub.domain.errors import Decided, Refused
from hubbub.domain.model import Comment, Opinion, Thread


class Subject(NamedTuple):
    """What a command is about. Commands with the same `order` are carried out in the order in which they were sent.
    Before the worker decides, it locks the threads with these ids or (site, key), and reads these comments."""

    order: str
    threads: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()


class WriteCommand(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Base of all commands. `request` is the idempotency key: a transport may deliver a command twice. `supersedes` is
    the refused request that the sender knows about. The tags (class names) and the fields' names travel through Redis,
    so a class that is renamed keeps its tag."""

    harmless_twice: ClassVar[bool] = False
    """Whether the worker may carry it out again instead of remembering its request."""

    priority: ClassVar[bool] = False
    """Whether it overtakes the comments that wait: staff's commands act at once, whatever the backlog."""

    request: str | None = None
    supersedes: str | None = msgspec.field(default=None, name="insists")

    @property
    def subject(self) -> Subject:
        """See Subject."""
        raise NotImplementedError(f"{type(self).__name__} has no subject")


class Done(msgspec.Struct, frozen=True, tag=True):
    """Carried out and on disk, now or before. `seq` is the seq of the event it made, if it made one; `mine` is the
    voter's last word on the comment."""

    thread: Thread | None = None
    comment: Comment | None = None
    seq: int | None = None
    mine: Opinion | None = None


class Denied(msgspec.Struct, frozen=True, tag=True):
    """Refused; nothing of it is stored."""

    code: str
    message: str
    retry_after: float | None = None
    suggestions: tuple[str, ...] = ()
    decided: Decided | None = None

    @classmethod
    def of(cls, refused: Refused) -> "Denied":
        """The answer that raises `refused` at the sender's node."""
        return cls(refused.code, refused.message, refused.retry_after, refused.suggestions, refused.decided)

    @property
    def refused(self) -> Refused:
        """What it raises at the sender's node."""
        return Refused(self.code, self.message, self.retry_after, self.suggestions, self.decided)


class Ambiguous(msgspec.Struct, frozen=True, tag="Doubted"):
    """Not carried out: another attempt at the same comment (the request `refused`) was refused, perhaps after this one
    began. A sender who is still connected may send it again, with `supersedes`."""

    refused: str


Answer = Done | Denied | Ambiguous
