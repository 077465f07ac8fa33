"""Comments, threads and events as the wire carries them, for tests that need some."""

from uuid import UUID

from hubbub.protocol.views import AuthorView, CommentView, EventView, ThreadView

AT = "2026-11-22T10:00:00.000Z"
ADA = AuthorView("a1", "Ada", None, "guest")
NOBODY = AuthorView(None, None, None, None)


def comment_id(number: int) -> str:
    """A UUID to know comment #number by."""
    return str(UUID(int=number))


def comment(number: int, html: str = "", *, removed: bool = False, edited: bool = False) -> CommentView:
    """Comment #number."""
    if removed:
        return CommentView(comment_id(number), number, None, NOBODY, "", AT, None, True)
    return CommentView(
        comment_id(number), number, None, ADA, html or f"<p>{number}</p>", AT, AT if edited else None, False
    )


def thread(head: int = 0, comments: int = 0, *, closed: bool = False, epoch: str = "e1") -> ThreadView:
    """The thread `t` of the demo site."""
    return ThreadView("t", "demo", "/k", None, None, "closed" if closed else "open", None, epoch, head, comments)


def posted(seq: int, number: int | None = None) -> EventView:
    """The event that posted comment #number (#seq if not given)."""
    return EventView(seq, "comment.posted", AT, comment=comment(number or seq))
