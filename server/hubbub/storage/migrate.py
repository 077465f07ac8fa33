"""Brings the schema up to date with Alembic; the scripts are in migrations/versions."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def _config(db: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = db
    return config


def upgrade(db: Connection) -> None:
    """Runs, inside the connection's transaction, the migrations that are missing; none if the schema is current."""
    if not is_current(db):
        command.upgrade(_config(db), "head")


def is_current(db: Connection) -> bool:
    """Whether the schema is the one this code was written for."""
    current = MigrationContext.configure(db).get_current_revision()
    return current == ScriptDirectory.from_config(_config()).get_current_head()
