"""Every change to storage, for the committer alone, which runs them inside its one transaction."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from hubbub.domain.model import Article, Comment, Site, Thread
from hubbub.storage.rows import thread_values, to_comment, to_thread
from hubbub.storage.schema import article, comment, dead_letter, event, handled, site, thread

# Built once: putting a statement together costs more than SQLite takes to carry it out.
_LOCK_THREADS = (
    select(thread).where(thread.c.id.in_(bindparam("ids", expanding=True))).order_by(thread.c.id).with_for_update()
)
_KNOWN_COMMENTS = select(comment).where(comment.c.id.in_(bindparam("ids", expanding=True)))
_INSERT_COMMENT = insert(comment)
_INSERT_EVENT = insert(event)
_UPDATE_THREAD = (
    update(thread)
    .where(thread.c.id == bindparam("thread_id"))
    .values({name: bindparam(name) for name in ("title", "url", "closed", "reason", "head", "last_number", "comments")})
)
_UPDATE_COMMENT = (
    update(comment)
    .where(comment.c.id == bindparam("comment_id"))
    .values({name: bindparam(name) for name in ("body", "html", "edited_at", "removed")})
)


def lock_threads(db: Connection, ids: Iterable[str]) -> dict[str, Thread]:
    """These threads, their rows locked in id order so that two workers can't lock each other out."""
    return {row.id: to_thread(row) for row in db.execute(_LOCK_THREADS, {"ids": list(ids)})}


def known_comments(db: Connection, ids: Iterable[str]) -> dict[str, tuple[Comment, str]]:
    """Those of these comments that exist, each with its fingerprint."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = db.execute(_KNOWN_COMMENTS, {"ids": wanted})
    return {row.id: (to_comment(row), row.fingerprint) for row in rows}


def insert_thread(db: Connection, new: Thread, at: int) -> None:
    """A new thread."""
    values = {"id": new.id, "site": new.site, "key": new.key, "epoch": new.epoch, "created_at": at}
    db.execute(insert(thread).values(**values, **thread_values(new)))


def update_threads(db: Connection, changed: Sequence[Thread]) -> None:
    """Threads as they are now."""
    if changed:
        db.execute(_UPDATE_THREAD, [{"thread_id": one.id, **thread_values(one)} for one in changed])


def insert_comments(db: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """New comments, as `rows.comment_values` gives them."""
    if rows:
        db.execute(_INSERT_COMMENT, rows)


def update_comments(db: Connection, changed: Sequence[Comment]) -> None:
    """Comments as they are now."""
    if changed:
        values = [
            {
                "comment_id": one.id,
                "body": one.body,
                "html": one.html,
                "edited_at": one.edited_at,
                "removed": one.removed,
            }
            for one in changed
        ]
        db.execute(_UPDATE_COMMENT, values)


def insert_events(db: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """New events; a seq that is taken already fails the whole transaction."""
    if rows:
        db.execute(_INSERT_EVENT, rows)


def handled_before(db: Connection, requests: Iterable[str]) -> set[str]:
    """Those of these requests that were carried out already."""
    wanted = list(requests)
    return set(db.scalars(select(handled.c.request).where(handled.c.request.in_(wanted)))) if wanted else set()


def insert_handled(db: Connection, requests: Iterable[str], at: int, forget_before: int) -> None:
    """Remembers requests, and forgets those of before `forget_before` (ms)."""
    rows = [{"request": request, "at": at} for request in requests]
    if rows:
        db.execute(insert(handled), rows)
        db.execute(delete(handled).where(handled.c.at < forget_before))


def insert_dead_letter(db: Connection, command: str, error: str, at: int) -> None:
    """Keeps a command that no transaction could take, for somebody to look at."""
    db.execute(insert(dead_letter).values(command=command, error=error, at=at))


def put_article(db: Connection, thread_id: str, new: Article) -> None:
    """The article of a thread, in place of the one before."""
    db.execute(delete(article).where(article.c.thread == thread_id))
    values = {
        name: getattr(new, name) for name in ("section", "published", "author", "source", "source_url", "body", "html")
    }
    db.execute(insert(article).values(thread=thread_id, **values))


def put_site(db: Connection, new: Site) -> None:
    """A site, new or changed."""
    values = {"origins": "\n".join(new.origins), "images": new.images}
    if db.execute(update(site).where(site.c.name == new.name).values(**values)).rowcount == 0:
        db.execute(insert(site).values(name=new.name, **values))
