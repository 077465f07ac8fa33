"""A database for the committer's tests, and everything that is in it."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Engine, StaticPool, Table, create_engine, select, text

from hubbub.commands import AnyWrite
from hubbub.commands.base import Ambiguous, Answer, Denied, Done
from hubbub.domain.events import Event
from hubbub.domain.model import Comment, Thread
from hubbub.storage import schema
from hubbub.storage.comments import Page, read_snapshot
from hubbub.storage.events import events_since
from hubbub.storage.schema import metadata
from hubbub.storage.sites import put_site
from hubbub.storage.threads import insert_threads
from hubbub.worker.committer import Committed, commit
from tests.unit.samples import AT, OTHER, THREAD, site, thread

ALL = 10_000  # more than any test makes


_idle: list[Engine] = []  # a new engine would compile each statement anew, for a tenth of a second


@contextmanager
def memory() -> Iterator[Engine]:
    """SQLite in memory, with empty tables. Its engine is used again, its connection is not."""
    engine = _idle.pop() if _idle else create_engine("sqlite://", creator=_copied, poolclass=StaticPool)
    try:
        yield engine
    finally:
        engine.dispose()
        _idle.append(engine)


def _copied() -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:")
    _made().backup(copy)
    return copy


@cache
def _made() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    engine = create_engine("sqlite://", creator=lambda: made, poolclass=StaticPool)
    metadata.create_all(engine)
    return made


empty: Callable[[], AbstractContextManager[Engine]] = memory  # tests/contract/storage puts PostgreSQL here


@contextmanager
def tables(*threads: Thread) -> Iterator[Connection]:
    """A connection to an empty database with the site `news` and its threads, by default one."""
    with empty() as engine, engine.connect() as db:
        put_site(db, site())
        insert_threads(db, threads or (thread(),), AT)
        db.commit()
        yield db


def two_threads() -> AbstractContextManager[Connection]:
    """An empty database with the site `news` and two threads of it."""
    return tables(thread(), thread(id=OTHER, key="/other"))


def batch(db: Connection, *commands: AnyWrite) -> Committed:
    """One transaction, as the commit loop would run it."""
    try:
        committed = commit(db, commands)
    except BaseException:
        db.rollback()
        raise
    db.commit()
    return committed


def outcome(answer: Answer) -> tuple[str, object]:
    """What matters of an answer: how it ended, and its event or its reason."""
    match answer:
        case Done():
            return "done", answer.seq
        case Denied():
            return "denied", answer.code
        case Ambiguous():
            return "doubted", None


def done(answer: Answer) -> Done:
    """`answer`, which must be a success."""
    assert isinstance(answer, Done), answer
    return answer


@dataclass(frozen=True, slots=True)
class State:
    """A thread with all its comments by id, as a reader with every page has it."""

    thread: Thread
    comments: dict[str, Comment]


def state(db: Connection, thread_id: str = THREAD) -> State:
    """The snapshot of a thread as it is now."""
    found = read_snapshot(db, thread_id, Page(ALL))
    assert found is not None
    assert not found.more
    return State(found.thread, {comment.id: comment for comment in found.comments})


def events(db: Connection, after: int = 0, thread_id: str = THREAD) -> Sequence[Event]:
    """The log after `after`."""
    found = events_since(db, thread_id, after, ALL)
    assert found is not None
    return found.events


def everything(db: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in the order of their columns, but for when threads were last read: that is by the
    database's clock, which no test sets."""
    return {
        name: sorted((tuple(row) for row in db.execute(select(*_judged(table)))), key=repr)
        for name, table in metadata.tables.items()
    }


def _judged(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column is not schema.empty.c.seen]


def count(db: Connection, table: str) -> int:
    """How many rows a table has."""
    found: int = db.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    return found
