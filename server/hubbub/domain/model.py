"""Comments, threads, events and sites as storage keeps them. Times are integer milliseconds since 1970 (UTC)."""

from dataclasses import dataclass
from enum import StrEnum

from hubbub.domain.kinds import KINDS as KINDS
from hubbub.domain.kinds import Kind as Kind
from hubbub.domain.kinds import traits


class Role(StrEnum):
    """What a session may do on its site; an operator (the command line) acts for every site."""

    GUEST = "guest"
    MODERATOR = "moderator"
    OWNER = "owner"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a comment, as shown beside it; `id` is stable for one session token. `role` is a `Role`, or what only a
    newer version knows."""

    id: str
    name: str
    website: str | None
    role: str


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment, removed or not. `seq` is the event that posted it, `number` its place in the thread (#1, #2 …)."""

    id: str
    thread: str
    number: int
    seq: int
    parent: str | None
    author: Author
    body: str
    html: str
    at: int
    edited_at: int | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread. `head` is the last event's seq (0 = none yet), `last_number` the last comment's number,
    `comments` counts those not removed, `reason` is why it was closed."""

    id: str
    site: str
    key: str
    title: str | None
    url: str | None
    closed: bool
    reason: str | None
    epoch: str
    head: int
    last_number: int
    comments: int


@dataclass(frozen=True, slots=True)
class Article:
    """The article a thread belongs to; `html` is rendered from `body`, `published` in ms or None."""

    section: str | None
    published: int | None
    author: str | None
    source: str | None
    source_url: str | None
    body: str
    html: str


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the log. Comment events carry the comment, thread events the thread, both in their current state.
    `kind` is a `Kind`, or what only a newer version knows: that is passed on."""

    seq: int
    kind: str
    at: int
    comment: Comment | None = None
    thread: Thread | None = None
    reason: str | None = None
    by: str | None = None

    @property
    def outdates(self) -> bool:
        """Whether earlier events may show its comment as nobody may see it any more (G9)."""
        return self.comment is not None and traits(self.kind).changes_comment


@dataclass(frozen=True, slots=True)
class Site:
    """A publisher's site: the exact origins that may embed it (see `origins`), and whether images are allowed."""

    name: str
    origins: tuple[str, ...]
    images: bool = False
