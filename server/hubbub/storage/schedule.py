"""What is due at some time. The database's clock decides, and one transaction takes it, so it happens once (G19)."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, String, Text, bindparam, delete, insert, select, update

from hubbub.storage.bulk import among, to_json
from hubbub.storage.clock import Now
from hubbub.storage.schema import schedule

_DELETE = delete(schedule).where(among(schedule.c.id, "ids"))
_DUE = (
    select(schedule)
    .where(schedule.c.due <= Now(), among(schedule.c.kind, "kinds"))
    .order_by(schedule.c.due)
    .limit(bindparam("most"))
)
_TAKE = (
    delete(schedule)
    .where(
        schedule.c.id == bindparam("id", type_=String),
        schedule.c.payload == bindparam("payload", type_=Text),
        schedule.c.due <= Now(),
    )
    .returning(schedule.c.id)
)
_POSTPONE = update(schedule).where(schedule.c.id == bindparam("plan", type_=String)).values(due=Now() + bindparam("by"))


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


def put_missing(db: Connection, plan: str, due: ColumnElement[int], kind: str, subject: str, payload: str) -> None:
    """Schedules something, unless there is a plan with its id; `due` may go by the database's clock."""
    values = {"id": plan, "due": due, "kind": kind, "subject": subject, "payload": payload}
    if db.execute(select(schedule.c.id).where(schedule.c.id == plan)).first() is None:
        db.execute(insert(schedule).values(**values))


def cancel_due(db: Connection, ids: Collection[str]) -> None:
    """Removes something that was done, or is not to happen any more."""
    if ids:
        db.execute(_DELETE, {"ids": to_json(ids)})


def due_now(db: Connection, kinds: Collection[str], most: int) -> list[Due]:
    """What of these kinds is due, the longest due first. What a newer version planned is left to it."""
    return [Due(*row) for row in db.execute(_DUE, {"kinds": to_json(kinds), "most": most})]


def take_due(db: Connection, plan: str, payload: str) -> bool:
    """Takes what is due, for this transaction to carry out; False if another has, or if it was planned anew."""
    return db.execute(_TAKE, {"id": plan, "payload": payload}).first() is not None


def postpone(db: Connection, plan: str, by: int) -> None:
    """Makes it due in `by` ms from now."""
    db.execute(_POSTPONE, {"plan": plan, "by": by})
