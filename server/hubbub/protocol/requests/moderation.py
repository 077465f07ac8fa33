"""Requests of moderators about comments."""

from hubbub.protocol.requests.base import CommentRequest


class Remove(CommentRequest, frozen=True, tag="remove"):
    """Removes a comment; its number stays."""

    reason: str | None = None


class Restore(CommentRequest, frozen=True, tag="restore"):
    """Makes a removed comment visible again."""


ModerationRequest = Remove | Restore
