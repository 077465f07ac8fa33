"""Comments that are marked as spam, held or not: who may undo it, and that the author of a held one learns nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import UNSET, structs
from sqlalchemy import Connection

from hubbub.commands.base import Denied, Done
from hubbub.commands.threads import SetMode
from hubbub.domain.errors import ErrorCode
from hubbub.domain.events import Kind
from hubbub.domain.model import Hold, Role, State
from hubbub.protocol.views import own_view
from hubbub.storage.held import own_unseen
from tests.unit.samples import ANN, MAY, THREAD, actor, approve, pin, post, remove, restore, spam, uuid
from tests.unit.worker.tables import batch, done, events, everything, state, tables

MEG = actor("meg", Role.MODERATOR)


@pytest.fixture
def db() -> Iterator[Connection]:
    """A thread in which everything is held."""
    with tables() as connection:
        mode(connection, hold=Hold.ALL)
        yield connection


def mode(db: Connection, **fields: Any) -> None:
    """A moderator sets what holds for new comments."""
    done(batch(db, SetMode(THREAD, MAY, **fields)).answers[0])


def denied(db: Connection, command: Any) -> Denied:
    """Why a command is refused."""
    (answer,) = batch(db, command).answers
    assert isinstance(answer, Denied), answer
    return answer


def state_after(db: Connection, command: Any) -> State:
    """The state of the comment that is answered."""
    comment = done(batch(db, command).answers[0]).comment
    assert comment is not None
    return comment.state


def test_what_readers_see_goes_out_of_sight_and_comes_back(db: Connection) -> None:
    batch(db, post(1, MAY), post(2, MAY, parent=uuid(1)), pin(2))
    before = len(events(db))
    assert state_after(db, spam(2)) is State.SPAM
    now = state(db)
    assert (now.thread.comments, now.thread.pinned, now.comments[uuid(1)].counts.replies) == (1, None, 0)
    assert [one.kind for one in events(db)][before:] == [Kind.REMOVED, Kind.PINNED]
    for same in (spam(2), remove(2, MEG)):
        assert state_after(db, same) is State.SPAM, "what is out of sight stays as it is"
    assert state_after(db, restore(2)) is State.VISIBLE
    batch(db, remove(2))
    assert state_after(db, spam(2)) is State.REMOVED


def test_its_author_sees_it_waiting(db: Connection) -> None:
    batch(db, post(1))
    (waits,) = map(own_view, own_unseen(db, THREAD, ANN.id, 50))
    committed = batch(db, spam(1))
    assert done(committed.answers[0]).seq is None
    assert committed.publications == [], "nobody is told"
    assert list(map(own_view, own_unseen(db, THREAD, ANN.id, 50))) == [waits]
    again = done(batch(db, post(1)).answers[0]).comment
    assert again is not None
    assert own_view(again) == waits


def test_its_author_takes_it_back_as_if_it_waited(db: Connection) -> None:
    batch(db, post(1), spam(1))
    assert denied(db, structs.replace(remove(1, ANN), seen="spam")).code == ErrorCode.CONFLICT
    assert state_after(db, structs.replace(remove(1, ANN), seen="held")) is State.REMOVED


def test_a_delayed_one_is_not_let_through_and_its_author_counts_down_no_more(db: Connection) -> None:
    mode(db, hold=Hold.NONE, delay=600)
    (waits,) = batch(db, post(1)).publications[0].own
    assert waits.comment.decision is not None
    assert waits.comment.decision.due is not None
    (told,) = batch(db, spam(1)).publications[0].own
    shown = own_view(told.comment)
    assert (shown.state, shown.body, shown.due) == ("held", waits.comment.body, UNSET)
    mode(db, delay=0)
    assert state(db).comments == {}


def test_who_knows_that_it_is_spam_lets_it_through(db: Connection) -> None:
    batch(db, post(1), spam(1))
    found = denied(db, approve(1, MEG))
    assert found.decided is not None
    assert found.decided[:2] == ("spam", MAY.id)
    assert denied(db, approve(1)).code == ErrorCode.CONFLICT, "its own, too"
    assert denied(db, remove(1, MEG)).code == ErrorCode.CONFLICT
    assert state_after(db, structs.replace(approve(1, MEG), seen="spam")) is State.VISIBLE
    assert state(db).comments[uuid(1)].number == 1


@pytest.mark.parametrize(
    ("before", "command", "seen", "action"),
    [
        ((spam(1),), approve(1, MEG), "held", "spam"),
        ((spam(1),), spam(1, MEG), "held", "spam"),
        ((remove(1),), spam(1, MEG), "held", "removed"),
        ((approve(1),), spam(1, MEG), "held", "approved"),
        ((approve(1), spam(1)), restore(1, MEG), "removed", "spam"),
        ((approve(1), spam(1), restore(1)), restore(1, MEG), "spam", "restored"),
    ],
)
def test_the_second_decides_nothing_and_is_told(
    db: Connection, before: Any, command: Any, seen: str, action: str
) -> None:
    batch(db, post(1), *before)
    was = everything(db)
    found = denied(db, structs.replace(command, seen=seen))
    assert found.code == ErrorCode.CONFLICT
    assert found.decided is not None
    assert found.decided[:2] == (action, MAY.id)
    assert everything(db) == was


@pytest.mark.parametrize("decide", [approve(1), spam(1), remove(1)], ids=["approve", "spam", "remove"])
def test_a_decision_that_is_brought_twice_gets_its_first_answer(db: Connection, decide: Any) -> None:
    batch(db, post(1))
    first = structs.replace(decide, seen="held", request="first")
    second = structs.replace(decide, actor=MEG, seen="held", request="second")
    answers = batch(db, first, second).answers
    assert [isinstance(one, Done) for one in answers] == [True, False]
    was = everything(db)
    again = batch(db, second, first).answers
    assert isinstance(again[1], Done)
    assert done(answers[0]).comment == again[1].comment
    assert again[0] == answers[1]
    assert everything(db) == was
