"""What authors do about themselves."""

from sqlalchemy import Connection, select

from hubbub.commands.base import Denied
from hubbub.commands.people import EraseComments
from hubbub.domain.events import Kind
from hubbub.domain.model import Decision, State
from hubbub.storage import schema
from hubbub.storage.comments import comment_by_id
from hubbub.storage.own_comments import own_comments
from hubbub.storage.people import author_by_id
from hubbub.storage.revisions import revisions_of
from tests.unit.samples import ANN, BOB, MAY, SITE, THREAD, edit, pin, post, remove, restore, uuid
from tests.unit.worker.tables import batch, events, everything


def erase(*numbers: int, last: bool = True) -> EraseComments:
    """Ann erases these comments."""
    return EraseComments(THREAD, tuple(map(uuid, numbers)), ANN, last=last)


def test_nothing_of_the_author_is_left(db: Connection) -> None:
    batch(db, post(1, body="my secret"), edit(1, "my other secret"), post(2), post(3, BOB), remove(2, ANN), pin(1))
    own = own_comments(db, SITE, ANN.id)
    assert [one.id for one in own] == [uuid(1), uuid(2)]
    before = len(events(db))
    batch(db, erase(1, 2))
    assert [(event.kind, event.comment and event.comment.id) for event in events(db, before)] == [
        (Kind.REMOVED, uuid(1)),
        (Kind.PINNED, None),
    ]
    tables = everything(db)
    left = str({name: rows for name, rows in tables.items() if name != "stamp"})
    for word in ("secret", "Ann", "ann@mail.example", "text 2"):
        assert word not in left
    assert author_by_id(db, SITE, ANN.id) is None
    assert revisions_of(db, uuid(1)) == []
    assert own_comments(db, SITE, ANN.id) == []
    bob = author_by_id(db, SITE, BOB.id)
    assert bob is not None
    assert bob.comments == 1


def test_the_reason_of_a_removal_goes_too(db: Connection) -> None:
    batch(db, post(1), remove(1, reason="Ann, no secrets"), erase(1))
    tables = everything(db)
    assert "no secrets" not in str(tables)
    shown = comment_by_id(db, uuid(1))
    assert shown is not None
    assert shown.decision == Decision(State.REMOVED, MAY.id)


def test_the_readers_are_told_of_tombstones(db: Connection) -> None:
    batch(db, post(1), post(2))
    (publication,) = batch(db, erase(1, 2)).publications
    assert [event.kind for event in publication.events] == [Kind.REMOVED, Kind.REMOVED]
    assert all(event.comment is not None and not event.comment.body for event in publication.events)
    assert all(event.by is None for event in publication.events)
    assert list(publication.events) == events(db, 2)


def test_erasing_again_changes_nothing(db: Connection) -> None:
    batch(db, post(1), post(2))
    batch(db, erase(1, last=False))
    kept = author_by_id(db, SITE, ANN.id)
    assert kept is not None
    assert kept.comments == 1, "the rest is still theirs"
    batch(db, erase(1, 2))
    before = everything(db)
    batch(db, erase(1, 2))
    assert everything(db) == before


def test_nobody_brings_an_erased_comment_back(db: Connection) -> None:
    batch(db, post(1), erase(1))
    (answer,) = batch(db, restore(1)).answers
    assert isinstance(answer, Denied)
    assert answer.code == "conflict"


def test_who_erased_all_may_write_again(db: Connection) -> None:
    batch(db, post(1), erase(1))
    batch(db, post(2))
    found = author_by_id(db, SITE, ANN.id)
    assert found is not None
    assert (found.comments, found.original) == (1, ANN.name)


def test_an_author_of_another_site_has_no_comments_here(db: Connection) -> None:
    batch(db, post(1))
    assert own_comments(db, "other", ANN.id) == []
    assert db.scalar(select(schema.comment.c.author_id)) == ANN.id
