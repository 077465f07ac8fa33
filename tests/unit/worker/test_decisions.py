"""What the staff took out of sight is kept for the queue, and nothing else is."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection, select

from hubbub.commands.people import EraseComments, EraseSeen
from hubbub.commands.threads import SetMode
from hubbub.domain.model import Hold, State
from hubbub.storage.decided import TakenAway, count_decided, insert_decided
from hubbub.storage.held import count_held
from hubbub.storage.queue import read_decided
from hubbub.storage.schema import comment, decided
from tests.unit.samples import ANN, AT, BOB, MAY, SITE, THREAD, approve, post, remove, restore, spam, uuid
from tests.unit.worker.tables import batch, tables


@pytest.fixture
def db() -> Iterator[Connection]:
    """A thread."""
    with tables() as connection:
        yield connection


def hold(db: Connection) -> None:
    """From here on, all is held."""
    batch(db, SetMode(THREAD, MAY, hold=Hold.ALL))


def queue(db: Connection, state: State, site: str = SITE) -> list[str]:
    """The ids of what staff find in that state."""
    return [found.card.comment.id for found in read_decided(db, site, state, None, 50) if found.card is not None]


def test_what_staff_removed_is_kept_with_who_did_it(db: Connection) -> None:
    batch(db, post(1), post(2), post(3), remove(1, reason="rude"), spam(2))
    (removed,) = read_decided(db, SITE, State.REMOVED, None, 50)
    assert (removed.row.comment, removed.row.by, removed.row.by_id) == (uuid(1), MAY.name, MAY.id)
    assert removed.card is not None
    assert removed.card.comment.decision is not None
    assert (removed.card.comment.body, removed.card.comment.decision.reason) == ("text 1", "rude")
    assert queue(db, State.SPAM) == [uuid(2)]
    assert count_decided(db, SITE) == {"removed": 1, "spam": 1}
    assert (count_decided(db, "other"), queue(db, State.REMOVED, "other")) == ({}, [])


def test_what_comes_back_is_not(db: Connection) -> None:
    batch(db, post(1), remove(1))
    batch(db, restore(1))
    assert count_decided(db, SITE) == {}
    batch(db, remove(1), restore(1), post(2), spam(2), restore(2))
    assert count_decided(db, SITE) == {}


def test_what_its_author_removed_is_not(db: Connection) -> None:
    batch(db, post(1), remove(1, ANN))
    hold(db)
    batch(db, post(2), remove(2, ANN), post(3), spam(3), remove(3, ANN))
    assert count_decided(db, SITE) == {}


def test_what_was_held_is_kept_too_until_it_is_let_through(db: Connection) -> None:
    hold(db)
    batch(db, post(1), post(2), post(3), remove(1), spam(2))
    assert (queue(db, State.REMOVED), queue(db, State.SPAM), count_held(db, SITE)) == ([uuid(1)], [uuid(2)], 1)
    batch(db, structs.replace(approve(2), seen="spam"))
    assert (queue(db, State.REMOVED), queue(db, State.SPAM)) == ([uuid(1)], [])
    assert count_decided(db, SITE) == {"removed": 1}


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_what_an_author_erases_is_gone(db: Connection, known: bool, at_once: bool) -> None:
    before: list[Any] = [post(9, BOB), remove(9)]
    if known:
        before += [post(1), spam(1)]
    batch(db, *before)
    hold(db)
    decisions = post(2), post(3), remove(2), spam(3)
    erase = EraseComments(THREAD, (uuid(1),), ANN, last=True) if known else EraseSeen(ANN)
    if at_once:
        batch(db, *decisions, erase)
    else:
        batch(db, *decisions)
        batch(db, erase)
    assert set(db.execute(select(decided.c.comment)).scalars()) == {uuid(9)}


def test_pages_are_in_order_without_a_gap(db: Connection) -> None:
    batch(db, *(post(number) for number in range(1, 8)))
    for number in (3, 1, 7, 2):
        batch(db, remove(number))
    batch(db, remove(5), remove(4), remove(6))  # at the same time
    found: list[TakenAway] = []
    while True:
        before = (found[-1].at, found[-1].comment) if found else None
        page = read_decided(db, SITE, State.REMOVED, before, 2)
        if not page:
            break
        found += [one.row for one in page]
    assert [(one.at, one.comment) for one in found] == sorted(((one.at, one.comment) for one in found), reverse=True)
    assert {one.comment for one in found} == {uuid(number) for number in range(1, 8)}
    assert len(found) == 7


def test_what_an_older_node_restored_or_removed_is_passed_over(db: Connection) -> None:
    batch(db, post(1), post(2), remove(1), remove(2))
    db.execute(comment.update().where(comment.c.id == uuid(1)).values(removed=False))
    insert_decided(db, [TakenAway(uuid(77), SITE, "removed", AT, "May", MAY.id)])
    assert queue(db, State.REMOVED) == [uuid(2)]
