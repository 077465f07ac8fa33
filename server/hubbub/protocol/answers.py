"""What the server answers and pushes, as types: the descriptions of the API are made from them."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.protocol.requests.base import Ref, Seq
from hubbub.protocol.views import (
    CardView,
    CommentView,
    ErrorView,
    EventView,
    OwnAuthorView,
    OwnCommentView,
    SiteView,
    ThreadView,
)
from hubbub.protocol.webauthn import CreationOptions, PasskeyView, RequestOptions

Yes = Annotated[bool, msgspec.Meta(extra_json_schema={"const": True})]
No = Annotated[bool, msgspec.Meta(extra_json_schema={"const": False})]
Time = Annotated[str, msgspec.Meta(description="RFC 3339, UTC, with milliseconds")]


# HTTP


class ErrorAnswer(msgspec.Struct, frozen=True):
    """Any refusal."""

    error: ErrorView


class SessionAnswer(msgspec.Struct, frozen=True):
    """A bearer token, and how its comments are signed."""

    token: str
    author: OwnAuthorView


class SnapshotAnswer(msgspec.Struct, frozen=True):
    """A thread and a page of its comments; `more` says that the order goes on. `own` are an author's comments here that
    others don't see, oldest first."""

    thread: ThreadView
    comments: list[CommentView]
    more: bool
    site: SiteView | UnsetType = UNSET
    own: list[OwnCommentView] | UnsetType = UNSET


class CommentsAnswer(msgspec.Struct, frozen=True):
    """A page of comments; `cursor` names the next one, null behind the last. Where the list was entered by `around`,
    `previous` names the page before, null before the first."""

    comments: list[CommentView]
    cursor: str | None
    previous: str | UnsetType | None = UNSET


class EventsAnswer(msgspec.Struct, frozen=True):
    """Events after a position in the log; `more` says that there are others."""

    epoch: str
    head: Seq
    events: list[EventView]
    more: bool
    site: SiteView | UnsetType = UNSET


class CommentAnswer(msgspec.Struct, frozen=True):
    """The comment as it is now."""

    comment: OwnCommentView


class QueueAnswer(msgspec.Struct, frozen=True):
    """Comments of a site that wait for its staff, or that they took out of sight; how many there are of each state; and
    the cursor of the next page, null behind the last."""

    cards: list[CardView]
    counts: dict[str, int]
    cursor: str | None


class PreviewAnswer(msgspec.Struct, frozen=True):
    """What a comment of that text would show."""

    html: str


class ThreadAnswer(msgspec.Struct, frozen=True):
    """The thread as it is now."""

    thread: ThreadView


class CountsAnswer(msgspec.Struct, frozen=True):
    """Comments that are not removed, by the key that was asked for."""

    counts: dict[str, int]


class NicksAnswer(msgspec.Struct, frozen=True):
    """Names that are nobody's on the site."""

    nicks: list[str]


class MeAnswer(msgspec.Struct, frozen=True):
    """The author whose token it is."""

    author: OwnAuthorView


class PairingAnswer(msgspec.Struct, frozen=True):
    """A code for another device, and when it ends."""

    code: str
    ends: Time


class CreationOptionsAnswer(msgspec.Struct, frozen=True):
    """How a page makes a passkey."""

    options: CreationOptions


class RequestOptionsAnswer(msgspec.Struct, frozen=True):
    """How a page asks for a passkey."""

    options: RequestOptions


class PasskeysAnswer(msgspec.Struct, frozen=True):
    """The author's passkeys, oldest first."""

    passkeys: list[PasskeyView]


class SeenAnswer(msgspec.Struct, frozen=True):
    """How far the author has read in a thread: the number of the last comment that they saw, and when; 0 and null where
    that is not known."""

    number: int
    at: Time | None


class ErasedAnswer(msgspec.Struct, frozen=True):
    """How many comments were erased."""

    erased: int


class SiteAnswer(msgspec.Struct, frozen=True):
    """The site's name."""

    site: str


# The live socket: replies


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """Done; `re` is the command's `ref`."""

    re: Ref
    ok: Yes


class HelloReply(Reply, frozen=True, kw_only=True):
    """To `hello`: the author of what this connection posts from now on."""

    author: OwnAuthorView


class JoinReply(Reply, frozen=True, kw_only=True):
    """To `join`: a snapshot (`comments`, newest first), or the `events` after the position that `after` named. `reset`
    says that this position is unknown, and that a snapshot comes instead. `own` are an author's comments here that
    others don't see, oldest first."""

    thread: ThreadView
    comments: list[CommentView] | UnsetType = UNSET
    events: list[EventView] | UnsetType = UNSET
    more: bool
    now: Time
    site: SiteView | UnsetType = UNSET
    reset: Yes | UnsetType = UNSET
    own: list[OwnCommentView] | UnsetType = UNSET


class CommentReply(Reply, frozen=True, kw_only=True):
    """To what is done with one comment; `seq` is the event's that it made, null if it made none."""

    comment: OwnCommentView
    seq: Seq | None


class ThreadReply(Reply, frozen=True, kw_only=True):
    """To `close` and `reopen`; `seq` is the event's that it made, null if nothing changed."""

    thread: ThreadView
    seq: Seq | None


class RefusalReply(msgspec.Struct, frozen=True):
    """Refused; `re` is null where the message could not be read."""

    re: Ref | None
    ok: No
    error: ErrorView


# The live socket: pushes


class Push(msgspec.Struct, frozen=True, tag_field="push"):
    """What comes without a command; the tag `push` names the class."""


class EventsPush(Push, frozen=True, tag="events"):
    """Something happened: events without a gap, in order of `seq`."""

    thread: str
    epoch: str
    events: list[EventView]


class PresencePush(Push, frozen=True, tag="presence"):
    """How many read the thread now, and how many others type."""

    thread: str
    watching: int
    typing: int | UnsetType = UNSET


class ResetPush(Push, frozen=True, tag="reset"):
    """The reader's position is void: join again, without `after`."""

    thread: str


class OwnPush(Push, frozen=True, tag="own"):
    """The state of a comment of yours is another now; `reason` is why the staff decided so."""

    thread: str
    comment: OwnCommentView
    reason: str | UnsetType = UNSET


class SitePush(Push, frozen=True, tag="site"):
    """What a site's readers are told of it is another now."""

    site: SiteView


class GoodbyePush(Push, frozen=True, tag="goodbye"):
    """A planned close follows; come back after that many seconds."""

    reconnect_in: float


PUSHES = (EventsPush, PresencePush, ResetPush, OwnPush, SitePush, GoodbyePush)
