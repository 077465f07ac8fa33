"""Measures the size of storage for dashboards, cheaply, at most once a minute."""

from time import monotonic
from typing import NamedTuple

from sqlalchemy import Connection, text

from hubbub.metrics import COMMENTS, DATABASE_BYTES, DISK_FREE_BYTES, THREADS
from hubbub.storage.engine import Database
from hubbub.storage.files import free_bytes

EVERY = 60.0  # s
EXACT = 100_000  # rows up to which PostgreSQL counts; beyond, its own estimate will do


class Size(NamedTuple):
    """The database as a whole, and what is in it."""

    bytes: int
    threads: int
    comments: int


def size(db: Connection) -> Size:
    """The size now. Comments are never deleted, so in SQLite the last rowid is their number."""
    if db.dialect.name == "sqlite":
        pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        comments = _number(db, "SELECT coalesce(max(rowid), 0) FROM comment")
        return Size(_number(db, pages), _number(db, "SELECT count(*) FROM thread"), comments)
    total = _number(db, "SELECT pg_database_size(current_database())")
    return Size(total, _estimate(db, "thread"), _estimate(db, "comment"))


def _estimate(db: Connection, table: str) -> int:
    # Tables are named by this module alone.
    known = _number(db, f"SELECT reltuples FROM pg_class WHERE oid = '{table}'::regclass")  # noqa: S608 (see above)
    return known if known > EXACT else _number(db, f"SELECT count(*) FROM {table}")  # noqa: S608 (see above)


def _number(db: Connection, query: str) -> int:
    return int(db.execute(text(query)).scalar_one())


class Growth:
    """Keeps the gauges of one database up to date."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due = 0.0

    async def refresh(self) -> None:
        """Measures again, unless it did within the last minute."""
        if monotonic() < self._due:
            return
        self._due = monotonic() + EVERY
        found = await self._database.read(size)
        DATABASE_BYTES.set(found.bytes)
        THREADS.set(found.threads)
        COMMENTS.set(found.comments)
        if self._database.file is not None:
            DISK_FREE_BYTES.set(free_bytes(self._database.file))
