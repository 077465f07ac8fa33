"""Rights are those that a member has in the transaction of the command (G13)."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from hubbub.commands.staff import PutMember, RevokeMember
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode
from hubbub.domain.model import Role
from hubbub.services.identity import actor_of
from hubbub.storage.people import all_members, find_member, put_member
from tests.unit.samples import ANN, MAY, OPERATOR, SITE, close, post, put_thread, remove, reopen
from tests.unit.worker.tables import batch, everything, outcome

REVOKED = ("denied", ErrorCode.UNAUTHORIZED)


def member(db: Connection, role: Role = Role.MODERATOR, name: str = "Stella") -> Actor:
    """A member, as the bearer of a token."""
    assert outcome(batch(db, PutMember(SITE, name, role)).answers[0])[0] == "done"
    found = find_member(db, SITE, name, role)
    assert found is not None
    return actor_of(found)


def test_a_member_is_made_once(db: Connection) -> None:
    stella = member(db)
    assert member(db) == stella
    assert member(db, Role.OWNER).id != stella.id
    assert len(all_members(db)) == 2


@pytest.mark.parametrize("role", [Role.GUEST, Role.OPERATOR])
def test_no_other_role_is_a_members(db: Connection, role: Role) -> None:
    assert outcome(batch(db, PutMember(SITE, "Stella", role)).answers[0]) == ("denied", ErrorCode.BAD_REQUEST)


@pytest.mark.parametrize("command", [PutMember("none", "Stella", Role.OWNER), RevokeMember("none", "Stella")])
def test_a_site_that_is_not_there_has_no_staff(db: Connection, command: PutMember | RevokeMember) -> None:
    assert outcome(batch(db, command).answers[0]) == ("denied", ErrorCode.NOT_FOUND)


def test_a_revoked_token_may_nothing_more(db: Connection) -> None:
    stella = member(db)
    assert [outcome(one)[0] for one in batch(db, post(1), close(None, stella), reopen(stella)).answers] == ["done"] * 3
    batch(db, RevokeMember(SITE, "Stella", OPERATOR))
    before = everything(db)
    commands = post(2, stella), remove(1, stella), close(None, stella), put_thread(title="T", actor=stella)
    assert [outcome(one) for one in batch(db, *commands).answers] == [REVOKED] * 4
    assert everything(db) == before


def test_a_new_token_after_that_is_good(db: Connection) -> None:
    stella = member(db)
    batch(db, RevokeMember(SITE, "Stella"))
    again = member(db)
    assert (again.id, again.version) == (stella.id, 2)
    assert [outcome(one) for one in batch(db, close(None, again), reopen(stella)).answers] == [("done", 1), REVOKED]


def test_it_acts_for_the_rest_of_its_batch(db: Connection) -> None:
    stella = member(db)
    answers = batch(db, close(None, stella), RevokeMember(SITE, "Stella"), reopen(stella)).answers
    assert [outcome(one) for one in answers] == [("done", 1), ("done", None), REVOKED]


def test_all_roles_of_a_name_are_revoked_and_no_other_name(db: Connection) -> None:
    stella, owner, other = member(db), member(db, Role.OWNER), member(db, name="Ada")
    batch(db, RevokeMember(SITE, "Stella"))
    answers = batch(db, close(None, stella), close(None, owner), close(None, other)).answers
    assert [outcome(one) for one in answers] == [REVOKED, REVOKED, ("done", 1)]


def test_a_member_who_is_gone_may_nothing(db: Connection) -> None:
    assert outcome(batch(db, close(None, replace(MAY, version=1))).answers[0]) == REVOKED


def test_rights_are_the_members_whatever_the_node_says(db: Connection) -> None:
    stella = replace(member(db), role=Role.OWNER)
    answers = batch(db, put_thread(title="T", actor=stella), close(None, stella)).answers
    assert [outcome(one) for one in answers] == [("denied", ErrorCode.FORBIDDEN), ("done", 1)]


def test_a_changed_role_holds_at_once(db: Connection) -> None:
    stella = member(db)
    found = find_member(db, SITE, "Stella", Role.MODERATOR)
    assert found is not None
    put_member(db, replace(found, role=Role.OWNER))
    assert outcome(batch(db, put_thread(title="T", actor=stella)).answers[0])[0] == "done"


def test_a_token_from_before_there_were_members_is_good_until_its_name_is_revoked(db: Connection) -> None:
    assert outcome(batch(db, close(None, MAY)).answers[0]) == ("done", 1)
    batch(db, RevokeMember(SITE, MAY.name))
    assert [outcome(one) for one in batch(db, reopen(MAY), post(1, MAY), post(2, ANN)).answers] == [
        REVOKED,
        REVOKED,
        ("denied", ErrorCode.THREAD_CLOSED),
    ]
