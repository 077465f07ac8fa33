"""Where a site keeps names, a name is the author's who used it first; the worker decides."""

from dataclasses import replace

from msgspec import structs
from sqlalchemy import Connection

from hubbub.commands.base import Denied
from hubbub.commands.posting import PostComment
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode
from hubbub.domain.model import Member, Role, SiteSettings
from hubbub.storage.people import put_member
from hubbub.storage.sites import put_site
from tests.unit.samples import ANN, MAY, SITE, actor, post, remove, site
from tests.unit.worker.tables import batch, count

EVE = replace(actor("eve"), name="ANN")  # somebody else under a name that is the same


def kept(number: int, by: Actor = ANN) -> PostComment:
    """A comment on a site that keeps names."""
    return structs.replace(post(number), actor=by, keeps_names=True)


def denied(answer: object) -> bool:
    """Whether a name was refused, with others to take."""
    if not isinstance(answer, Denied):
        return False
    assert answer.code == ErrorCode.NAME_TAKEN
    assert len(answer.suggestions) == 3
    return True


def test_of_two_who_take_a_name_in_one_batch_the_first_has_it(db: Connection) -> None:
    answers = batch(db, kept(1), kept(2, EVE), kept(3), kept(4, actor("eve"))).answers
    assert [denied(answer) for answer in answers] == [False, True, False, False]


def test_a_name_is_refused_to_others_and_stays_its_owners(db: Connection) -> None:
    batch(db, kept(1))
    answers = batch(db, kept(2, EVE), kept(3)).answers
    assert [denied(answer) for answer in answers] == [True, False]
    assert count(db, "comment") == 2


def test_where_names_are_free_or_an_older_node_asked_nobody_is_refused(db: Connection) -> None:
    answers = batch(db, post(1), post(2, EVE)).answers
    assert not any(map(denied, answers))
    answers = batch(db, kept(3), kept(4, EVE)).answers
    assert not any(map(denied, answers)), "both had the name before it was kept"


def test_an_answer_stays_when_the_name_went_to_another_since(db: Connection) -> None:
    batch(db, kept(1), post(2, EVE))
    assert not denied(batch(db, kept(2, EVE)).answers[0])


def test_the_name_of_all_who_give_none_is_nobodys(db: Connection) -> None:
    one, other = (replace(actor(name), name="Anonymous") for name in ("one", "other"))
    assert not any(map(denied, batch(db, kept(1, one), kept(2, other)).answers))


def test_no_guest_takes_the_name_of_staff_or_of_the_site(db: Connection) -> None:
    put_member(db, Member(MAY.id, SITE, "May", Role.MODERATOR))
    put_site(db, replace(site(), settings=SiteSettings(title="The Courier")))
    db.commit()
    names = ("M4y", "May", "mаy", "The Courier", "Maya")
    guests = [kept(number, replace(actor(f"g{number}"), name=name)) for number, name in enumerate(names)]
    assert [denied(answer) for answer in batch(db, *guests).answers] == [False, True, True, True, False]
    assert not denied(batch(db, kept(9, MAY)).answers[0])


def test_a_name_whose_comments_were_removed_is_free(db: Connection) -> None:
    batch(db, kept(1), remove(1))
    assert not denied(batch(db, kept(2, EVE)).answers[0])
    assert denied(batch(db, kept(3)).answers[0])
