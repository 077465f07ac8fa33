"""How far authors have read in threads, so that another device of theirs shows what is new."""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, text

from hubbub.storage.schema import seen, thread

THREADS = 200  # of an author, those that were read last: as many as a browser keeps
_PUT = text(
    "INSERT INTO seen (author, thread, number, at) VALUES (:author, :thread, :number, :at) ON CONFLICT (author, thread)"
    " DO UPDATE SET number = excluded.number, at = excluded.at WHERE excluded.number >= seen.number"
)
_OF_AUTHOR = select(seen.c.thread).where(seen.c.author == bindparam("author")).order_by(seen.c.at.desc())
_ALL = (
    select(thread.c.key, seen.c.number, seen.c.at)
    .join(thread, thread.c.id == seen.c.thread)
    .where(seen.c.author == bindparam("author"), thread.c.site == bindparam("site"))
    .order_by(seen.c.at)
)


class Seen(NamedTuple):
    """The number of the last comment that was seen, and when (ms)."""

    number: int
    at: int


def put_seen(db: Connection, author: str, thread_id: str, now: Seen) -> None:
    """Keeps how far an author has read, unless they read further before; of too many threads the oldest go."""
    db.execute(_PUT, {"author": author, "thread": thread_id, **now._asdict()})
    for old in db.scalars(_OF_AUTHOR.offset(THREADS), {"author": author}).all():
        db.execute(delete(seen).where(seen.c.author == author, seen.c.thread == old))


def read_seen(db: Connection, author: str, thread_id: str) -> Seen | None:
    """How far an author has read in a thread."""
    found = select(seen.c.number, seen.c.at).where(seen.c.author == author, seen.c.thread == thread_id)
    row = db.execute(found).first()
    return None if row is None else Seen(*row)


def all_seen(db: Connection, site: str, author: str) -> list[tuple[str, int, int]]:
    """How far an author has read on a site: key of the page, number, and when (ms)."""
    return [(row.key, row.number, row.at) for row in db.execute(_ALL, {"site": site, "author": author})]


def erase_seen(db: Connection, author: str) -> None:
    """Removes how far an author has read."""
    db.execute(delete(seen).where(seen.c.author == author))


def forget_seen(db: Connection, before: int) -> None:
    """Removes what was read before a time (ms)."""
    db.execute(delete(seen).where(seen.c.at < before))
