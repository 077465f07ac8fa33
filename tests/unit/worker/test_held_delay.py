"""Comments that others see some time after they were written (`delay`): by themselves, once, and in order (G19)."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, update

from hubbub.commands.base import Done
from hubbub.commands.schedule import KINDS, CarryOutPlanned
from hubbub.commands.threads import SetMode
from hubbub.domain.held import Held
from hubbub.domain.model import Hold
from hubbub.storage.held import due_held
from hubbub.storage.schedule import Due, due_now
from hubbub.storage.schema import held, schedule
from hubbub.worker.committer import commit
from tests.unit.samples import BOB, MAY, THREAD, approve, close, post, remove, reopen, uuid
from tests.unit.worker.tables import batch, tables
from tests.unit.worker.test_held import LINK, done, mode, say, seen_by_others


def carry_out(plan: Due) -> Any:
    """The worker's own command for what is due."""
    return CarryOutPlanned(plan.id, plan.payload)


def pass_time(db: Connection, seconds: float) -> None:
    """All that is due is due sooner, as if time had passed; what is due then is carried out."""
    for table in (held, schedule):
        db.execute(update(table).values(due=table.c.due - round(seconds * 1000)))
    db.commit()
    for plan in due_now(db, KINDS, 10):
        commit(db, [carry_out(plan)])


def numbers(db: Connection) -> list[str]:
    """The ids of the comments that everybody sees, in order of their numbers."""
    return [one.id for one in reversed(seen_by_others(db)[0])]


@pytest.fixture
def delayed() -> Iterator[Connection]:
    """A thread whose comments are seen after a minute."""
    with tables() as db:
        assert isinstance(say(db, SetMode(THREAD, MAY, hold=Hold.NONE, delay=60)), Done)
        yield db


def test_a_delayed_comment_is_let_through_once_in_order(delayed: Connection) -> None:
    answer = done(delayed, post(1))
    assert answer.comment is not None
    assert answer.comment.decision is not None
    assert answer.comment.decision.due is not None
    batch(delayed, post(2, BOB), post(3, MAY), post(4))
    assert numbers(delayed) == [uuid(3)], "staff are exempt"
    pass_time(delayed, 50)
    assert numbers(delayed) == [uuid(3)]
    batch(delayed, post(5, BOB))
    pass_time(delayed, 11)
    assert numbers(delayed) == [uuid(3), uuid(1), uuid(2), uuid(4)]
    pass_time(delayed, 0)
    assert len(numbers(delayed)) == 4
    pass_time(delayed, 50)
    assert numbers(delayed)[-1] == uuid(5)
    assert delayed.execute(select(schedule)).all() == delayed.execute(select(held)).all() == []


def test_a_worker_that_comes_late_lets_nothing_through_again(delayed: Connection) -> None:
    batch(delayed, post(1))
    delayed.execute(update(schedule).values(due=0))
    delayed.execute(update(held).values(due=0))
    (plan,) = due_now(delayed, KINDS, 10)
    for _ in range(2):
        commit(delayed, [carry_out(plan)])
    assert numbers(delayed) == [uuid(1)]


def test_staff_decide_before_its_time(delayed: Connection) -> None:
    batch(delayed, post(1), post(2), approve(2), remove(1))
    pass_time(delayed, 61)
    assert numbers(delayed) == [uuid(2)]


def test_what_its_author_erases_meanwhile_keeps_no_other_waiting(
    delayed: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch(delayed, post(1), post(2, BOB), post(3))

    def erased_then(db: Connection, thread: str, most: int) -> list[Held]:
        found = due_held(db, thread, most)
        db.execute(delete(held).where(held.c.author_id == BOB.id))
        return found

    monkeypatch.setattr("hubbub.worker.decide.held.due_held", erased_then)
    pass_time(delayed, 61)
    assert numbers(delayed) == [uuid(1), uuid(3)]


def test_another_delay_holds_for_those_that_wait(delayed: Connection) -> None:
    batch(delayed, post(1), post(2))
    say(delayed, SetMode(THREAD, MAY, delay=10))
    pass_time(delayed, 11)
    assert numbers(delayed) == [uuid(1), uuid(2)]
    say(delayed, SetMode(THREAD, MAY, delay=600))
    batch(delayed, post(3))
    say(delayed, SetMode(THREAD, MAY, delay=0))
    pass_time(delayed, 0)
    assert numbers(delayed)[-1] == uuid(3)


def test_while_closed_they_wait(delayed: Connection) -> None:
    batch(delayed, post(1), close())
    pass_time(delayed, 61)
    assert numbers(delayed) == []
    batch(delayed, reopen())
    pass_time(delayed, 0)
    assert numbers(delayed) == [uuid(1)]


def test_what_a_rule_holds_is_not_let_through_by_itself(delayed: Connection) -> None:
    mode(delayed, Hold.LINKS)
    batch(delayed, post(1, body=LINK), post(2))
    pass_time(delayed, 61)
    assert numbers(delayed) == [uuid(2)]
