"""The mode of a thread: how often an author may write, and who may write at all. Staff always may."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, select

from hubbub.commands.base import Answer, Denied, Done
from hubbub.commands.threads import SetMode
from hubbub.domain.errors import ErrorCode
from hubbub.domain.model import ThreadMode, Who
from hubbub.storage.own_comments import forget_author
from hubbub.storage.schema import last_post
from hubbub.storage.threads import thread_by_id
from hubbub.worker.committer import commit
from tests.unit.samples import ANN, AT, BOB, MAY, SITE, THREAD, close, post, remove, uuid
from tests.unit.worker.tables import tables


@pytest.fixture
def db() -> Iterator[Connection]:
    """A site's open thread."""
    with tables() as connection:
        yield connection


def say(db: Connection, command: Any, seconds: float = 0) -> Answer:
    """What the worker answers, `seconds` after the start."""
    with patch("hubbub.worker.committer.now_ms", lambda: AT + int(seconds * 1000)):
        return commit(db, [command]).answers[0]


def mode(db: Connection, seconds: float = 0, **fields: Any) -> Answer:
    """A moderator sets the mode."""
    return say(db, SetMode(THREAD, MAY, **fields), seconds)


def test_in_slow_mode_an_author_waits_between_comments(db: Connection) -> None:
    mode(db, slow=30)
    assert isinstance(say(db, post(1, ANN)), Done)
    refused = say(db, post(2, ANN), 0.5)
    assert isinstance(refused, Denied)
    assert (refused.code, refused.retry_after) == (ErrorCode.SLOW_MODE, 30)
    assert isinstance(say(db, post(3, BOB), 0.5), Done), "others do not wait for them"
    assert isinstance(say(db, post(2, ANN), 29.999), Denied), "a refusal does not begin the time anew"
    assert isinstance(say(db, post(2, ANN), 30), Done)
    assert isinstance(say(db, post(4, ANN), 59), Denied)


def test_two_comments_in_one_batch_are_too_many(db: Connection) -> None:
    mode(db, slow=30)
    first, second = commit(db, [post(1, ANN), post(2, ANN)]).answers
    assert (type(first), type(second)) == (Done, Denied)


def test_who_wrote_just_before_slow_mode_waits_too(db: Connection) -> None:
    say(db, post(1, ANN))
    say(db, remove(1, ANN), 1)  # taken back, and yet written
    mode(db, 2, slow=30)
    assert isinstance(say(db, post(2, ANN), 29), Denied)
    assert isinstance(say(db, post(2, ANN), 30), Done)


def test_a_comment_that_is_refused_for_something_else_begins_no_wait(db: Connection) -> None:
    mode(db, slow=30)
    assert isinstance(say(db, post(1, ANN, parent=uuid(9))), Denied)
    assert isinstance(say(db, post(1, ANN), 1), Done)


def test_the_same_comment_again_is_no_other(db: Connection) -> None:
    mode(db, slow=30)
    say(db, post(1, ANN))
    assert isinstance(say(db, post(1, ANN), 1), Done)


def test_staff_never_wait(db: Connection) -> None:
    mode(db, slow=30, who=Who.STAFF)
    assert [type(say(db, post(number, MAY))) for number in (1, 2)] == [Done, Done]


def test_the_end_of_slow_mode_leaves_nothing(db: Connection) -> None:
    mode(db, slow=30)
    say(db, post(1, ANN))
    mode(db, 1, slow=0)
    assert isinstance(say(db, post(2, ANN), 2), Done)
    assert db.execute(select(last_post)).all() == []


def test_who_is_erased_is_no_longer_remembered(db: Connection) -> None:
    mode(db, slow=30)
    say(db, post(1, ANN))
    forget_author(db, SITE, ANN.id)
    assert db.execute(select(last_post)).all() == []


def test_only_those_who_are_known_may_write(db: Connection) -> None:
    say(db, post(1, ANN))
    mode(db, who=Who.KNOWN)
    assert isinstance(say(db, post(2, ANN)), Done)
    refused = say(db, post(3, BOB))
    assert isinstance(refused, Denied)
    assert refused.code == ErrorCode.FORBIDDEN
    for number in (1, 2):
        say(db, remove(number, MAY))
    assert isinstance(say(db, post(4, ANN)), Denied), "nobody sees a comment of theirs any more"


def test_only_staff_may_write(db: Connection) -> None:
    say(db, post(1, ANN))
    mode(db, who=Who.STAFF)
    assert isinstance(say(db, post(2, ANN)), Denied)


def test_what_is_not_named_stays(db: Connection) -> None:
    mode(db, slow=30)
    mode(db, who=Who.KNOWN)
    mode(db, close_at=AT + 1_000_000)
    thread = thread_by_id(db, THREAD)
    assert thread is not None
    assert thread.mode == ThreadMode(30, Who.KNOWN, close_at=AT + 1_000_000)
    head = thread.head
    assert mode(db, slow=30) == Done(thread), "the same again is no other event"
    assert thread.head == head == 3


def test_a_guest_sets_no_mode(db: Connection) -> None:
    refused = say(db, SetMode(THREAD, ANN, slow=30))
    assert isinstance(refused, Denied)
    assert refused.code == ErrorCode.FORBIDDEN


def test_a_closed_thread_is_made_slow_before_it_opens(db: Connection) -> None:
    say(db, close(None, MAY))
    assert isinstance(mode(db, slow=30), Done)
    refused = mode(db, close_at=AT + 1000)
    assert isinstance(refused, Denied)
    assert refused.code == ErrorCode.CONFLICT
