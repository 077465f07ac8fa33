"""Permissions: who may do what, where, and until when."""

import pytest

from hubbub.domain.actor import (
    EDIT_WINDOW_MS,
    Actor,
    check,
    check_own,
    check_site,
    may_read_body,
)
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Author, Role
from hubbub.domain.permissions import Permission
from tests.unit.samples import ANN, AT, BOB, MAY, OLA, OPERATOR, SITE, actor, comment

CHANGES = [Permission.EDIT_ANY, Permission.REMOVE_ANY]
STAFF = [MAY, OLA, OPERATOR]
WHO_MAY = {
    Permission.COMMENT: [ANN, *STAFF],
    Permission.CHOOSE_NAME: [ANN],
    Permission.VOTE: [ANN, *STAFF],
    Permission.EDIT_ANY: STAFF,
    Permission.REMOVE_ANY: STAFF,
    Permission.RESTORE: STAFF,
    Permission.APPROVE: STAFF,
    Permission.READ_SOURCE: STAFF,
    Permission.NO_QUOTA: STAFF,
    Permission.ANY_MODE: STAFF,
    Permission.CLOSE: STAFF,
    Permission.PIN: STAFF,
    Permission.CHANGE_MODE: STAFF,
    Permission.PUT_THREAD: [OLA, OPERATOR],
    Permission.CHANGE_SITE: [OPERATOR],
    Permission.CHANGE_STAFF: [OPERATOR],
}
ALL = list(Permission)


def refusal(permission: Permission, who: Actor | None, site: str = SITE) -> str | None:
    """The code with which it is refused, or None."""
    try:
        assert check(who, permission, site) is who
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.parametrize("permission", ALL)
def test_without_a_token_nobody_may_anything(permission: Permission) -> None:
    assert refusal(permission, None) is ErrorCode.UNAUTHORIZED


@pytest.mark.parametrize("permission", ALL)
@pytest.mark.parametrize("role", [Role.GUEST, Role.MODERATOR, Role.OWNER])
def test_a_token_for_another_site_is_forbidden(permission: Permission, role: Role) -> None:
    assert refusal(permission, actor("eve", role, "other")) is ErrorCode.FORBIDDEN
    assert refusal(permission, actor("eve", role, "*")) is ErrorCode.FORBIDDEN, "the star is the operator's alone"


@pytest.mark.parametrize("permission", [one for one in ALL if one is not Permission.CHOOSE_NAME])
def test_the_operator_may_everything_everywhere(permission: Permission) -> None:
    assert refusal(permission, OPERATOR) is None
    assert refusal(permission, OPERATOR, "other") is None


@pytest.mark.parametrize("who", [ANN, *STAFF])
@pytest.mark.parametrize("permission", ALL)
def test_who_may_what(permission: Permission, who: Actor) -> None:
    assert check_site(who, SITE) is who
    assert refusal(permission, who) == (None if who in WHO_MAY[permission] else ErrorCode.FORBIDDEN)


@pytest.mark.parametrize(
    ("permission", "said"),
    [
        (Permission.CLOSE, "Only a moderator may do this."),
        (Permission.PUT_THREAD, "Only the site's owner may do this."),
        (Permission.CHANGE_SITE, "Only the server's operator may do this."),
    ],
)
def test_who_may_not_is_told_who_may(permission: Permission, said: str) -> None:
    with pytest.raises(Refused, match=said):
        check(ANN, permission, SITE)


def test_every_role_is_told_apart_by_these_tests() -> None:
    assert {who.role for who in (ANN, MAY, OLA, OPERATOR)} == set(Role)


@pytest.mark.parametrize("otherwise", CHANGES)
@pytest.mark.parametrize("late", [0, EDIT_WINDOW_MS - 1, EDIT_WINDOW_MS])
def test_authors_change_their_comment_until_the_last_millisecond(late: int, otherwise: Permission) -> None:
    check_own(ANN, comment(), AT + late, otherwise)


@pytest.mark.parametrize("otherwise", CHANGES)
def test_authors_change_nothing_a_millisecond_later(otherwise: Permission) -> None:
    with pytest.raises(Refused) as caught:
        check_own(ANN, comment(), AT + EDIT_WINDOW_MS + 1, otherwise)
    assert caught.value.code is ErrorCode.FORBIDDEN


def test_the_edit_window_is_fifteen_minutes() -> None:
    assert EDIT_WINDOW_MS == 900_000


@pytest.mark.parametrize("otherwise", CHANGES)
def test_guests_change_no_other_comment(otherwise: Permission) -> None:
    with pytest.raises(Refused) as caught:
        check_own(BOB, comment(), AT, otherwise)
    assert caught.value.code is ErrorCode.FORBIDDEN


@pytest.mark.parametrize("otherwise", CHANGES)
@pytest.mark.parametrize("who", STAFF)
def test_moderators_change_any_comment_at_any_time(who: Actor, otherwise: Permission) -> None:
    check_own(who, comment(), AT + 1000 * EDIT_WINDOW_MS, otherwise)


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
