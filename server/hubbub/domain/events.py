"""Events of a log: the topic that a log is of, the kinds of its events, and what the server has to know of each kind.

The set of kinds is open: a newer version may have stored others. Such an event is passed on as it is, by every part of
the server; no part relies on `Kind` naming all there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from hubbub.domain.model import Comment, Counts, Thread

THREAD = "thread"
DESK = "desk"


class Topic(NamedTuple):
    """`thread:ID` is a thread's log, for everybody; `desk:SITE` is the log of what a site's staff has to look at, for
    them alone."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


def thread_topic(thread_id: str) -> Topic:
    """The topic of a thread."""
    return Topic(THREAD, thread_id)


def desk_topic(site: str) -> Topic:
    """The topic of a site's moderation desk."""
    return Topic(DESK, site)


class Kind(StrEnum):
    """Event kinds of the contract: everything a reader can see happen to a thread."""

    POSTED = "comment.posted"
    EDITED = "comment.edited"
    REMOVED = "comment.removed"
    RESTORED = "comment.restored"
    CLOSED = "thread.closed"
    REOPENED = "thread.reopened"
    CHANGED = "thread.changed"
    PINNED = "thread.pinned"
    MODE = "thread.mode"
    SCORED = "thread.scored"


KINDS = frozenset[str](Kind)


class Audience(StrEnum):
    """For whom a frame or an event is."""

    EVERYBODY = "everybody"
    STAFF = "staff"


class Traits(NamedTuple):
    """The properties of a kind."""

    changes_comment: bool = False
    """Earlier events may show its comment as nobody may see it any more (G9)."""

    audience: Audience = Audience.EVERYBODY
    """Who gets the event whole. Others get its seq, kind and time alone, so that the log has no hole for them."""

    light: bool = False
    """It carries neither the comment nor the thread, however often it comes."""

    explained: bool = False
    """It is shown with its reason and with who did it."""


_UNKNOWN = Traits(changes_comment=True)  # whatever it does, no old text may stay in memory
_TRAITS: dict[str, Traits] = {
    Kind.POSTED: Traits(),
    Kind.EDITED: Traits(changes_comment=True),
    Kind.REMOVED: Traits(changes_comment=True),
    Kind.RESTORED: Traits(),
    Kind.CLOSED: Traits(explained=True),
    Kind.REOPENED: Traits(),
    Kind.CHANGED: Traits(),
    Kind.PINNED: Traits(),
    Kind.MODE: Traits(),
    Kind.SCORED: Traits(light=True),
}


def traits(kind: str) -> Traits:
    """The properties of a kind, known or not."""
    return _TRAITS.get(kind, _UNKNOWN)


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the log. Comment events carry the comment, thread events the thread, both in their current state.
    `kind` is a `Kind`, or what only a newer version knows: that is passed on. `by` is the name and `by_id` the id
    of who did it, where that is known; `pinned` is the comment that is pinned in the thread of a comment event;
    `counts` are those of the comments whose counts it changed, by their ids, as it left them."""

    seq: int
    kind: str
    at: int
    comment: Comment | None = None
    thread: Thread | None = None
    reason: str | None = None
    by: str | None = None
    by_id: str | None = None
    pinned: str | None = None
    counts: Mapping[str, Counts] | None = None

    @property
    def outdates(self) -> bool:
        """Whether earlier events may show its comment as nobody may see it any more (G9)."""
        return self.comment is not None and traits(self.kind).changes_comment
