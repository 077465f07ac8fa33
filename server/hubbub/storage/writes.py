"""Every change to storage, for the committer alone, which runs them inside its one transaction."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from hubbub.domain.model import Article, Comment, Site, Thread
from hubbub.storage import bounds
from hubbub.storage.bulk import among, inserting, to_json, updating
from hubbub.storage.clock import Now
from hubbub.storage.rows import COMMENT, thread_values, to_comment, to_thread
from hubbub.storage.schema import article, comment, dead_letter, empty, event, handled, site, thread

FORGOTTEN_AT_ONCE = 1000  # requests: a transaction that nobody has to wait for

# Built once: putting a statement together costs more than carrying it out.
_LOCK_THREADS = select(thread).where(among(thread.c.id, "ids")).order_by(thread.c.id).with_for_update()
_KNOWN_COMMENTS = select(*COMMENT, comment.c.fingerprint).where(among(comment.c.id, "ids"))
_HANDLED = select(handled.c.request, handled.c.answer).where(among(handled.c.request, "requests"))
_OLD_HANDLED = (
    select(handled.c.request)
    .where(handled.c.at < Now() - bindparam("age"))
    .order_by(handled.c.at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_FORGET = delete(handled).where(among(handled.c.request, "requests"))
_INSERT_THREADS = inserting(thread)
_UPDATE_THREADS = updating(thread, ("title", "url", "closed", "reason", "head", "last_number", "comments"))
_INSERT_COMMENTS = inserting(comment)
_UPDATE_COMMENTS = updating(comment, ("body", "html", "edited_at", "removed"))
_INSERT_EVENTS = inserting(event)
_INSERT_HANDLED = inserting(handled, at=Now())


def lock_threads(db: Connection, ids: Iterable[str]) -> dict[str, Thread]:
    """These threads, their rows locked in id order so that two workers can't lock each other out."""
    return {row.id: to_thread(row) for row in db.execute(_LOCK_THREADS, {"ids": to_json(set(ids))})}


def known_comments(db: Connection, ids: Collection[str]) -> dict[str, tuple[Comment, str]]:
    """Those of these comments that exist, each with its fingerprint."""
    rows = db.execute(_KNOWN_COMMENTS, {"ids": to_json(ids)}) if ids else ()
    return {row[0]: (to_comment(row[:-1]), row[-1]) for row in rows}


def insert_threads(db: Connection, new: Sequence[Thread], at: int) -> None:
    """New threads."""
    rows = [{"id": t.id, "site": t.site, "key": t.key, "epoch": t.epoch, "created_at": at} for t in new]
    _INSERT_THREADS.run(db, [{**row, **thread_values(one)} for row, one in zip(rows, new, strict=True)])
    bounds.begin(db, new)


def update_threads(db: Connection, changed: Iterable[Thread]) -> None:
    """Threads as they are now."""
    _UPDATE_THREADS.run(db, [{"this": one.id, **thread_values(one)} for one in changed])


def insert_comments(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """New comments, as `rows.comment_values` gives them."""
    _INSERT_COMMENTS.run(db, rows)


def update_comments(db: Connection, changed: Iterable[Comment]) -> None:
    """Comments as they are now."""
    rows = [
        {"this": one.id, "body": one.body, "html": one.html, "edited_at": one.edited_at, "removed": one.removed}
        for one in changed
    ]
    _UPDATE_COMMENTS.run(db, rows)


def insert_events(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """New events; a seq that is taken already fails the whole transaction."""
    _INSERT_EVENTS.run(db, rows)


def handled_before(db: Connection, requests: Collection[str]) -> dict[str, str | None]:
    """Those of these requests that were answered before, with the refusal they got, if it was one."""
    rows = db.execute(_HANDLED, {"requests": to_json(requests)}) if requests else ()
    return {row.request: row.answer for row in rows}


def insert_handled(db: Connection, answers: Mapping[str, str | None]) -> None:
    """Remembers what requests were answered, as `handled_before` tells it."""
    rows = [{"request": request, "answer": answer} for request, answer in answers.items()]
    _INSERT_HANDLED.run(db, rows)


def forget(db: Connection, requests: Collection[str]) -> None:
    """Forgets what these requests were answered."""
    if requests:
        db.execute(_FORGET, {"requests": to_json(requests)})


def forget_handled(db: Connection, age: int) -> bool:
    """Forgets some requests older than `age` (ms); whether there may be more. Workers don't wait for each other."""
    old = db.scalars(_OLD_HANDLED, {"age": age, "most": FORGOTTEN_AT_ONCE}).all()
    forget(db, old)
    return len(old) >= FORGOTTEN_AT_ONCE


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


def remove_site(db: Connection, name: str) -> None:
    """A site in whose threads nothing has happened, and these."""
    unused = thread.c.site == name, thread.c.head == 0
    db.execute(delete(empty).where(empty.c.thread.in_(select(thread.c.id).where(*unused))))
    db.execute(delete(thread).where(*unused))
    db.execute(delete(site).where(site.c.name == name))


def new_epochs(db: Connection) -> None:
    """Tells every reader to load its thread anew: after a backup was restored, places in the log mean other events."""
    db.execute(update(thread).values(epoch=secrets.token_hex(4)))
