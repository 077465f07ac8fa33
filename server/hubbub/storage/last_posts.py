"""When authors last wrote in threads with slow mode. Of other threads it is not kept."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select, text

from hubbub.domain.model import Thread
from hubbub.storage.schema import last_post

LOOK_BACK = 10_000  # comments that are looked at where slow mode begins
_BEGIN = text(
    "INSERT INTO last_post (thread, author, at) SELECT thread, author_id, max(at) FROM comment"
    " WHERE thread = :thread AND number > :number AND at > :since GROUP BY thread, author_id"
)


def begin_slow_mode(db: Connection, thread: Thread, since: int) -> None:
    """Keeps from now on when authors write. Authors who wrote after `since` (ms) wait too."""
    end_slow_mode(db, thread.id)
    db.execute(_BEGIN, {"thread": thread.id, "number": thread.last_number - LOOK_BACK, "since": since})


def end_slow_mode(db: Connection, thread: str) -> None:
    """Nobody waits in the thread any more."""
    db.execute(delete(last_post).where(last_post.c.thread == thread))


def last_post_at(db: Connection, thread: str, author: str) -> int | None:
    """When an author last wrote in a thread with slow mode (ms)."""
    found = select(last_post.c.at).where(last_post.c.thread == thread, last_post.c.author == author)
    at: int | None = db.scalar(found)
    return at


def put_last_posts(db: Connection, posted: Mapping[tuple[str, str], int]) -> None:
    """Keeps when these authors (thread, author) wrote. The threads are locked, so no other worker does."""
    for thread, author in posted:
        db.execute(delete(last_post).where(last_post.c.thread == thread, last_post.c.author == author))
    if posted:
        rows = [{"thread": thread, "author": author, "at": at} for (thread, author), at in posted.items()]
        db.execute(insert(last_post), rows)


def forget_last_posts(db: Connection, author: str) -> None:
    """Removes what is kept of an author."""
    db.execute(delete(last_post).where(last_post.c.author == author))
