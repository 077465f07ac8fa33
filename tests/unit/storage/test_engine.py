"""The database: one transaction a call, durable when it returns, read-only where it reads, one view at a time."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from hubbub.storage.engine import Database
from hubbub.storage.sites import all_sites, put_site
from hubbub.storage.threads import thread_by_id
from tests.unit.samples import THREAD, site


def pragma(db: Connection, name: str) -> object:
    """A setting of this connection."""
    return db.execute(text(f"PRAGMA {name}")).scalar()


@contextmanager
def outside(database: Database) -> Iterator[sqlite3.Connection]:
    """A connection of another program to the same file."""
    connection = sqlite3.connect(str(database.url.database), isolation_level=None, timeout=0)
    try:
        yield connection
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("name", "writing", "reading"),
    [
        ("journal_mode", "wal", "wal"),
        ("synchronous", 2, None),  # FULL: a commit returns after the fsync; readers have nothing to sync
        ("query_only", 0, 1),
        ("foreign_keys", 1, 1),
        ("busy_timeout", 10_000, 10_000),
    ],
)
async def test_settings_in_force(database: Database, name: str, writing: object, reading: object) -> None:
    assert await database.write(pragma, name) == writing
    if reading is not None:
        assert await database.read(pragma, name) == reading


async def test_every_reader_is_prepared(database: Database) -> None:
    together = threading.Barrier(4, timeout=10)

    def setting(db: Connection) -> object:
        together.wait()  # so that no connection serves two of them
        return pragma(db, "query_only")

    assert await asyncio.gather(*(database.read(setting) for _ in range(4))) == [1, 1, 1, 1]


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        await database.read(put_site, site("other"))
    assert [known.name for known in await database.read(all_sites)] == ["news"]


async def test_a_write_is_there_for_others_when_it_returns(database: Database) -> None:
    await database.write(put_site, site("other"))
    assert {known.name for known in await database.read(all_sites)} == {"news", "other"}
    with outside(database) as other:
        assert other.execute("SELECT count(*) FROM site").fetchone() == (2,)


async def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    def change(db: Connection) -> None:
        put_site(db, site("other"))
        raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await database.write(change)
    assert [known.name for known in await database.read(all_sites)] == ["news"]


async def test_writers_begin_as_writers(database: Database) -> None:
    """A deferred transaction would only find out at its first change that somebody else writes, and fail at once."""

    def change(db: Connection) -> None:
        with outside(database) as other, pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")

    await database.write(change)


async def test_readers_do_not_hold_up_the_writer(database: Database) -> None:
    reading, written = threading.Event(), threading.Event()

    def look(db: Connection) -> tuple[int, int]:
        before = len(all_sites(db))
        reading.set()
        assert written.wait(10)
        return before, len(all_sites(db))

    looking = asyncio.create_task(database.read(look))
    await asyncio.to_thread(reading.wait, 10)
    await database.write(put_site, site("other"))
    written.set()
    assert await looking == (1, 1), "a read sees one moment, however long it takes"
    assert len(await database.read(all_sites)) == 2


async def test_writes_come_one_after_the_other(database: Database) -> None:
    def increase(db: Connection) -> None:
        head = db.execute(text("SELECT head FROM thread")).scalar_one()
        db.execute(text("UPDATE thread SET head = :head"), {"head": head + 1})

    await asyncio.gather(*(database.write(increase) for _ in range(50)))
    found = await database.read(thread_by_id, THREAD)
    assert found is not None
    assert found.head == 50


async def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(Exception, match="FOREIGN KEY"):
        await database.write(lambda db: db.execute(text("DELETE FROM site")))


async def test_a_full_disk_fails_the_write_and_keeps_what_was(database: Database) -> None:
    def fill(db: Connection) -> None:
        for number in range(1000):
            put_site(db, site(f"s{number}", f"https://{'x' * 1000}.example"))

    await database.write(lambda db: db.execute(text("PRAGMA max_page_count = 30")))
    with pytest.raises(OperationalError, match="full"):
        await database.write(fill)
    assert [known.name for known in await database.read(all_sites)] == ["news"]


def test_a_postgresql_url_is_for_psycopg() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")  # nothing connects before it is used
    try:
        assert not database.is_sqlite
        assert database.writer.dialect.driver == database.reader.dialect.driver == "psycopg"
    finally:
        database.close()
