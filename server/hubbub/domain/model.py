"""Comments, threads, sites and members as storage keeps them. Times are integer milliseconds since 1970 (UTC)."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from hubbub.domain.votes import REACTIONS, Votes


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


class State(StrEnum):
    """Whether everybody sees a comment (`visible`), and if not, why."""

    VISIBLE = "visible"
    HELD = "held"
    REMOVED = "removed"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who put a comment into its state (an actor's id), and why. `due` (ms) is when a held one is let through by
    itself."""

    state: State
    by: str | None = None
    reason: str | None = None
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """An author's last word on a comment: `vote` is 1, 0 or -1, `reactions` are names."""

    vote: int = 0
    reactions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What others say to a comment: votes, reactions (name → how many; none that nobody has), and direct answers that
    everybody sees."""

    up: int = 0
    down: int = 0
    reactions: dict[str, int] = field(default_factory=dict, hash=False)
    replies: int = 0

    def counted(self, before: Opinion, now: Opinion) -> "Counts":
        """The counts after an author who said `before` says `now`."""
        reactions = dict(self.reactions)
        for name in before.reactions:
            reactions[name] = reactions.get(name, 0) - 1
        for name in now.reactions:
            reactions[name] = reactions.get(name, 0) + 1
        return Counts(
            self.up + (now.vote == 1) - (before.vote == 1),
            self.down + (now.vote == -1) - (before.vote == -1),
            {name: number for name, number in reactions.items() if number > 0},
            self.replies,
        )


NO_COUNTS = Counts()


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment, removed or not. `seq` is the event that posted it, `number` its place in the thread (#1, #2 …); both
    are 0 while it is held, and where it was refused then. `decision` is None where nobody decided anything, or a node
    did that knows `removed` alone."""

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
    decision: Decision | None = None
    counts: Counts = NO_COUNTS

    @property
    def state(self) -> State:
        """Its state; `removed` is whether that is another than `visible`."""
        if self.decision is not None:
            return self.decision.state
        return State.REMOVED if self.removed else State.VISIBLE

    def decided(self, state: State, by: str, reason: str | None = None) -> "Comment":
        """The comment after the decision of the actor with the id `by`."""
        return replace(self, removed=state is not State.VISIBLE, decision=Decision(state, by, reason))


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that the edit with the event `seq` replaced, `at` that time, `by` the actor with that id."""

    comment: str
    seq: int
    at: int
    by: str
    body: str


class Who(StrEnum):
    """Who may write in a thread: everybody, authors with a comment on the site that everybody sees, or its staff."""

    ALL = "all"
    KNOWN = "known"
    STAFF = "staff"


class Hold(StrEnum):
    """Which comments are held in a thread: none, those of authors without a comment on the site that everybody sees,
    those with a link or an image, or all."""

    NONE = "none"
    NEW = "new"
    LINKS = "links"
    ALL = "all"


DELAY = "delay"  # the rule that holds a comment for its thread's `delay` alone
MAX_SLOW = 3600  # s
MAX_DELAY = 600  # s


@dataclass(frozen=True, slots=True)
class ThreadMode:
    """What holds for new comments of a thread: seconds between those of one author, who may write (a `Who`), whose are
    held (a `Hold`), seconds until others see them, and when it closes (ms)."""

    slow: int = 0
    who: str = Who.ALL
    hold: str = Hold.NONE
    delay: int = 0
    close_at: int | None = None


NO_MODE = ThreadMode()  # of nearly all threads


@dataclass(frozen=True, slots=True)
class Closing:
    """When a thread was closed (ms), and who did it: an actor's id and name, as far as they are known."""

    at: int
    by_id: str | None
    by: str | None


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread. `head` is the last event's seq (0 = none yet), `last_number` the last comment's number,
    `comments` counts those not removed, `reason` is why it was closed, `pinned` a comment's id,
    `unscored` counts the votes that no event has told of yet. `closing` is None where it is open, or an older node
    closed it. `held` counts what ever happened to its held comments: where it is 0, nobody has to look for any."""

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
    pinned: str | None = None
    mode: ThreadMode = NO_MODE
    unscored: int = 0
    closing: Closing | None = None
    held: int = 0


@dataclass(frozen=True, slots=True)
class Article:
    """The article a thread belongs to; `html` is rendered from `body`, `published` in ms or None. `poster` is its
    picture, `poster_text` what that shows; `theme` a `Theme`, or what only a newer version knows (None: the site's)."""

    section: str | None
    published: int | None
    author: str | None
    source: str | None
    source_url: str | None
    body: str
    html: str
    poster: str | None = None
    poster_text: str | None = None
    theme: str | None = None


class Names(StrEnum):
    """Whether several guests of a site may have the same name (`free`), or each name is its owner's (`kept`)."""

    FREE = "free"
    KEPT = "kept"


class Theme(StrEnum):
    """How comments look: as a newspaper's, as the page around them, or as those of a blog of 2007."""

    PAPER = "paper"
    PLAIN = "plain"
    CLASSIC = "classic"


@dataclass(frozen=True, slots=True)
class SsoKey:
    """A key of the publisher, who signs tokens with it or its private half: its one algorithm, and a secret or a public
    key in PEM form."""

    algorithm: str
    key: str


@dataclass(frozen=True, slots=True)
class Sso:
    """Sign-on from the publisher: their keys by id, and what (in hex) the ids of authors are made with. It never
    changes, so that who signs on stays the same author."""

    keys: dict[str, SsoKey] = field(default_factory=dict)
    salt: str = ""


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What a site's owner may choose. Stored as one JSON value, so a new setting is one line here, with its default."""

    images: bool = False  # whether comments may have some
    title: str | None = None  # of the site, at the top of its pages here
    tagline: str | None = None
    language: str = "en"  # of its pages here
    names: str = Names.FREE  # a `Names`, or what only a newer version knows
    votes: str = Votes.UP  # a `Votes`, or what only a newer version knows
    reactions: dict[str, str] = field(default_factory=REACTIONS.copy)  # that are offered, name → emoji
    sso: Sso = Sso()
    theme: str = Theme.PAPER  # of its pages here: a `Theme`, or what only a newer version knows


@dataclass(frozen=True, slots=True)
class Site:
    """A publisher's site: the exact origins that may embed it (see `origins`), and its settings."""

    name: str
    origins: tuple[str, ...]
    settings: SiteSettings = SiteSettings()


@dataclass(frozen=True, slots=True)
class Member:
    """One of a site's staff. Tokens of an older `version` are refused."""

    id: str
    site: str
    name: str
    role: Role
    version: int = 1
