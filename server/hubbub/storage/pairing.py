"""Pairing codes: each stands for an author until it ends. They are entries of `schedule` that nobody carries out."""

from sqlalchemy import Connection, delete, select

from hubbub.storage.clock import Now
from hubbub.storage.schedule import Due, put_due
from hubbub.storage.schema import schedule

_KIND = "pairing"


def put_pairing(db: Connection, digest: str, actor: str, ends: int) -> None:
    """Keeps a code's digest, and forgets those that have ended. `actor` is JSON, `ends` in ms."""
    db.execute(delete(schedule).where(schedule.c.kind == _KIND, schedule.c.due <= Now()))
    put_due(db, Due(_id(digest), ends, _KIND, "", actor))


def read_pairing(db: Connection, digest: str) -> str | None:
    """Whom a code stands for, as JSON; None once it has ended."""
    found: str | None = db.scalar(
        select(schedule.c.payload).where(schedule.c.id == _id(digest), schedule.c.kind == _KIND, schedule.c.due > Now())
    )
    return found


def _id(digest: str) -> str:
    return f"pairing {digest}"
