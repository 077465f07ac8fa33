"""A database as the migrations leave it, copied by all tests that need one: migrating takes a tenth of a second."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hubbub.storage.engine import Database
from hubbub.storage.migrate import upgrade


@cache
def migrated() -> bytes:
    """The SQLite file's contents."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "hubbub.db"
        database = Database(f"sqlite:///{path}")
        try:
            with database.writer.begin() as db:
                upgrade(db)
        finally:
            database.close()
        return path.read_bytes()
