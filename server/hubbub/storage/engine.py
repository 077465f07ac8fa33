"""Connections to storage: one writer thread, a few reader threads, each call one transaction.

SQLAlchemy's synchronous Core in threads of our own is several times cheaper than an asynchronous driver for SQLite,
and the same for PostgreSQL. SQLite gets exactly one writing connection (WAL mode, every commit fsynced); readers
can't write.

A process has at most one connection that writes and `READERS` that read, each made at its first use. Web nodes only
read and workers hardly do, so PostgreSQL needs 4 connections for each web node, 2 for each worker, and a few to spare.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError

from hubbub.storage.faults import is_full, is_lost
from hubbub.storage.files import check_writable, free_bytes
from hubbub.storage.postgresql import Timings, postgresql_engine

T = TypeVar("T")
WAL_BYTES = 8 * 1024 * 1024  # that the write-ahead log keeps once it was larger: twice what it usually has
LEAST_ROOM = 1024 * 1024  # bytes on the disk of an SQLite file: for what is on its way
READERS = 4  # threads: enough to overlap PostgreSQL's round trips; SQLite's readers share the interpreter anyway

log = structlog.get_logger()


class DiskFull(Exception):
    """Storage has no room for more."""


class OpenFiles:
    """An SQLite database's file and its write-ahead log, as they were when they were first seen. A process whose files
    were removed or replaced would go on in files without a name: it acknowledges what is gone when it ends."""

    def __init__(self, path: str) -> None:
        self._names = (os.path.abspath(path), f"{os.path.abspath(path)}-wal")
        self._known: dict[str, tuple[int, int]] = {}
        self._told = False

    def check(self) -> None:
        """OperationalError, as when storage is away, unless they are still there; the log says so once."""
        for name in self._names:
            found = _identity_of(name)
            if found is not None:
                self._known.setdefault(name, found)
            if found != self._known.get(name):
                self._refuse(name)
        self._told = False

    def closed(self) -> None:
        """A connection was closed: with the last one SQLite removes the log itself."""
        self._known.pop(self._names[1], None)

    def _refuse(self, name: str) -> None:
        if not self._told:
            self._told = True
            hint = "nothing is stored until it is back; if it can't be, end this process and restore a backup"
            log.error("database_removed", file=name, hint=hint)
        error = sqlite3.OperationalError(f"{name} was removed or replaced while it was in use")
        raise OperationalError("", None, error)


def _identity_of(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Database:
    """Storage behind one URL. `read` and `write` run a function of a connection inside one transaction.

    Both raise what the function raises, and sqlalchemy.exc.DBAPIError where storage fails (`faults` tells what that
    means); nothing of a failed transaction remains, but for a `write` whose connection was lost: that may be on disk.
    A finished `write` is.
    """

    def __init__(self, url: str, timings: Timings = Timings()) -> None:
        """`postgres://`, as hosting services write it, works like `postgresql://`. `timings` are PostgreSQL's."""
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._files = OpenFiles(self.url.database or "") if self.is_sqlite else None
        self.file = Path(self.url.database or "").absolute() if self.is_sqlite else None
        self._full = False  # as the last write found
        make = partial(_sqlite_engine, self._files) if self._files else partial(postgresql_engine, timings=timings)
        self.writer = make(self.url, writing=True, connections=1)
        self.reader = make(self.url, writing=False, connections=READERS)
        self._write_thread = ThreadPoolExecutor(1, "hubbub-writer")
        self._read_threads = ThreadPoolExecutor(READERS, "hubbub-reader")

    async def read(self, query: Callable[..., T], *args: Any) -> T:
        """`query(connection, *args)` in a consistent read-only view; again, once, if its connection was lost."""
        try:
            return await self._run(self._read_threads, self.reader, query, args)
        except DBAPIError as error:
            if not is_lost(error):
                raise
        return await self._run(self._read_threads, self.reader, query, args)

    async def check(self) -> None:
        """Raises as `read` and `write` do unless storage answers and is what it was; DiskFull where it has no room."""
        if self._files is not None:
            self._files.check()
        await self._check_room()
        await self.read(lambda db: db.execute(text("SELECT 1")).scalar())

    async def write(self, change: Callable[..., T], *args: Any) -> T:
        """`change(connection, *args)`; committed and fsynced when it returns, undone when it raises."""
        try:
            done = await self._run(self._write_thread, self.writer, change, args)
        except DBAPIError as error:
            self._full |= is_full(error)
            raise
        self._full = False
        return done

    async def _check_room(self) -> None:
        """Tries a write if the last one failed: while `/readyz` keeps everybody away, nobody else would write."""
        if self.file is None:
            full = self._full
        else:
            full = await asyncio.to_thread(free_bytes, self.file) < LEAST_ROOM
            if self._full and not full:
                try:
                    await asyncio.to_thread(check_writable, self.file.parent)
                except OSError:
                    full = True
                else:
                    self._full = False
        if full:
            raise DiskFull

    async def _run(
        self, threads: ThreadPoolExecutor, engine: Engine, work: Callable[..., T], args: tuple[Any, ...]
    ) -> T:
        def transaction() -> T:
            with engine.begin() as connection:
                return work(connection, *args)

        return await asyncio.get_running_loop().run_in_executor(threads, transaction)

    def close(self) -> None:
        """Waits for running calls, then closes all connections."""
        for threads in (self._write_thread, self._read_threads):
            threads.shutdown()
        for engine in (self.writer, self.reader):
            engine.dispose()


def _sqlite_engine(files: OpenFiles, url: URL, *, writing: bool, connections: int) -> Engine:
    # isolation_level=None leaves BEGIN to us: the driver's own would start transactions late, and a read that turns
    # into a write fails at once under WAL, so writers begin as writers.
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,  # an error must not tell what people wrote
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": 10},
    )
    pragmas = ["foreign_keys=ON", "cache_size=-65536", "temp_store=MEMORY"]
    pragmas += (
        ["journal_mode=WAL", "synchronous=FULL", f"journal_size_limit={WAL_BYTES}"] if writing else ["query_only=ON"]
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        files.check()  # before a new file is made in place of one that was removed
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "close")
    def closed(_connection: Any, _record: object) -> None:
        files.closed()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if writing:
            files.check()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
