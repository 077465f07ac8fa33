"""Brings the schema up to date with Alembic; the scripts are in migrations/versions."""

from pathlib import Path
from random import uniform
from time import monotonic, sleep

import psycopg
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

from hubbub.storage.postgresql import lift_timeouts

HEAD = "0015"  # the last of the scripts: what schema.py describes
ALONE = 7_308_895  # the advisory lock of those who migrate; any number that other programs don't use
LOCKS = 10.0  # s that a migration waits for a table; those who use it wait behind it
LOCK_ATTEMPT = 0.2  # s for each of up to four tables: less than the 1 s after which PostgreSQL looks for deadlocks


class NewerSchema(Exception):
    """The database was made by a newer Hubbub."""


def upgrade(db: Connection, target: str = HEAD) -> None:
    """Runs, inside the connection's transaction, the migrations up to `target` that are missing; none if the schema is
    current. Who comes second waits for the first.

    Raises NewerSchema where this code is too old for the database.
    """
    if db.dialect.name == "postgresql":
        lift_timeouts(db, locks=0)
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ALONE})
        lift_timeouts(db, locks=LOCKS)
    found = _version(db)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise NewerSchema("the database was made by a newer Hubbub: install that one, or restore an older backup.")
    # Imported when needed alone: it would be a quarter of every start.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = db
    command.upgrade(config, target)


def lock_tables(db: Connection, *tables: str) -> None:
    """Keeps everybody else from these tables until the transaction ends, for a migration that changes them. Others use
    them meanwhile, in any order: so it lets go of all of them and tries again where it does not get one at once, and
    there is no deadlock. On SQLite a migration is alone anyway."""
    if db.dialect.name != "postgresql":
        return
    deadline = monotonic() + LOCKS
    while True:
        try:
            with db.begin_nested():
                lift_timeouts(db, locks=LOCK_ATTEMPT)
                db.execute(text(f"LOCK TABLE {', '.join(tables)}"))  # names in the migrations
            break
        except OperationalError as error:
            if not isinstance(error.orig, psycopg.errors.LockNotAvailable) or monotonic() > deadline:
                raise
            sleep(uniform(0.05, 0.2))  # noqa: S311 (guards nothing)
    lift_timeouts(db, locks=LOCKS)


def is_usable(db: Connection) -> bool:
    """Whether a process that doesn't migrate can work: with this code's schema or a newer one.

    A migration leaves everything in place that the version before needs; what nobody needs any more goes a version
    later. So `hubbub migrate` comes first in a rolling upgrade, and processes of the old version may even start again
    until all are replaced.
    """
    found = _version(db)
    return found is not None and found >= HEAD


def is_current(db: Connection) -> bool:
    """Whether the schema is the one this code was written for."""
    return _version(db) == HEAD


def _version(db: Connection) -> str | None:
    if not inspect(db).has_table("alembic_version"):
        return None
    found: str | None = db.scalar(text("SELECT version_num FROM alembic_version"))
    return found
