"""Comments that the staff took out of sight, with who did it and when: for the queue. A row may be out of date, where a
node of an older version has restored its comment."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select

from hubbub.storage.bulk import among, inserting, to_json
from hubbub.storage.schema import decided

_FORGET = delete(decided).where(among(decided.c.comment, "ids"))
_INSERT = inserting(decided)


class TakenAway(NamedTuple):
    """A comment that somebody of a site's staff (an id and a name) took out of sight, in this state, `at` that time
    (ms)."""

    comment: str
    site: str
    state: str
    at: int
    by: str | None
    by_id: str


def insert_decided(db: Connection, new: Iterable[TakenAway]) -> None:
    """Keeps what was taken out of sight; there is none of these comments yet."""
    _INSERT.run(db, [one._asdict() for one in new])


def forget_decided(db: Connection, ids: Collection[str]) -> None:
    """Forgets what was decided about these comments."""
    if ids:
        db.execute(_FORGET, {"ids": to_json(ids)})


def count_decided(db: Connection, site: str) -> dict[str, int]:
    """How many comments of a site were taken out of sight, by their state."""
    counted = select(decided.c.state, func.count()).where(decided.c.site == site).group_by(decided.c.state)
    return {row[0]: row[1] for row in db.execute(counted)}


def decider_of(db: Connection, comment_id: str) -> str | None:
    """The name of who of the staff took a comment out of sight."""
    return db.scalar(select(decided.c.by).where(decided.c.comment == comment_id))
