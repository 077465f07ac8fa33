"""Requests of moderators about comments. `seen` is the state in which the sender saw the comment; the request is
refused if the comment has another by now."""

from hubbub.domain.model import State
from hubbub.protocol.requests.base import CommentRequest


class Remove(CommentRequest, frozen=True, tag="remove"):
    """Removes a comment; its number stays. One that is held is refused for good."""

    reason: str | None = None
    seen: State | None = None


class Restore(CommentRequest, frozen=True, tag="restore"):
    """Makes a removed comment visible again."""

    seen: State | None = None


class Approve(CommentRequest, frozen=True, tag="approve"):
    """Lets a held comment through."""

    seen: State | None = None


class Spam(CommentRequest, frozen=True, tag="spam"):
    """Takes a comment out of sight as spam; its number stays. One that is held stays with the staff."""

    seen: State | None = None


ModerationRequest = Remove | Restore | Approve | Spam
