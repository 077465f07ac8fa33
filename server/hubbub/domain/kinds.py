"""Kinds of events, and what the server has to know of each.

The set is open: a newer version may have stored others. Such an event is passed on as it is, by every part of the
server; no part relies on `Kind` naming all there are.
"""

from enum import StrEnum
from typing import NamedTuple


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
}


def traits(kind: str) -> Traits:
    """The properties of a kind, known or not."""
    return _TRAITS.get(kind, _UNKNOWN)
