"""What is due, by the database's clock."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, func, select

from hubbub.domain.times import now_ms
from hubbub.storage.schedule import Due, cancel_due, due_now, put_due
from hubbub.storage.schema import schedule
from tests.unit.samples import THREAD
from tests.unit.worker import tables

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
    assert due_now(db, 10) == [first, second]
    assert due_now(db, 1) == [first]
    cancel_due(db, [first.id])
    assert due_now(db, 10) == [second]


def test_a_plan_takes_the_place_of_the_one_with_its_id(db: Connection) -> None:
    put_due(db, due("a", -HOUR))
    put_due(db, due("a", HOUR))
    assert due_now(db, 10) == []
    assert db.scalar(select(func.count()).select_from(schedule)) == 1
