"""Comments that are held back (G12): what holds them, who lets them through or refuses them, and what others see."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection, select

from hubbub.commands.base import Denied, Done
from hubbub.commands.people import EraseComments, EraseSeen
from hubbub.commands.threads import SetMode
from hubbub.domain.errors import Decided, ErrorCode
from hubbub.domain.model import Decision, Hold, Role, State
from hubbub.storage.comments import Page, read_snapshot
from hubbub.storage.events import events_since
from hubbub.storage.people import author_by_id
from hubbub.storage.schema import event, held
from hubbub.storage.threads import thread_by_id
from tests.unit.samples import (
    ANN,
    BOB,
    MAY,
    OLA,
    SITE,
    THREAD,
    actor,
    approve,
    close,
    edit,
    post,
    remove,
    reopen,
    restore,
    uuid,
)
from tests.unit.worker.tables import batch, everything, tables

MEG = actor("meg", Role.MODERATOR)
LINK = '<a href="https://a.example/">a</a>'


@pytest.fixture
def db() -> Iterator[Connection]:
    """A thread in which everything is held."""
    with tables() as connection:
        mode(connection, Hold.ALL)
        yield connection


def mode(db: Connection, hold: str) -> None:
    """A moderator sets what is held."""
    assert isinstance(say(db, SetMode(THREAD, MAY, hold=hold)), Done)


def say(db: Connection, command: Any) -> Any:
    """What the worker answers."""
    return batch(db, command).answers[0]


def done(db: Connection, command: Any) -> Done:
    """What the worker has done."""
    answer = say(db, command)
    assert isinstance(answer, Done), answer
    return answer


def code(db: Connection, command: Any) -> str:
    """Why it is refused."""
    answer = say(db, command)
    assert isinstance(answer, Denied), answer
    return answer.code


def state(db: Connection, command: Any) -> State:
    """The state of the comment that is answered."""
    comment = done(db, command).comment
    assert comment is not None
    return comment.state


def seen_by_others(db: Connection) -> tuple[Any, ...]:
    """All that anybody is told of the thread's comments."""
    snapshot, log, thread = (
        read_snapshot(db, THREAD, Page(50)),
        events_since(db, THREAD, 0, 50),
        thread_by_id(db, THREAD),
    )
    assert snapshot is not None
    assert log is not None
    assert thread is not None
    events = [one for one in log.events if one.comment is not None]
    return snapshot.comments, events, thread.last_number, thread.comments, author_by_id(db, SITE, ANN.id)


def test_what_is_held_is_seen_by_nobody(db: Connection) -> None:
    before = seen_by_others(db)
    committed = batch(db, post(1))
    (answer,) = committed.answers
    assert isinstance(answer, Done)
    assert answer.comment is not None
    assert (answer.comment.state, answer.comment.number, answer.seq) == (State.HELD, 0, None)
    assert [one for publication in committed.publications for one in publication.events] == []
    assert seen_by_others(db) == before


def test_a_comment_that_is_let_through_is_the_next_one(db: Connection) -> None:
    batch(db, post(1, ANN), post(2, MAY), post(3, BOB))
    committed = batch(db, approve(3))
    (answer,) = committed.answers
    assert isinstance(answer, Done)
    assert answer.comment is not None
    assert (answer.comment.number, answer.seq, answer.comment.state) == (2, 3, State.VISIBLE)
    (told,) = committed.publications[0].events
    assert (told.seq, told.kind, told.comment) == (3, "comment.posted", answer.comment)
    comments, events, last, count, _ = seen_by_others(db)
    assert [one.id for one in comments] == [uuid(3), uuid(2)]
    assert [one.seq for one in events] == [2, 3]
    assert (last, count) == (2, 2)
    known = author_by_id(db, SITE, BOB.id)
    assert known is not None
    assert (known.comments, known.email) == (1, BOB.email)
    assert {row.id for row in db.execute(select(held))} == {uuid(1)}


def test_who_let_it_through_is_on_record(db: Connection) -> None:
    batch(db, post(1), approve(1))
    row = db.execute(select(event).where(event.c.comment == uuid(1))).one()
    assert (row.by, row.by_id) == ("May", "may")


def test_staff_are_exempt(db: Connection) -> None:
    assert state(db, post(1, MAY)) is State.VISIBLE


def test_new_authors(db: Connection) -> None:
    mode(db, Hold.NONE)
    batch(db, post(1, ANN))
    mode(db, Hold.NEW)
    assert state(db, post(2, ANN)) is State.VISIBLE
    assert state(db, post(3, BOB)) is State.HELD
    assert state(db, post(4, BOB)) is State.HELD, "one that is held makes nobody known"
    batch(db, approve(3))
    assert state(db, post(5, BOB)) is State.VISIBLE
    batch(db, remove(1), remove(2))
    assert state(db, post(6, ANN)) is State.HELD


@pytest.mark.parametrize("shown", [LINK, "<img src=x alt=y>"])
def test_links_and_images(db: Connection, shown: str) -> None:
    mode(db, Hold.LINKS)
    assert state(db, post(1)) is State.VISIBLE
    assert state(db, post(2, body=shown)) is State.HELD


def test_a_rule_that_only_a_newer_version_knows_holds(db: Connection) -> None:
    mode(db, "toxic")
    assert state(db, post(1)) is State.HELD


def test_the_same_key_again_is_no_other_comment(db: Connection) -> None:
    batch(db, post(1))
    before = everything(db)
    assert state(db, post(1)) is State.HELD
    mode(db, Hold.NONE)
    assert state(db, post(1)) is State.HELD, "whatever holds now"
    assert code(db, post(1, BOB)) == ErrorCode.CONFLICT
    assert everything(db)["held"] == before["held"]
    batch(db, approve(1))
    answer = done(db, post(1))
    assert answer.seq == 3
    assert answer.comment is not None
    assert answer.comment.number == 1


def test_within_one_batch(db: Connection) -> None:
    answers = batch(db, post(1), post(1), approve(1), post(2), remove(2)).answers
    assert [one.comment.state for one in answers if isinstance(one, Done) and one.comment] == [
        *(State.HELD, State.HELD, State.VISIBLE),
        *(State.HELD, State.REMOVED),
    ]


def test_what_is_refused_stays_refused(db: Connection) -> None:
    before = seen_by_others(db)
    batch(db, post(1))
    answer = done(db, remove(1, reason="No"))
    assert answer.seq is None
    assert answer.comment is not None
    assert answer.comment.decision is not None
    assert (answer.comment.state, answer.comment.decision.reason) == (State.REMOVED, "No")
    assert seen_by_others(db) == before
    assert code(db, approve(1)) == ErrorCode.CONFLICT
    assert code(db, restore(1)) == ErrorCode.NOT_FOUND
    assert state(db, post(1)) is State.REMOVED
    row = db.execute(select(held)).one()
    assert (row.state, row.state_by, row.state_by_name, row.state_reason) == ("removed", "may", "May", "No")


def test_the_second_decision_is_told_of_the_first(db: Connection) -> None:
    batch(db, post(1), post(2), remove(1), approve(2))
    assert done(db, remove(1)).comment is not None, "the same by the same is no second one"
    assert done(db, approve(2)).seq is None
    for command, action in ((remove(1, MEG), "removed"), (approve(1, MEG), "removed"), (approve(2, MEG), "approved")):
        answer = say(db, command)
        assert isinstance(answer, Denied)
        assert answer.code == ErrorCode.CONFLICT
        assert answer.decided is not None
        assert answer.decided[:2] == (action, "may")
        assert Decided(*answer.decided).by in ("May", None)


@pytest.mark.parametrize(
    ("before", "command", "seen", "action", "by"),
    [
        ((), remove(1, MEG), State.VISIBLE, "held", None),
        ((approve(1),), remove(1, MEG), State.HELD, "approved", "may"),
        ((approve(1),), approve(1, MEG), State.HELD, "approved", "may"),
        ((approve(1),), approve(1), State.HELD, "approved", "may"),
        ((approve(1), remove(1)), remove(1, MEG), State.VISIBLE, "removed", "may"),
        ((approve(1), remove(1), restore(1)), restore(1, MEG), State.REMOVED, "restored", "may"),
        ((remove(1),), approve(1, MEG), State.HELD, "removed", "may"),
    ],
)
def test_who_saw_another_state_decides_nothing(
    db: Connection, before: Any, command: Any, seen: State, action: str, by: str | None
) -> None:
    batch(db, post(1), *before)
    was = everything(db)
    answer = say(db, structs.replace(command, seen=seen))
    assert isinstance(answer, Denied)
    assert answer.code == ErrorCode.CONFLICT
    assert answer.decided is not None
    assert answer.decided[:2] == (action, by)
    assert everything(db) == was
    now = State.HELD if not before else State.REMOVED if action == "removed" else State.VISIBLE
    assert not isinstance(say(db, structs.replace(remove(1), seen=now)), Denied)


def test_its_author_takes_it_back(db: Connection) -> None:
    batch(db, post(1))
    assert code(db, remove(1, BOB)) == ErrorCode.FORBIDDEN
    assert state(db, remove(1, ANN)) is State.REMOVED
    assert code(db, approve(1, OLA)) == ErrorCode.CONFLICT


def test_a_closed_thread_takes_none(db: Connection) -> None:
    batch(db, post(1), close())
    assert code(db, approve(1)) == ErrorCode.THREAD_CLOSED
    batch(db, reopen())
    assert state(db, approve(1)) is State.VISIBLE


def test_nobody_answers_what_is_held(db: Connection) -> None:
    batch(db, post(1))
    assert code(db, post(2, MAY, parent=uuid(1))) == ErrorCode.BAD_REQUEST


def test_an_answer_counts_once_it_is_let_through(db: Connection) -> None:
    batch(db, post(1, MAY), post(2, ANN, parent=uuid(1)))
    assert seen_by_others(db)[0][0].counts.replies == 0
    (publication,) = batch(db, approve(2)).publications
    assert publication.events[0].counts is not None
    assert publication.events[0].counts[uuid(1)].replies == 1


def test_an_edit_shows_nothing_that_a_post_would_not(db: Connection) -> None:
    batch(db, post(1), approve(1))
    assert code(db, edit(1, "other")) == ErrorCode.FORBIDDEN
    assert done(db, edit(1, "other", MAY)).seq is not None
    mode(db, Hold.LINKS)
    batch(db, post(2, BOB))
    assert code(db, edit(2, LINK, BOB)) == ErrorCode.FORBIDDEN
    assert done(db, edit(2, "other", BOB)).seq is not None


def test_a_guest_lets_nothing_through(db: Connection) -> None:
    batch(db, post(1))
    assert code(db, approve(1, ANN)) == ErrorCode.FORBIDDEN


@pytest.mark.parametrize("known", [True, False])
def test_what_an_author_erases_is_gone(db: Connection, known: bool) -> None:
    batch(db, post(1, BOB), post(2, ANN), post(3, ANN), remove(3))
    if known:
        batch(db, post(4, ANN), approve(4))
    ids = (uuid(4),) if known else ()
    batch(db, EraseComments(THREAD, ids, ANN, last=True) if known else EraseSeen(ANN))
    assert [row.id for row in db.execute(select(held))] == [uuid(1)]
    assert code(db, approve(2)) == ErrorCode.NOT_FOUND


def test_who_erases_is_told_on_other_connections_and_the_thread_counts_it(db: Connection) -> None:
    batch(db, post(1, BOB), post(2), post(3), remove(3), post(4), remove(4, ANN), post(5), approve(5))
    before = thread_by_id(db, THREAD)
    (told,) = batch(db, EraseComments(THREAD, (), ANN)).publications
    decision = Decision(State.REMOVED, ANN.id)
    assert [(one.comment.id, one.comment.decision) for one in told.own] == [(uuid(2), decision), (uuid(3), decision)]
    after = thread_by_id(db, THREAD)
    assert before is not None
    assert after is not None
    assert after.held > before.held, "a kept page is out of date"
    assert [row.id for row in db.execute(select(held))] == [uuid(1)]
    assert batch(db, EraseComments(THREAD, (), ANN)).publications == []
    posted, erased = batch(db, post(6), EraseComments(THREAD, (), ANN)).answers
    assert isinstance(posted, Done)
    assert isinstance(erased, Done)
    assert [row.id for row in db.execute(select(held))] == [uuid(1)], "of one batch"


def test_its_author_is_told_what_became_of_it(db: Connection) -> None:
    told = [
        [(one.comment.id, one.comment.state, one.reason) for one in batch(db, command).publications[0].own]
        for command in (post(1), approve(1), remove(1, reason="No"), restore(1), post(2), remove(2, reason="No"))
    ]
    states = (State.HELD, State.VISIBLE, State.REMOVED, State.VISIBLE)
    first = [[(uuid(1), state, "No" if state is State.REMOVED else None)] for state in states]
    assert told == [*first, [(uuid(2), State.HELD, None)], [(uuid(2), State.REMOVED, "No")]]
    batch(db, post(3), approve(3))
    assert batch(db, remove(3, ANN)).publications[0].own == (), "who did it knows"
    assert batch(db, post(4, MAY)).publications[0].own == ()
