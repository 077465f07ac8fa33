"""Views: the shapes of comments, threads and events in the contract, and who sees what of them."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.domain.actor import Actor, may_read_body
from hubbub.domain.events import Audience, Event, traits
from hubbub.domain.held import as_its_author_sees
from hubbub.domain.model import (
    NO_COUNTS,
    NO_MODE,
    Author,
    Comment,
    Counts,
    Opinion,
    Role,
    Site,
    State,
    Thread,
    ThreadMode,
)
from hubbub.domain.times import to_rfc3339


class AuthorView(msgspec.Struct, frozen=True):
    """A comment's author; all null once the comment is removed."""

    id: str | None
    name: str | None
    website: str | None
    role: str | None


class OwnAuthorView(AuthorView, frozen=True):
    """An author as shown to themselves; `comments` are theirs on the site that everybody sees, null where that can't be
    told just now. `original` is the first name under which they commented, if they gave one."""

    comments: int | None
    original: str | None


class ScoreView(msgspec.Struct, frozen=True):
    """The sums of votes."""

    up: int
    down: int


class MineView(msgspec.Struct, frozen=True):
    """What the reader said to a comment: `vote` is 1, 0 or -1, `reactions` are names."""

    vote: int
    reactions: list[str]


class OwnCommentView(msgspec.Struct, frozen=True):
    """A comment as its author and the site's staff are shown it; `number` is null while it is held, and where it was
    refused then. `body` is absent for all others. `reactions` are name → how many, `replies` counts direct answers that
    everybody sees. `mine` is absent where the reader said nothing, `removed_by` where nobody removed it or it is not
    known who, `reason` where no moderator gave one for its removal, `due` where it is not let through by itself."""

    id: str
    number: int | None
    parent: str | None
    author: AuthorView
    html: str
    at: str
    edited_at: str | None
    removed: bool
    state: Literal["visible", "held", "removed", "spam"] = "visible"
    pinned: bool = False
    score: ScoreView = ScoreView(0, 0)
    reactions: dict[str, int] = {}
    replies: int = 0
    mine: MineView | UnsetType = UNSET
    body: str | UnsetType = UNSET
    removed_by: Literal["author", "moderator"] | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    due: str | UnsetType = UNSET


class CommentView(OwnCommentView, frozen=True):
    """A comment of the log; `body` is absent for all but its author and the moderators."""

    number: int


class ThreadModeView(msgspec.Struct, frozen=True):
    """What holds for new comments of a thread; 0, "all", "none", 0 and null where nothing is set."""

    slow: int = 0
    who: str = "all"
    hold: str = "none"
    delay: int = 0
    close_at: str | None = None


class ActorView(msgspec.Struct, frozen=True):
    """Who did something, as far as that is known."""

    id: str | None
    name: str | None


class ThreadView(msgspec.Struct, frozen=True):
    """A thread; `watching` is absent inside events. `closed_at` and `closed_by` are null where it is open, or that was
    not kept."""

    id: str
    site: str
    key: str
    title: str | None
    url: str | None
    state: Literal["open", "closed"]
    reason: str | None
    epoch: str
    head: int
    comments: int
    pinned: str | None = None
    watching: int | UnsetType = UNSET
    mode: ThreadModeView = ThreadModeView()
    closed_at: str | None = None
    closed_by: ActorView | None = None


class PageView(msgspec.Struct, frozen=True):
    """The thread that a card is about, and its page."""

    id: str
    key: str
    title: str | None
    url: str | None


class CardView(msgspec.Struct, frozen=True):
    """A comment that waits for the site's staff, or that they took out of sight, with its text. `why` is the rule that
    held it back (`new`, `links`, `all`, `delay`), absent where none did. Who decided what (`removed`, `spam`) when, and
    the reason, if one was given, are absent where it waits."""

    comment: OwnCommentView
    thread: PageView
    why: str | UnsetType = UNSET
    by: ActorView | UnsetType = UNSET
    action: str | UnsetType = UNSET
    reason: str | UnsetType | None = UNSET
    at: str | UnsetType = UNSET


class SiteView(msgspec.Struct, frozen=True):
    """What a site's readers are told of it: whether comments may have images, which votes it takes, and the reactions
    that it offers, name → emoji, in order."""

    name: str
    title: str | None
    images: bool
    votes: str
    reactions: dict[str, str]


class CountsView(msgspec.Struct, frozen=True):
    """What others say to a comment; its fields take the place of the comment's."""

    score: ScoreView
    reactions: dict[str, int]
    replies: int


class EventView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event: comment.* carry `comment`, thread.* carry `thread`, thread.closed also `reason` and `by`; what changed
    counts of comments carries these, by their ids."""

    seq: int
    kind: str
    at: str
    comment: CommentView | UnsetType = UNSET
    thread: ThreadView | UnsetType = UNSET
    reason: str | UnsetType | None = UNSET
    by: str | UnsetType | None = UNSET
    counts: dict[str, CountsView] | UnsetType = UNSET


class ErrorView(msgspec.Struct, frozen=True):
    """`retry_after` in seconds, or null; `suggestions` are names that are free, where the code is `name_taken`; `by`
    and `action` say who decided what before, where staff decide about a comment."""

    code: str
    message: str
    retry_after: float | None = None
    suggestions: list[str] | UnsetType = UNSET
    by: ActorView | UnsetType = UNSET
    action: str | UnsetType = UNSET


_NO_MODE_VIEW = ThreadModeView()
NOTHING_SAID: Mapping[str, Opinion] = {}
_NO_SCORE = ScoreView(0, 0)
_NOBODY = AuthorView(None, None, None, None)


def author_view(author: Author) -> AuthorView:
    """An author as shown; the operator of the server is an owner to everybody else."""
    role = Role.OWNER if author.role == Role.OPERATOR else author.role
    return AuthorView(author.id, author.name, author.website, role)


def comment_view(comment: Comment, *, pinned: str | None = None, with_body: bool = False) -> CommentView:
    """A comment as shown, in a thread where `pinned` is. A removed one keeps its number and loses everything a person
    wrote (G9)."""
    at = to_rfc3339(comment.at)
    if comment.removed:
        gone = CommentView(comment.id, comment.number, comment.parent, _NOBODY, "", at, None, True, comment.state.value)
        by, reason = _removed_by(comment)
        return msgspec.structs.replace(gone, replies=comment.counts.replies, removed_by=by, reason=reason)
    counts = comment.counts
    return CommentView(
        id=comment.id,
        number=comment.number,
        parent=comment.parent,
        author=author_view(comment.author),
        html=comment.html,
        at=at,
        edited_at=None if comment.edited_at is None else to_rfc3339(comment.edited_at),
        removed=False,
        pinned=comment.id == pinned,
        score=_NO_SCORE if counts is NO_COUNTS else ScoreView(counts.up, counts.down),
        reactions=counts.reactions,
        replies=counts.replies,
        body=comment.body if with_body else UNSET,
    )


def held_view(comment: Comment, *, with_body: bool = False) -> OwnCommentView:
    """A comment that is held, or was refused then, for those who may see it (see `may_see_held`)."""
    shown = comment if comment.state is State.HELD else None
    by, reason = _removed_by(comment)
    due = comment.decision.due if shown and comment.decision else None
    return OwnCommentView(
        id=comment.id,
        number=None,
        parent=comment.parent,
        author=author_view(shown.author) if shown else _NOBODY,
        html=shown.html if shown else "",
        at=to_rfc3339(comment.at),
        edited_at=None,
        removed=True,
        state=comment.state.value,
        body=shown.body if shown and with_body else UNSET,
        removed_by=UNSET if shown else by,
        reason=reason,
        due=UNSET if due is None else to_rfc3339(due),
    )


def staff_view(comment: Comment) -> OwnCommentView:
    """A comment that others don't see, as the site's staff may read it."""
    shown = comment_view(comment) if comment.number else held_view(comment)
    texts = {"author": author_view(comment.author), "html": comment.html, "body": comment.body}
    edited_at = None if comment.edited_at is None else to_rfc3339(comment.edited_at)
    return msgspec.structs.replace(shown, **texts, edited_at=edited_at)


def own_view(comment: Comment) -> OwnCommentView:
    """A comment as its author is shown it."""
    if not comment.number:
        return held_view(as_its_author_sees(comment), with_body=True)
    return comment_view(comment, with_body=True)


def _removed_by(comment: Comment) -> tuple[Literal["author", "moderator"] | UnsetType, str | UnsetType]:
    """Who removed it, and the moderator's reason, as far as everybody may know; older nodes did not keep it."""
    decision = comment.decision
    if decision is None or decision.by is None:
        return UNSET, UNSET
    return ("author", UNSET) if decision.by == comment.author.id else ("moderator", decision.reason or UNSET)


def comment_views(
    comments: Iterable[Comment],
    viewer: Actor | None,
    site: str,
    pinned: str | None = None,
    mine: Mapping[str, Opinion] = NOTHING_SAID,
) -> list[CommentView]:
    """Comments as `viewer` may see them; `mine` is what they said to these, by id."""
    views = [
        comment_view(comment, pinned=pinned, with_body=may_read_body(viewer, comment, site)) for comment in comments
    ]
    return [_with_mine(view, mine[view.id]) if view.id in mine else view for view in views] if mine else views


def _with_mine(view: CommentView, mine: Opinion) -> CommentView:
    return msgspec.structs.replace(view, mine=MineView(mine.vote, list(mine.reactions)))


def thread_view(thread: Thread, watching: int | UnsetType = UNSET) -> ThreadView:
    """A thread as shown, with the number of live readers where it is known."""
    closing = thread.closing
    return ThreadView(
        id=thread.id,
        site=thread.site,
        key=thread.key,
        title=thread.title,
        url=thread.url,
        state="closed" if thread.closed else "open",
        reason=thread.reason,
        epoch=thread.epoch,
        head=thread.head,
        comments=thread.comments,
        pinned=thread.pinned,
        watching=watching,
        mode=_mode_view(thread.mode),
        closed_at=None if closing is None else to_rfc3339(closing.at),
        closed_by=None if closing is None else ActorView(closing.by_id, closing.by),
    )


def site_view(site: Site) -> SiteView:
    """A site as shown."""
    settings = site.settings
    return SiteView(site.name, settings.title, settings.images, settings.votes, settings.reactions)


def _mode_view(mode: ThreadMode) -> ThreadModeView:
    if mode == NO_MODE:
        return _NO_MODE_VIEW
    close_at = None if mode.close_at is None else to_rfc3339(mode.close_at)
    return ThreadModeView(mode.slow, mode.who, mode.hold, mode.delay, close_at)


def event_view(event: Event, audience: Audience = Audience.EVERYBODY) -> EventView:
    """An event as an audience sees it. What is for staff alone shows others that something happened, and no more; staff
    see the source of comments too."""
    has = traits(event.kind)
    staff = audience is Audience.STAFF
    bare = has.light or (has.audience is Audience.STAFF and not staff)
    comment, thread = (None, None) if bare else (event.comment, event.thread)
    return EventView(
        seq=event.seq,
        kind=event.kind,
        at=to_rfc3339(event.at),
        comment=UNSET if comment is None else comment_view(comment, pinned=event.pinned, with_body=staff),
        thread=UNSET if thread is None else thread_view(thread),
        reason=event.reason if has.explained and not bare else UNSET,
        by=event.by if has.explained and not bare else UNSET,
        counts=UNSET if event.counts is None else {id_: _counts_view(one) for id_, one in event.counts.items()},
    )


def _counts_view(counts: Counts) -> CountsView:
    return CountsView(ScoreView(counts.up, counts.down), counts.reactions, counts.replies)
