"""A refused command changes nothing: neither the ledger nor what it writes."""

from copy import deepcopy

import pytest

from hubbub.domain.actor import EDIT_WINDOW_MS
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Comment, Thread
from hubbub.worker import decide
from hubbub.worker.ledger import Ledger
from tests.unit.samples import ANN, AT, BOB, MAY, THREAD, comment, edit, post, remove, thread, uuid


def ledger(open_thread: Thread, *comments: Comment) -> Ledger:
    """A batch that has just begun."""
    return Ledger({open_thread.id: open_thread}, {one.id: (one, "another fingerprint") for one in comments})


def refusal(now: Ledger, act: object, command: object, at: int = AT) -> str:
    """How `command` is refused, having changed nothing."""
    before = deepcopy(now)
    with pytest.raises(Refused) as caught:
        act(now, command, at)  # type: ignore[operator]  # one of decide's functions
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
def test_post(command: object, code: ErrorCode) -> None:
    assert refusal(ledger(thread(), comment()), decide.post, command) is code


def test_post_to_a_closed_thread() -> None:
    assert refusal(ledger(thread(closed=True)), decide.post, post()) is ErrorCode.THREAD_CLOSED


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
def test_edit(command: object, late: int, code: ErrorCode) -> None:
    assert refusal(ledger(thread(), comment(), comment(2, removed=True)), decide.edit, command, AT + late) is code


def test_an_edit_of_what_a_moderator_edited() -> None:
    now = ledger(thread(), comment())
    decide.edit(now, edit(1, "own"), AT)
    decide.edit(now, edit(1, "theirs", MAY), AT)
    assert refusal(now, decide.edit, edit(1, "own")) is ErrorCode.FORBIDDEN
    decide.edit(now, edit(1, "again", MAY), AT)


def test_edit_in_a_closed_thread() -> None:
    assert refusal(ledger(thread(closed=True), comment()), decide.edit, edit(1, "x")) is ErrorCode.THREAD_CLOSED


@pytest.mark.parametrize(
    ("command", "late", "code"),
    [
        (remove(9), 0, ErrorCode.NOT_FOUND),
        (remove(1, BOB), 0, ErrorCode.FORBIDDEN),
        (remove(1, ANN), EDIT_WINDOW_MS + 1, ErrorCode.FORBIDDEN),
    ],
)
def test_remove(command: object, late: int, code: ErrorCode) -> None:
    assert refusal(ledger(thread(), comment()), decide.remove, command, AT + late) is code


def test_an_author_changes_and_removes_until_the_last_millisecond() -> None:
    now = ledger(thread(comments=1), comment())
    assert decide.edit(now, edit(1, "x"), AT + EDIT_WINDOW_MS).seq == 1
    assert decide.remove(now, remove(1, ANN), AT + EDIT_WINDOW_MS).seq == 2
    assert now.thread(THREAD).comments == 0


def test_a_separator_in_one_field_does_not_make_another_comment_the_same() -> None:
    """The fingerprint joins fields: none of them may be moved into the next."""
    now = ledger(thread(), comment(5))
    decide.post(now, post(1, parent=uuid(5), body="x"), AT)
    shifted = post(1, body=f"{uuid(5)}x")
    assert refusal(now, decide.post, shifted) is ErrorCode.CONFLICT
