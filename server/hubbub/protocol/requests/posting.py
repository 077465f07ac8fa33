"""Requests of commenters."""

from hubbub.protocol.requests.base import CommentRequest, ThreadRequest, Uuid


class Post(ThreadRequest, frozen=True, tag="post"):
    """Posts a comment. `id` is the client's own UUID, so that a retry is harmless."""

    id: Uuid
    body: str
    parent: Uuid | None = None


class Edit(CommentRequest, frozen=True, tag="edit"):
    """Replaces a comment's text; with `rename` also its name and website, by those that its author has now."""

    body: str
    rename: bool = False


PostingRequest = Post | Edit
