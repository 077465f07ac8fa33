"""Limits the growth of storage: empty threads are deleted, and an author's comments a day are counted.

Everybody locks a thread's row before its row in `empty`, so that there are no deadlocks. What somebody else has locked
is not deleted."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, String, bindparam, delete, func, select, text, update

from hubbub.domain.model import Thread
from hubbub.storage.bulk import among, inserting, to_json
from hubbub.storage.clock import Now
from hubbub.storage.schema import daily, empty, thread

AT_ONCE = 1000  # threads: a transaction that nobody has to wait for

_INSERT = inserting(empty, seen=Now())
_SEE = update(empty).where(among(empty.c.thread, "ids")).values(seen=Now())
_TAKE_OUT = delete(empty).where(among(empty.c.thread, "ids"))
_DELETE = delete(thread).where(among(thread.c.id, "ids"))
_COUNT = select(func.count()).where(empty.c.site == bindparam("site", type_=String))


def _oldest(which: ColumnElement[bool]) -> Any:
    """The threads that were unread for the longest time and are still empty."""
    both = thread.join(empty, empty.c.thread == thread.c.id)
    found = select(thread.c.id).select_from(both).where(which, thread.c.head == 0).order_by(empty.c.seen)
    return found.limit(bindparam("most", type_=Integer)).with_for_update(of=thread, skip_locked=True)


_UNREAD = _oldest(empty.c.seen < Now() - bindparam("age"))
_OLDEST_OF = _oldest(empty.c.site == bindparam("site", type_=String))


def _begun(which: ColumnElement[bool]) -> Any:
    """Removes threads that are no longer empty from `empty`. It is done here, so that a comment costs no statement for
    it."""
    found = select(empty.c.thread).select_from(empty.join(thread)).where(which, thread.c.head > 0)
    return delete(empty).where(empty.c.thread.in_(found.with_for_update(of=empty, skip_locked=True)))


_BEGUN = _begun(empty.c.seen < Now() - bindparam("age"))
_BEGUN_OF = _begun(empty.c.site == bindparam("site", type_=String))
_DAILY = select(daily.c.author, daily.c.comments).where(
    daily.c.day == bindparam("day"), among(daily.c.author, "authors")
)
_ADD = "INSERT INTO daily (author, day, comments) {rows} ON CONFLICT (author, day) DO UPDATE SET comments = {sum}"
_ADD_EACH = text(_ADD.format(rows="VALUES (:author, :day, :comments)", sum="comments + excluded.comments"))
_ADD_TOGETHER = text(
    _ADD.format(
        rows="SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS posted (author text, day int, comments int)",
        sum="daily.comments + excluded.comments",
    )
)
_OLD_DAYS = delete(daily).where(daily.c.day < bindparam("day"))


def begin(db: Connection, new: Sequence[Thread]) -> None:
    """Adds new threads to `empty`, if nothing has happened in them."""
    _INSERT.run(db, [{"thread": one.id, "site": one.site} for one in new if one.head == 0])


def see(db: Connection, thread_ids: Collection[str]) -> None:
    """Notes that these threads are read now."""
    db.execute(_SEE, {"ids": to_json(thread_ids)})


def forget_unread(db: Connection, age: int) -> bool:
    """Deletes some empty threads that were unread for `age` ms; returns whether there may be more."""
    old = db.scalars(_UNREAD, {"age": age, "most": AT_ONCE}).all()
    _forget(db, old)
    if len(old) < AT_ONCE:
        db.execute(_BEGUN, {"age": age})
    return len(old) >= AT_ONCE


def trim(db: Connection, site: str, most: int) -> None:
    """Deletes empty threads of a site beyond `most`, the longest unread first."""
    if int(db.scalar(_COUNT, {"site": site}) or 0) <= most:
        return
    db.execute(_BEGUN_OF, {"site": site})
    excess = int(db.scalar(_COUNT, {"site": site}) or 0) - most
    if excess > 0:
        _forget(db, db.scalars(_OLDEST_OF, {"site": site, "most": excess}).all())


def _forget(db: Connection, thread_ids: Sequence[str]) -> None:
    if thread_ids:
        db.execute(_TAKE_OUT, {"ids": to_json(thread_ids)})
        db.execute(_DELETE, {"ids": to_json(thread_ids)})


def comments_of(db: Connection, day: int, authors: Collection[str]) -> dict[str, int]:
    """How many comments each of these authors wrote in a day. Authors without any are left out."""
    rows = db.execute(_DAILY, {"day": day, "authors": to_json(authors)})
    return {row.author: row.comments for row in rows}


def add_comments(db: Connection, day: int, written: Mapping[str, int]) -> None:
    """Adds to the authors' counts of a day. In order of their ids, so that two workers cannot deadlock."""
    rows = [{"author": author, "day": day, "comments": written[author]} for author in sorted(written)]
    if not rows:
        return
    if db.dialect.name == "sqlite":
        db.execute(_ADD_EACH, rows)
    else:
        db.execute(_ADD_TOGETHER, {"rows": to_json(rows)})


def forget_days(db: Connection, before: int) -> None:
    """Deletes the counts of earlier days."""
    db.execute(_OLD_DAYS, {"day": before})
