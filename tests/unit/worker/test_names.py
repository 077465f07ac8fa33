"""Where a site keeps names, a name is the author's who used it first; the worker decides."""

from dataclasses import replace

from msgspec import structs
from sqlalchemy import Connection

from hubbub.commands.base import Denied, Done
from hubbub.commands.posting import PostComment
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode
from hubbub.domain.model import Member, Role, SiteSettings
from hubbub.storage.comments import comment_by_id
from hubbub.storage.people import author_by_id, put_member
from hubbub.storage.sites import put_site
from tests.unit.samples import ANN, BOB, MAY, SITE, actor, edit, post, remove, site, uuid
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


def test_of_two_names_of_one_batch_that_look_alike_in_capitals_the_first_is_given(db: Connection) -> None:
    cyrillic = replace(actor("eve"), name="\u0412\u041e\u0412")
    answers = batch(db, kept(1, replace(BOB, name="Bob")), kept(2, cyrillic), kept(3, cyrillic)).answers
    assert [denied(answer) for answer in answers] == [False, True, True]


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


def test_an_edit_gives_a_comment_the_name_that_its_author_has_now(db: Connection) -> None:
    batch(db, post(1), post(2))
    (answer,), (publication,) = batch(db, edit(1, "text 1", replace(ANN, name="Nina", website=None), rename=True))
    assert isinstance(answer, Done)
    assert answer.seq == 3
    assert publication.events[0].comment == answer.comment == comment_by_id(db, uuid(1))
    renamed, other, known = comment_by_id(db, uuid(1)), comment_by_id(db, uuid(2)), author_by_id(db, SITE, ANN.id)
    assert renamed is not None
    assert other is not None
    assert known is not None
    assert (renamed.author.name, other.author.name, known.author.name, known.comments) == ("Nina", ANN.name, "Nina", 2)
    (again,) = batch(db, edit(1, "text 1", replace(ANN, name="Nina", website=None), rename=True)).answers
    assert isinstance(again, Done)
    assert again.seq is None


def test_an_edit_takes_no_name_that_is_anothers(db: Connection) -> None:
    batch(db, kept(1), kept(2, BOB))
    claiming = structs.replace(edit(2, "text 2", replace(BOB, name="ANN"), rename=True), keeps_names=True)
    assert denied(batch(db, claiming).answers[0])
    found = comment_by_id(db, uuid(2))
    assert found is not None
    assert found.author.name == BOB.name


def test_nobody_else_changes_the_name_of_a_comment(db: Connection) -> None:
    (answer,) = batch(db, post(1), edit(1, "better", MAY, rename=True)).answers[1:]
    assert isinstance(answer, Denied)
    assert answer.code == ErrorCode.FORBIDDEN
