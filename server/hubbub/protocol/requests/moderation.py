"""Requests of moderators about comments."""

from hubbub.protocol.requests.base import CommentRequest


class Remove(CommentRequest, frozen=True, tag="remove"):
    """Removes a comment; its number stays. One that is held is refused for good."""

    reason: str | None = None


class Restore(CommentRequest, frozen=True, tag="restore"):
    """Makes a removed comment visible again."""


class Approve(CommentRequest, frozen=True, tag="approve"):
    """Lets a held comment through."""


ModerationRequest = Remove | Restore | Approve
