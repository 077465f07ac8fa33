"""What a batch takes down beside the log: who did it, what was there before, and whose comments are seen."""

from dataclasses import replace

from sqlalchemy import Connection

from hubbub.domain.model import Decision, State
from hubbub.storage.comments import comment_by_id
from hubbub.storage.people import author_by_id
from hubbub.storage.revisions import revisions_of
from tests.unit.samples import ANN, BOB, MAY, SITE, close, edit, post, remove, reopen, restore, uuid
from tests.unit.worker.tables import batch, events


def seen(db: Connection, author: str) -> int | None:
    """How many comments of an author are seen; None of one who never commented."""
    found = author_by_id(db, SITE, author)
    return None if found is None else found.comments


def test_each_event_says_who_did_it(db: Connection) -> None:
    batch(db, post(1), edit(1, "better"), edit(1, "best", MAY), remove(1), restore(1), close(), reopen())
    assert [(event.by_id, event.by) for event in events(db)] == [
        (ANN.id, None),
        (ANN.id, None),
        *[(MAY.id, MAY.name)] * 5,
    ]


def test_readers_are_told_by_the_log_and_by_a_batch_alike(db: Connection) -> None:
    (publication,) = batch(db, post(1), edit(1, "best", MAY), remove(1, reason="rude"), close("Enough.")).publications
    assert list(publication.events) == events(db)


def test_a_state_says_who_decided_it_and_why(db: Connection) -> None:
    batch(db, post(1))
    for command, decision in (
        (remove(1, reason="rude"), Decision(State.REMOVED, MAY.id, "rude")),
        (restore(1), Decision(State.VISIBLE, MAY.id)),
        (remove(1, ANN), Decision(State.REMOVED, ANN.id)),
        (remove(1, MAY), Decision(State.REMOVED, ANN.id)),  # which changes nothing
    ):
        batch(db, command)
        found = comment_by_id(db, uuid(1))
        assert found is not None
        assert (found.decision, found.removed) == (decision, decision.state is not State.VISIBLE)


def test_an_edit_keeps_the_text_it_replaced(db: Connection) -> None:
    batch(db, post(1, body="one"), edit(1, "two"))
    batch(db, edit(1, "two"), edit(1, "three", MAY))
    found = comment_by_id(db, uuid(1))
    assert found is not None
    assert [(one.body, one.seq, one.by) for one in revisions_of(db, uuid(1))] == [
        ("one", 2, ANN.id),
        ("two", 3, MAY.id),
    ]
    assert revisions_of(db, uuid(1))[-1].at == found.edited_at


def test_authors_comments_are_counted_while_they_are_seen(db: Connection) -> None:
    batch(db, post(1), post(2), post(3, BOB), post(1))
    assert (seen(db, ANN.id), seen(db, BOB.id), seen(db, MAY.id)) == (2, 1, None)
    batch(db, remove(1), remove(1), remove(3))
    assert (seen(db, ANN.id), seen(db, BOB.id)) == (1, 0)
    batch(db, restore(1), close(), post(4))
    assert seen(db, ANN.id) == 2


def test_an_author_is_known_by_what_they_last_said_of_themselves(db: Connection) -> None:
    batch(db, post(1))
    batch(db, post(2, replace(ANN, name="ÄNNE", email=None, website="https://a.example")), edit(1, "better"))
    found = author_by_id(db, SITE, ANN.id)
    assert found is not None
    assert (found.author.name, found.author.website, found.email) == ("ÄNNE", "https://a.example", ANN.email)
