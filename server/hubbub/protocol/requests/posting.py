"""Requests of commenters."""

from hubbub.protocol.requests.base import CommentRequest, ThreadRequest, Uuid


class Post(ThreadRequest, frozen=True, tag="post"):
    """Posts a comment. `id` is the client's own UUID, so that a retry is harmless."""

    id: Uuid
    body: str
    parent: Uuid | None = None


class Edit(CommentRequest, frozen=True, tag="edit"):
    """Replaces a comment's text."""

    body: str


PostingRequest = Post | Edit
