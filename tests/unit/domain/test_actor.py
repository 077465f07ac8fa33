"""Permissions: who may do what, where, and until when."""

from collections.abc import Callable

import pytest

from hubbub.domain.actor import (
    EDIT_WINDOW_MS,
    Actor,
    check_author_or_moderator,
    check_moderator,
    check_owner,
    check_site,
    may_read_body,
)
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Author, Role
from tests.unit.samples import ANN, AT, BOB, MAY, OLA, OPERATOR, SITE, actor, comment

Check = Callable[[Actor | None, str], Actor]


def refusal(check: Check, who: Actor | None, site: str = SITE) -> str | None:
    """The code `check` refuses with, or None."""
    try:
        assert check(who, site) is who
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.parametrize("check", [check_site, check_moderator, check_owner])
def test_nobody_is_unauthorized(check: Check) -> None:
    assert refusal(check, None) is ErrorCode.UNAUTHORIZED


@pytest.mark.parametrize("check", [check_site, check_moderator, check_owner])
@pytest.mark.parametrize("role", [Role.GUEST, Role.MODERATOR, Role.OWNER])
def test_a_token_for_another_site_is_forbidden(check: Check, role: Role) -> None:
    assert refusal(check, actor("eve", role, "other")) is ErrorCode.FORBIDDEN
    assert refusal(check, actor("eve", role, "*")) is ErrorCode.FORBIDDEN, "the star is the operator's alone"


@pytest.mark.parametrize("check", [check_site, check_moderator, check_owner])
def test_the_operator_may_everything_everywhere(check: Check) -> None:
    assert refusal(check, OPERATOR) is None
    assert refusal(check, OPERATOR, "other") is None


@pytest.mark.parametrize(
    ("who", "moderates", "owns"), [(ANN, False, False), (MAY, True, False), (OLA, True, True), (OPERATOR, True, True)]
)
def test_roles(who: Actor, moderates: bool, owns: bool) -> None:
    assert refusal(check_site, who) is None
    assert who.is_moderator is moderates
    assert refusal(check_moderator, who) is (None if moderates else ErrorCode.FORBIDDEN)
    assert refusal(check_owner, who) is (None if owns else ErrorCode.FORBIDDEN)


def test_every_role_is_told_apart_by_these_tests() -> None:
    assert {who.role for who in (ANN, MAY, OLA, OPERATOR)} == set(Role)


@pytest.mark.parametrize("late", [0, EDIT_WINDOW_MS - 1, EDIT_WINDOW_MS])
def test_authors_change_their_comment_until_the_last_millisecond(late: int) -> None:
    check_author_or_moderator(ANN, comment(), AT + late)


def test_authors_change_nothing_a_millisecond_later() -> None:
    with pytest.raises(Refused) as caught:
        check_author_or_moderator(ANN, comment(), AT + EDIT_WINDOW_MS + 1)
    assert caught.value.code is ErrorCode.FORBIDDEN


def test_the_edit_window_is_fifteen_minutes() -> None:
    assert EDIT_WINDOW_MS == 900_000


def test_guests_change_no_other_comment() -> None:
    with pytest.raises(Refused) as caught:
        check_author_or_moderator(BOB, comment(), AT)
    assert caught.value.code is ErrorCode.FORBIDDEN


@pytest.mark.parametrize("who", [MAY, OLA, OPERATOR])
def test_moderators_change_any_comment_at_any_time(who: Actor) -> None:
    check_author_or_moderator(who, comment(), AT + 1000 * EDIT_WINDOW_MS)


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (None, False),
        (ANN, True),
        (BOB, False),
        (MAY, True),
        (OLA, True),
        (OPERATOR, True),
        (actor("may", Role.MODERATOR, "other"), False),
        (actor("ann", Role.GUEST, "other"), False),
    ],
)
def test_the_source_text_is_its_authors_and_the_moderators(who: Actor | None, seen: bool) -> None:
    assert may_read_body(who, comment(), SITE) is seen


@pytest.mark.parametrize("who", [None, ANN, MAY, OLA, OPERATOR])
def test_nobody_reads_the_source_of_a_removed_comment(who: Actor | None) -> None:
    assert not may_read_body(who, comment(removed=True), SITE)


def test_an_author_shows_no_email() -> None:
    who = Actor("7", SITE, Role.GUEST, "Ann", "https://ann.example", "ann@mail.example")
    assert who.author == Author("7", "Ann", "https://ann.example", Role.GUEST)
