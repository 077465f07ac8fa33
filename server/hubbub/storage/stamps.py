"""How often tables were changed, counted by triggers: who keeps a copy in memory looks here whether it is outdated."""

from sqlalchemy import Connection, select

from hubbub.storage.schema import stamp


def read_stamps(db: Connection) -> dict[str, int]:
    """The version of each table that has triggers (`site`, `member`); one that was never changed is left out."""
    return {row.name: row.version for row in db.execute(select(stamp))}
