"""An SQLite database that is removed under the process that has it open, and the log that it writes ahead."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from hubbub.storage.engine import WAL_BYTES, Database
from hubbub.storage.faults import is_away
from hubbub.storage.sites import all_sites, put_site
from tests.unit.samples import site


async def put(database: Database, name: str) -> None:
    """Stores a site."""
    await database.write(put_site, site(name))


def size(file: Path) -> int:
    """Of a file, in bytes; 0 where there is none."""
    return file.stat().st_size if file.exists() else 0


def moved(file: Path) -> None:
    """Away, but not gone."""
    file.rename(file.with_suffix(".away"))


def replaced(file: Path) -> None:
    """By another one of the same name."""
    moved(file)
    file.write_bytes(file.with_suffix(".away").read_bytes())


@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("harm", [moved, replaced])
async def test_nothing_is_stored_in_files_that_are_gone(
    database: Database, suffix: str, harm: Callable[[Path], None]
) -> None:
    file = Path(f"{database.url.database}{suffix}")
    await put(database, "before")
    await database.check()
    harm(file)
    with capture_logs() as lines:
        for work in (put(database, "gone"), put(database, "gone"), database.check()):
            with pytest.raises(OperationalError) as refused:
                await work
            assert is_away(refused.value)
    assert [(line["event"], line["file"]) for line in lines] == [("database_removed", str(file))], "once"
    os.replace(file.with_suffix(".away"), file)
    await database.check()
    await put(database, "back")
    assert {"before", "back"} == {one.name for one in await database.read(all_sites)} & {"before", "gone", "back"}


async def test_a_log_that_goes_with_the_last_connection_is_no_loss(database: Database) -> None:
    await put(database, "before")
    for engine in (database.reader, database.writer):
        engine.dispose()
    assert not size(Path(f"{database.url.database}-wal"))
    await put(database, "after")
    await database.check()


async def test_no_new_file_is_made_in_place_of_one_that_was_removed(database: Database) -> None:
    file = Path(database.url.database or "")
    await put(database, "before")
    moved(file)
    database.reader.dispose()
    database.writer.dispose()
    for work in (put(database, "gone"), database.read(all_sites)):
        with pytest.raises(OperationalError):
            await work
    assert size(file) == 0


async def test_the_log_written_ahead_shrinks_again(database: Database) -> None:
    def fill(db: Connection) -> None:
        db.execute(text("CREATE TABLE filler (x)"))
        db.execute(text("INSERT INTO filler VALUES (zeroblob(:size))"), {"size": 3 * WAL_BYTES})

    log = Path(f"{database.url.database}-wal")
    await database.write(fill)
    assert size(log) > 3 * WAL_BYTES
    for number in range(3):
        await put(database, f"site{number}")
    assert size(log) <= WAL_BYTES
