"""Brings the schema up to date with Alembic; the scripts are in migrations/versions."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

HEAD = "0002"  # the last of the scripts: what schema.py describes


class NewerSchema(Exception):
    """The database was made by a newer Hubbub."""


def upgrade(db: Connection) -> None:
    """Runs, inside the connection's transaction, the migrations that are missing; none if the schema is current.

    Raises NewerSchema where this code is too old for the database.
    """
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
    command.upgrade(config, HEAD)


def is_current(db: Connection) -> bool:
    """Whether the schema is the one this code was written for."""
    return _version(db) == HEAD


def _version(db: Connection) -> str | None:
    if not inspect(db).has_table("alembic_version"):
        return None
    found: str | None = db.scalar(text("SELECT version_num FROM alembic_version"))
    return found
