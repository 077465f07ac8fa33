"""Requests of commenters."""

from hubbub.protocol.requests.base import Body, CommentRequest, ThreadRequest, Uuid


class Post(ThreadRequest, frozen=True, tag="post"):
    """Posts a comment. `id` is the client's own UUID, so that a retry is harmless."""

    id: Uuid
    body: str
    parent: Uuid | None = None


class Edit(CommentRequest, frozen=True, tag="edit"):
    """Replaces a comment's text; with `rename` also its name and website, by those that its author has now."""

    body: str
    rename: bool = False


class PreviewBody(Body, frozen=True):
    """POST /api/v1/threads/{thread}/preview: the text of a comment that is being written."""

    text: str


PostingRequest = Post | Edit
