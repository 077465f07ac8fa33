"""What is due, by the database's clock."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, func, select

from hubbub.domain.times import now_ms
from hubbub.storage.schedule import Due, cancel_due, due_now, postpone, put_due, take_due
from hubbub.storage.schema import schedule
from tests.unit.samples import THREAD
from tests.unit.worker import tables

KINDS = ("close",)
HOUR = 3600 * 1000


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database."""
    with tables.tables() as db:
        yield db


def due(id_: str, at: int) -> Due:
    """Something to do at that time, in ms from now."""
    return Due(id_, now_ms() + at, "close", THREAD)


def test_what_is_due_is_found_in_its_order_until_it_is_done(db: Connection) -> None:
    second, first = due("a", -HOUR), due("b", -2 * HOUR)
    for one in (second, first, due("later", HOUR)):
        put_due(db, one)
    assert due_now(db, KINDS, 10) == [first, second]
    assert due_now(db, KINDS, 1) == [first]
    cancel_due(db, [first.id])
    assert due_now(db, KINDS, 10) == [second]


def test_a_plan_takes_the_place_of_the_one_with_its_id(db: Connection) -> None:
    put_due(db, due("a", -HOUR))
    put_due(db, due("a", HOUR))
    assert due_now(db, KINDS, 10) == []
    assert db.scalar(select(func.count()).select_from(schedule)) == 1


def test_what_a_newer_version_planned_is_left_to_it(db: Connection) -> None:
    put_due(db, due("a", -HOUR)._replace(kind="unknown"))
    assert due_now(db, KINDS, 10) == []


def test_what_is_due_is_taken_once(db: Connection) -> None:
    put_due(db, due("a", -HOUR))
    assert take_due(db, "a", "{}")
    assert not take_due(db, "a", "{}")


def test_what_was_planned_anew_is_not_taken_as_it_was(db: Connection) -> None:
    put_due(db, due("later", HOUR))
    put_due(db, due("other", -HOUR)._replace(payload="[]"))
    assert not take_due(db, "later", "{}")
    assert not take_due(db, "other", "{}")


def test_what_is_postponed_is_due_later(db: Connection) -> None:
    put_due(db, due("a", -HOUR))
    postpone(db, "a", HOUR)
    assert due_now(db, KINDS, 10) == []
