"""Threads in which nothing has happened yet: those that nobody reads are deleted, so that storage cannot be filled by
them.

Everybody locks a thread's row before its row in `empty`, so that there are no deadlocks. What somebody else has locked
is not deleted."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, String, bindparam, delete, func, select, update

from hubbub.domain.model import Thread
from hubbub.storage.bulk import among, inserting, to_json
from hubbub.storage.clock import Now
from hubbub.storage.schema import empty, thread

BATCH_THREADS = 1000  # a transaction that nobody has to wait for

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


def begin(db: Connection, new: Sequence[Thread]) -> None:
    """Adds new threads to `empty`, if nothing has happened in them."""
    _INSERT.run(db, [{"thread": one.id, "site": one.site} for one in new if one.head == 0])


def see(db: Connection, thread_ids: Collection[str]) -> None:
    """Notes that these threads are read now."""
    db.execute(_SEE, {"ids": to_json(thread_ids)})


def forget_unread(db: Connection, age: int, most: int = BATCH_THREADS) -> bool:
    """Deletes up to `most` empty threads that were unread for `age` ms; returns whether there may be more."""
    old = db.scalars(_UNREAD, {"age": age, "most": most}).all()
    _forget(db, old)
    if len(old) < most:
        db.execute(_BEGUN, {"age": age})
    return len(old) >= most


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
