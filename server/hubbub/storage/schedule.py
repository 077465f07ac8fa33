"""What is due at some time. The database's clock decides, and one transaction takes it, so that it happens once."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select

from hubbub.storage.bulk import among, to_json
from hubbub.storage.clock import Now
from hubbub.storage.schema import schedule

_DELETE = delete(schedule).where(among(schedule.c.id, "ids"))
_DUE = (
    select(schedule)
    .where(schedule.c.due <= Now())
    .order_by(schedule.c.due)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


class Due(NamedTuple):
    """Something of a `kind` to do to `subject` at the time `due` (ms); `payload` is JSON. Each `id` is there once."""

    id: str
    due: int
    kind: str
    subject: str
    payload: str = "{}"


def put_due(db: Connection, new: Due) -> None:
    """Schedules something, in place of what had its id."""
    cancel_due(db, [new.id])
    db.execute(insert(schedule).values(**new._asdict()))


def cancel_due(db: Connection, ids: Collection[str]) -> None:
    """Removes something that was done, or is not to happen any more."""
    if ids:
        db.execute(_DELETE, {"ids": to_json(ids)})


def due_now(db: Connection, most: int) -> list[Due]:
    """What is due, the longest due first, locked until the transaction ends; what another transaction has locked is
    left out. Who has done it cancels it in the same transaction."""
    return [Due(*row) for row in db.execute(_DUE, {"most": most})]
