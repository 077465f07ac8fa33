"""How often tables were changed, counted by triggers: who keeps a copy in memory looks here whether it is outdated."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, select

from hubbub.storage.schema import stamp

T = TypeVar("T")


def read_stamps(db: Connection) -> dict[str, int]:
    """The version of each table that has triggers (`site`, `member`); one that was never changed is left out."""
    return {row.name: row.version for row in db.execute(select(stamp))}


def read_if_changed(
    db: Connection, table: str, version: int | None, query: Callable[[Connection], T]
) -> tuple[int, T | None]:
    """The version of a table, and what `query` says of it where that is another version than `version`."""
    found = read_stamps(db).get(table, 0)
    return found, None if found == version else query(db)
