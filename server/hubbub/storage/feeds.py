"""The newest visible comments, of a thread and of a site: what feeds show."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from hubbub.domain.model import Comment, Thread
from hubbub.storage.comments import comments_by_id
from hubbub.storage.paging import PAGE_BYTES, fitting
from hubbub.storage.schema import comment, thread
from hubbub.storage.threads import thread_by_id, threads_by_id

FEED_COMMENTS = 50

_VISIBLE = (
    select(comment.c.at, comment.c.id)
    .where(comment.c.thread == bindparam("id"), comment.c.removed.is_(False))
    .order_by(comment.c.number.desc())
    .limit(bindparam("limit"))
)
_last_at = (
    select(comment.c.at)
    .where(comment.c.thread == thread.c.id, comment.c.removed.is_(False))
    .order_by(comment.c.number.desc())
    .limit(1)
    .correlate(thread)
    .scalar_subquery()
)
# One look at an index for each thread of the site: an index of all comments by time would cost each post as much.
_THREADS = (
    select(thread.c.id, _last_at.label("last_at"))
    .where(thread.c.site == bindparam("site"), thread.c.comments > 0)
    .order_by(_last_at.desc().nulls_last())
    .limit(bindparam("limit"))
)


def newest_of_thread(db: Connection, thread_id: str, limit: int = FEED_COMMENTS) -> tuple[Thread, list[Comment]] | None:
    """A thread with its newest visible comments, newest first."""
    found = thread_by_id(db, thread_id)
    if found is None:
        return None
    return found, _with_text(db, [row.id for row in db.execute(_VISIBLE, {"id": thread_id, "limit": limit})])


def newest_of_site(db: Connection, site: str, limit: int = FEED_COMMENTS) -> list[tuple[Thread, Comment]]:
    """The newest visible comments of all threads of a site, newest first, each with its thread."""
    newest: list[tuple[int, str]] = []
    for row in db.execute(_THREADS, {"site": site, "limit": limit}).all():
        if len(newest) == limit and (row.last_at is None or row.last_at < newest[-1][0]):
            break
        of_thread = [(one.at, one.id) for one in db.execute(_VISIBLE, {"id": row.id, "limit": limit})]
        newest = sorted([*newest, *of_thread], reverse=True)[:limit]
    comments = _with_text(db, [id_ for _, id_ in newest])
    threads = threads_by_id(db, list({one.thread for one in comments}))
    return [(threads[one.thread], one) for one in comments]


def _with_text(db: Connection, ids: Sequence[str]) -> list[Comment]:
    texts = comments_by_id(db, ids)
    return fitting((texts[one] for one in ids), lambda one: one, PAGE_BYTES)
