"""Requests about the live connection itself: who speaks, and which threads it follows. They write nothing."""

import msgspec

from hubbub.protocol.requests.base import Name, Ref, Request, Seq, Token


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reader's position in a thread's log."""

    epoch: Name
    seq: Seq


class Hello(Request, frozen=True, tag="hello"):
    """Says who speaks from here on; may be repeated with a newer token."""

    ref: Ref
    token: Token


class Join(Request, frozen=True, tag="join"):
    """Follows a thread, named by `thread`, or by `site` and `key`; with `after`, from that position on. `token` says
    who speaks in this thread, whatever `hello` said."""

    ref: Ref
    site: Name | None = None
    key: Name | None = None
    thread: Name | None = None
    after: Position | None = None
    token: Token | None = None


class Leave(Request, frozen=True, tag="leave"):
    """Stops following a thread."""

    ref: Ref
    thread: Name


class Typing(Request, frozen=True, tag="typing"):
    """The sender is writing a comment. Answered only if it has a ref."""

    thread: Name
    ref: Ref | None = None


ConversationRequest = Hello | Join | Leave | Typing
