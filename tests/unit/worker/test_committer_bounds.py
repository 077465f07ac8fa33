"""What keeps storage bounded: empty threads that nobody reads are forgotten, and an author has a day's comments."""

import msgspec
import pytest
from sqlalchemy import Connection, text

from hubbub.commands import AnyWrite
from hubbub.commands.base import Denied
from hubbub.commands.threads import KeepThreads
from hubbub.domain.errors import ErrorCode
from hubbub.domain.times import now_ms
from hubbub.storage import empty_threads
from hubbub.storage.people import add_comments, comments_of, forget_days
from hubbub.storage.sites import put_site
from hubbub.storage.threads import threads_by_page
from hubbub.worker.committer import Committed, commit
from tests.unit.samples import ANN, BOB, MAY, OTHER, SITE, THREAD, close, ensure, post, put_thread, reopen, site, thread
from tests.unit.worker.tables import batch, count, done, outcome, tables

DAY = 24 * 3600 * 1000  # ms


def age(db: Connection, ms: int = DAY + 60_000) -> None:
    """As if so much time had passed since the threads were read."""
    db.execute(text("UPDATE empty SET seen = seen - :ms"), {"ms": ms})
    db.commit()


def forget(db: Connection) -> None:
    """What the worker does from time to time."""
    while empty_threads.forget_unread(db, DAY):
        pass
    db.commit()


def kept(db: Connection) -> set[str]:
    """The keys of the threads that there are."""
    return set(db.scalars(text("SELECT key FROM thread")))


def test_an_empty_thread_that_nobody_reads_is_forgotten_after_a_day(db: Connection) -> None:
    forget(db)
    age(db, DAY - 60_000)
    forget(db)
    assert kept(db) == {"/page", "/other"}
    age(db, 120_000)
    batch(db, ensure("/new"))
    forget(db)
    assert kept(db) == {"/new"}
    assert count(db, "empty") == 1


@pytest.mark.parametrize(
    "commands",
    [[post(1)], [close()], [close(), reopen()], [put_thread(title="T")], [KeepThreads((THREAD, "unknown"))]],
    ids=["a comment", "closed", "reopened", "a title", "read"],
)
def test_what_keeps_a_thread(db: Connection, commands: list[AnyWrite]) -> None:
    age(db)
    for command in commands:
        batch(db, command)
    forget(db)
    assert kept(db) == {"/page"}


def test_many_threads_are_forgotten_in_pieces(db: Connection) -> None:
    batch(db, *(ensure(f"/{number}") for number in range(5)))
    age(db)
    assert empty_threads.forget_unread(db, DAY, 2)
    assert len(kept(db)) == 5
    forget(db)
    assert kept(db) == set()


def test_a_page_whose_thread_was_forgotten_gets_a_new_one(db: Connection) -> None:
    age(db)
    forget(db)
    gone, made = batch(db, post(1), ensure("/page")).answers
    assert outcome(gone) == ("denied", ErrorCode.NOT_FOUND)
    new = done(made).thread
    assert new is not None
    assert new.id != THREAD
    assert new.epoch != thread().epoch
    assert outcome(batch(db, post(1, thread=new.id)).answers[0]) == ("done", 1)


def test_a_thread_that_was_forgotten_while_its_page_asked_is_made_anew(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = msgspec.structs.replace(ensure("/page"), request="r")
    assert done(batch(db, request).answers[0]).thread == thread()
    found = threads_by_page(db, [(SITE, "/page")])
    age(db)
    forget(db)
    monkeypatch.setattr("hubbub.worker.committer.threads_by_page", lambda *_: found)  # as it was before the lock
    new = done(batch(db, ensure("/page")).answers[0]).thread
    assert new is not None
    assert new.id != THREAD
    monkeypatch.undo()
    age(db)
    forget(db)
    assert done(batch(db, request).answers[0]).thread, "brought again later still"


def test_what_is_no_longer_empty_is_no_longer_looked_at(db: Connection) -> None:
    batch(db, post(1))
    age(db)
    forget(db)
    assert kept(db) == {"/page"}
    assert count(db, "empty") == 0


def test_a_site_has_a_bound_of_empty_threads_and_every_page_gets_its_own(db: Connection) -> None:
    def bounded(*commands: AnyWrite) -> Committed:
        committed = commit(db, commands, max_empty_threads=3)
        db.commit()
        return committed

    put_site(db, site("b"))
    batch(db, ensure("/b", "b"), post(1))
    busy = {f"/busy/{number}" for number in range(3)}
    batch(db, *map(ensure, busy))
    batch(db, *(put_thread(key, title="T") for key in busy))
    for number in range(6):
        (answer,) = bounded(ensure(f"/flood/{number}")).answers
        assert done(answer).thread
        age(db, 1000)
        bounded(KeepThreads((OTHER,)))  # somebody reads this one
    answer = bounded(ensure("/real")).answers[0]
    assert done(answer).thread
    left = busy | {"/page", "/other", "/real", "/flood/5", "/b"}
    assert kept(db) == left, "those go first that nobody has read for the longest time"


def commits(db: Connection, *commands: AnyWrite) -> Committed:
    """One transaction where an author may write two comments a day."""
    committed = commit(db, commands, daily=2)
    db.commit()
    return committed


def test_an_author_has_a_days_comments(db: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    first = commits(db, post(1), post(2, BOB), post(1)).answers
    assert [outcome(answer) for answer in first] == [("done", 1), ("done", 2), ("done", 1)]
    answers = commits(db, post(3), post(4), post(5, BOB), post(1)).answers
    assert [outcome(answer)[0] for answer in answers] == ["done", "denied", "done", "done"]
    refused = answers[1]
    assert isinstance(refused, Denied)
    assert refused.code == ErrorCode.RATE_LIMITED
    assert refused.retry_after is not None
    assert 0 < refused.retry_after <= DAY / 1000
    assert outcome(commits(db, post(4)).answers[0])[0] == "denied"
    tomorrow = now_ms() + 1000 * int(refused.retry_after) + 1000
    monkeypatch.setattr("hubbub.worker.committer.now_ms", lambda: tomorrow)
    assert outcome(commits(db, post(4)).answers[0])[0] == "done", "the next day"


def test_staff_and_what_was_refused_are_not_counted(db: Connection) -> None:
    commits(db, close())
    assert [outcome(answer)[0] for answer in commits(db, post(1), post(2), post(3)).answers] == ["denied"] * 3
    commits(db, reopen())
    assert [outcome(answer)[0] for answer in commits(db, *(post(n, MAY) for n in range(4, 8))).answers] == ["done"] * 4
    assert count(db, "daily") == 0
    assert [outcome(answer)[0] for answer in commits(db, post(1), post(2), post(3)).answers] == [
        "done",
        "done",
        "denied",
    ]


def test_days_are_forgotten(db: Connection) -> None:
    add_comments(db, 7, {ANN.id: 1, BOB.id: 2})
    add_comments(db, 8, {ANN.id: 3})
    add_comments(db, 8, {ANN.id: 3})
    forget_days(db, 8)
    assert comments_of(db, 7, [ANN.id, BOB.id]) == {}
    assert comments_of(db, 8, [ANN.id, BOB.id]) == {ANN.id: 6}


def test_a_new_thread_counts_as_read_now() -> None:
    with tables() as db:
        batch(db, ensure("/a"))
        forget(db)
        assert kept(db) == {"/page", "/a"}
