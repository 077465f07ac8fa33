"""A refused command changes nothing: neither the batch nor what it writes."""

from copy import deepcopy
from typing import cast

import pytest
from sqlalchemy import Connection

from hubbub.commands.base import WriteCommand
from hubbub.domain.actor import EDIT_WINDOW_MS
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Comment, Thread
from hubbub.worker.batch import Batch
from hubbub.worker.decide import decide
from tests.unit.samples import ANN, AT, BOB, MAY, THREAD, comment, edit, post, remove, thread, uuid


def batch(open_thread: Thread, *comments: Comment) -> Batch:
    """A batch that has just begun."""
    return Batch(
        cast(Connection, None),
        {open_thread.id: open_thread},
        {one.id: (one, "another fingerprint") for one in comments},
    )


def refusal(now: Batch, command: WriteCommand, at: int = AT) -> str:
    """How `command` is refused, having changed nothing."""
    before = deepcopy(now)
    with pytest.raises(Refused) as caught:
        decide(command, now, at)
    assert now == before
    return caught.value.code


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (post(2, parent=uuid(9)), ErrorCode.BAD_REQUEST),
        (post(1), ErrorCode.CONFLICT),
        (post(2, thread="none"), ErrorCode.NOT_FOUND),
    ],
)
def test_post(command: WriteCommand, code: ErrorCode) -> None:
    assert refusal(batch(thread(), comment()), command) is code


def test_post_to_a_closed_thread() -> None:
    assert refusal(batch(thread(closed=True)), post()) is ErrorCode.THREAD_CLOSED


@pytest.mark.parametrize(
    ("command", "late", "code"),
    [
        (edit(9, "x"), 0, ErrorCode.NOT_FOUND),
        (edit(1, "x", BOB), 0, ErrorCode.FORBIDDEN),
        (edit(1, "x"), EDIT_WINDOW_MS + 1, ErrorCode.FORBIDDEN),
        (edit(2, "x"), 0, ErrorCode.CONFLICT),
        (edit(2, "x", MAY), 0, ErrorCode.CONFLICT),
    ],
)
def test_edit(command: WriteCommand, late: int, code: ErrorCode) -> None:
    assert refusal(batch(thread(), comment(), comment(2, removed=True)), command, AT + late) is code


def test_an_edit_of_what_a_moderator_edited() -> None:
    now = batch(thread(), comment())
    decide(edit(1, "own"), now, AT)
    decide(edit(1, "theirs", MAY), now, AT)
    assert refusal(now, edit(1, "own")) is ErrorCode.FORBIDDEN
    decide(edit(1, "again", MAY), now, AT)


def test_edit_in_a_closed_thread() -> None:
    assert refusal(batch(thread(closed=True), comment()), edit(1, "x")) is ErrorCode.THREAD_CLOSED


@pytest.mark.parametrize(
    ("command", "late", "code"),
    [
        (remove(9), 0, ErrorCode.NOT_FOUND),
        (remove(1, BOB), 0, ErrorCode.FORBIDDEN),
        (remove(1, ANN), EDIT_WINDOW_MS + 1, ErrorCode.FORBIDDEN),
    ],
)
def test_remove(command: WriteCommand, late: int, code: ErrorCode) -> None:
    assert refusal(batch(thread(), comment()), command, AT + late) is code


def test_an_author_changes_and_removes_until_the_last_millisecond() -> None:
    now = batch(thread(comments=1), comment())
    assert decide(edit(1, "x"), now, AT + EDIT_WINDOW_MS).seq == 1
    assert decide(remove(1, ANN), now, AT + EDIT_WINDOW_MS).seq == 2
    assert now.thread(THREAD).comments == 0


def test_a_separator_in_one_field_does_not_make_another_comment_the_same() -> None:
    """The fingerprint joins fields: none of them may be moved into the next."""
    now = batch(thread(), comment(5))
    decide(post(1, parent=uuid(5), body="x"), now, AT)
    shifted = post(1, body=f"{uuid(5)}x")
    assert refusal(now, shifted) is ErrorCode.CONFLICT
