"""Whether tokens of staff are still good."""

from dataclasses import replace

import pytest

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Member, Role
from hubbub.domain.people import Staff
from hubbub.services.identity import actor_of
from tests.unit.samples import ANN, MAY, OLA, OPERATOR, SITE

MEMBER = Member("m1", SITE, "Stella", Role.MODERATOR)
STELLA = actor_of(MEMBER)
REVOKED = replace(MEMBER, version=2)


def is_revoked(staff: Staff, actor: Actor, *, may_be_newer: bool = False) -> bool:
    """Whether the actor is refused as one whose token was revoked."""
    try:
        staff.check(actor, may_be_newer=may_be_newer)
    except Refused as refused:
        return refused.code is ErrorCode.UNAUTHORIZED
    return False


@pytest.mark.parametrize("who", [ANN, OPERATOR])
def test_guests_and_the_operator_are_no_members(who: Actor) -> None:
    assert Staff().check(who) == who


def test_a_token_is_good_while_it_has_the_members_version() -> None:
    assert Staff.of([MEMBER]).check(STELLA) == STELLA
    assert is_revoked(Staff.of([REVOKED]), STELLA)
    assert Staff.of([REVOKED]).check(replace(STELLA, version=2)) == replace(STELLA, version=2)
    assert is_revoked(Staff(), STELLA), "a member who is gone"
    assert is_revoked(Staff.of([replace(MEMBER, site="other")]), STELLA)


def test_rights_are_the_members_whatever_the_token_says() -> None:
    assert Staff.of([MEMBER]).check(replace(STELLA, role=Role.OWNER, name="Else")) == STELLA


def test_a_change_takes_the_place_of_what_was_known() -> None:
    staff = Staff.of([MEMBER])
    staff.put(REVOKED)
    assert is_revoked(staff, STELLA)


def test_a_copy_may_be_older_than_a_token_but_not_newer() -> None:
    assert Staff().check(STELLA, may_be_newer=True) == STELLA
    assert Staff.of([MEMBER]).check(replace(STELLA, version=2), may_be_newer=True) == replace(STELLA, version=2)
    assert is_revoked(Staff.of([REVOKED]), STELLA, may_be_newer=True)


@pytest.mark.parametrize("who", [MAY, OLA])
def test_a_token_from_before_there_were_members_is_good_until_its_name_is_revoked(who: Actor) -> None:
    other = Member("m1", SITE, who.name, Role.MODERATOR)
    assert Staff().check(who) == who
    assert Staff.of([other]).check(who) == who
    assert is_revoked(Staff.of([replace(other, version=2)]), who)
    assert Staff.of([replace(other, version=2, site="other")]).check(who) == who
