"""Whether storage has room for more, and how large it is."""

import errno
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from hubbub.metrics import THREADS
from hubbub.storage import engine, growth
from hubbub.storage.engine import LEAST_ROOM, Database, DiskFull
from hubbub.storage.growth import Growth, size
from hubbub.storage.threads import insert_threads
from tests.unit.samples import AT, thread


async def test_too_little_room_on_the_disk(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await database.check()
    monkeypatch.setattr(engine, "free_bytes", lambda _path: LEAST_ROOM - 1)
    with pytest.raises(DiskFull):
        await database.check()
    monkeypatch.undo()
    await database.check()


def insert(db: Connection) -> None:
    """More than there is room for."""
    db.execute(text("INSERT INTO dead_letter (at, command, error) VALUES (1, zeroblob(1000000), '')"))


async def test_a_write_that_found_the_disk_full(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await database.write(lambda db: db.execute(text("PRAGMA max_page_count = 10")))
    with pytest.raises(OperationalError):
        await database.write(insert)
    with monkeypatch.context() as patched:

        def full(_directory: Path) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patched.setattr(engine, "check_writable", full)
        for _ in range(2):
            with pytest.raises(DiskFull):
                await database.check()
    await database.check()
    with pytest.raises(OperationalError):
        await database.write(insert)
    await database.write(lambda db: db.execute(text("PRAGMA max_page_count = 1000000")))
    await database.write(insert)
    await database.check()


async def test_the_size_is_looked_at_once_a_minute(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(growth, "monotonic", lambda: now[0])
    found = Growth(database)
    await found.refresh()
    assert THREADS._value.get() == 1
    await database.write(insert_threads, [thread(id="b" * 16, key="/b")], AT)
    now[0] += 59
    await found.refresh()
    assert THREADS._value.get() == 1
    now[0] += 2
    await found.refresh()
    assert THREADS._value.get() == 2
    held = await database.read(size)
    assert (held.threads, held.comments) == (2, 0)
    assert held.bytes > 10_000
