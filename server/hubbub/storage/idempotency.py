"""Idempotency records (what requests were answered), and the dead letters (commands that no transaction could take)."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from hubbub.storage.bulk import Query, among, inserting, to_json
from hubbub.storage.clock import Now
from hubbub.storage.schema import dead_letter, handled

BATCH_REQUESTS = 1000  # a transaction that nobody has to wait for

# Built once: putting a statement together costs more than carrying it out.
_HANDLED = Query(select(handled.c.request, handled.c.answer).where(among(handled.c.request, "requests")))
_OLD_HANDLED = (
    select(handled.c.request)
    .where(handled.c.at < Now() - bindparam("age"))
    .order_by(handled.c.at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_FORGET = delete(handled).where(among(handled.c.request, "requests"))
_INSERT_HANDLED = inserting(handled, at=Now())


def handled_before(db: Connection, requests: Collection[str]) -> dict[str, str | None]:
    """Of these requests, those that were answered before, with their refusal if there was one."""
    return dict(_HANDLED.rows(db, {"requests": to_json(requests)}))


def insert_handled(db: Connection, answers: Mapping[str, str | None]) -> None:
    """Stores the answers of requests, as `handled_before` returns them."""
    rows = [{"request": request, "answer": answer} for request, answer in answers.items()]
    _INSERT_HANDLED.run(db, rows)


def forget_requests(db: Connection, requests: Collection[str]) -> None:
    """Deletes the records of these requests."""
    if requests:
        db.execute(_FORGET, {"requests": to_json(requests)})


def forget_handled(db: Connection, age: int, most: int = BATCH_REQUESTS) -> bool:
    """Deletes up to `most` records older than `age` (ms); returns whether there may be more. Workers do not wait for
    each other."""
    old = db.scalars(_OLD_HANDLED, {"age": age, "most": most}).all()
    forget_requests(db, old)
    return len(old) >= most


def insert_dead_letter(db: Connection, command: str, error: str, at: int) -> None:
    """Keeps a command that no transaction could take, for somebody to look at."""
    db.execute(insert(dead_letter).values(command=command, error=error, at=at))


def count_dead_letters(db: Connection) -> int:
    """How many commands no transaction could take."""
    return int(db.scalar(select(func.count()).select_from(dead_letter)) or 0)
