"""What a run against real servers leaves behind, to be judged afterwards: every attempt to write, everything a reader
was sent, and what storage holds in the end.

All times are seconds of one monotonic clock of the test's own process. The record of a thread is complete: nobody wrote
to it unrecorded.
"""

from dataclasses import dataclass
from typing import Literal

# Answers that leave open whether the command was carried out; all other codes mean that it was not.
VAGUE = frozenset({"unavailable", "internal"})

# Outcomes


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Carried out. `number` is a comment's; `seq` is None where it was not told: over HTTP, or because nothing changed,
    as in closing what is closed."""

    number: int | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Answered with an error."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer came: it may have been carried out, or may yet be."""


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A comment was taken in, but others don't see it; `refused` where it never will be seen."""

    refused: bool = False


Outcome = Acknowledged | HeldBack | Refused | Unknown
Deed = Literal["close", "reopen", "remove", "restore", "approve", "refuse"]


# Attempts to write


@dataclass(frozen=True, slots=True)
class Post:
    """One attempt to post; a retry is another one with the same id. `body` must come back unchanged inside its html and
    in no other comment's, so let it be one word of letters and digits, all as long. `author` is an id, known where
    comments are held back."""

    id: str
    thread: str
    body: str
    invoked_at: float
    completed_at: float | None = None
    outcome: Outcome = Unknown()
    author: str = ""

    @property
    def refused_for_good(self) -> bool:
        """Whether the answer says that nothing was done."""
        return isinstance(self.outcome, Refused) and self.outcome.code not in VAGUE


@dataclass(frozen=True, slots=True)
class Moderation:
    """One attempt to moderate; `comment` is the one that it is about. To `refuse` is to remove a comment that is held
    back, and does nothing to any other."""

    kind: Deed
    thread: str
    invoked_at: float
    completed_at: float | None = None
    outcome: Outcome = Unknown()
    comment: str | None = None

    @property
    def refused_for_good(self) -> bool:
        """Whether the answer says that nothing was done."""
        return isinstance(self.outcome, Refused) and self.outcome.code not in VAGUE


@dataclass(frozen=True, slots=True)
class Vote:
    """One attempt to vote on a comment: 1 is up, 0 takes the vote back. A voter makes one after the other."""

    voter: str
    comment: str
    thread: str
    value: int
    invoked_at: float
    completed_at: float | None = None
    outcome: Outcome = Unknown()

    @property
    def refused_for_good(self) -> bool:
        """Whether the answer says that nothing was done."""
        return isinstance(self.outcome, Refused) and self.outcome.code not in VAGUE


# What was seen


@dataclass(frozen=True, slots=True)
class Shown:
    """A comment as somebody was shown it, or as storage shows it, with the sum of its votes."""

    id: str
    number: int
    html: str
    removed: bool = False
    up: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of a thread's log, with the comment as it came along; `ups` are sums of votes that it told, by the
    comments' ids."""

    seq: int
    kind: str
    comment: Shown | None = None
    ups: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """The reader sends a join: with the place it had reached (a reconnect), or without any."""

    at: float
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A page of the newest comments, in any order; `more` if there are older ones. `asked_at` is when the request for
    it was sent, `at` when the answer came: without it, comments that were restored are not judged. `count` is how many
    comments the thread says it has."""

    asked_at: float
    epoch: str
    head: int
    comments: tuple[Shown, ...]
    more: bool = False
    at: float | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """Events as they came in one message: a push, or a join's reply. `at` is as in a snapshot."""

    entries: tuple[Entry, ...]
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """The server said that the reader must start afresh."""


@dataclass(frozen=True, slots=True)
class Own:
    """The reader was told of comments that others don't see, of these ids, as an author is of their own."""

    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """The reader asked at `asked_at` how many comments the thread has, and was told `count` at `at`."""

    asked_at: float
    at: float
    count: int


Observation = Joined | Snapshot | Events | Reset | Own | Counted


@dataclass(frozen=True, slots=True)
class Reader:
    """What one reader saw of one thread, in order. One that `stays` was still following when the recording ended, and
    had the time to catch up. `author` is the id of whose token it has."""

    name: str
    thread: str
    seen: tuple[Observation, ...]
    stays: bool = True
    author: str | None = None


# What remains


@dataclass(frozen=True, slots=True)
class Storage:
    """A thread as the HTTP API tells it in the end: its log from the beginning and all of its comments. `waiting` are
    the ids of those that staff find held back."""

    thread: str
    epoch: str
    head: int
    closed: bool
    events: tuple[Entry, ...]
    comments: tuple[Shown, ...]
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Holding:
    """A thread that holds each of its comments back: for `delay` seconds, and then it is let through by itself, or
    (None) until somebody lets it through. None of its comments is ever removed once it is seen."""

    thread: str
    delay: float | None = None


@dataclass(frozen=True, slots=True)
class History:
    """All of it."""

    posts: tuple[Post, ...]
    moderations: tuple[Moderation, ...]
    readers: tuple[Reader, ...]
    storage: tuple[Storage, ...]
    votes: tuple[Vote, ...] = ()
    holding: tuple[Holding, ...] = ()


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise: its name in the list of guarantees, and what shows that it was broken."""

    guarantee: str
    message: str

    def __str__(self) -> str:
        return f"{self.guarantee}: {self.message}"
