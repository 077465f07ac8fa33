"""A kept name stays its author's while a comment under it is held and waits."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection, event, text

from hubbub.commands import AnyWrite
from hubbub.commands.base import Answer, Denied
from hubbub.commands.people import EraseComments, EraseSeen
from hubbub.commands.posting import PostComment
from hubbub.commands.threads import SetMode
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode
from hubbub.domain.model import Hold
from hubbub.names.folding import fold
from hubbub.services.names import KEPT_MS
from hubbub.storage.people import Bearer, bearers
from tests.unit.samples import ANN, AT, BOB, MAY, OTHER, SITE, THREAD, approve, edit, remove
from tests.unit.samples import post as free
from tests.unit.worker.tables import batch, two_threads

EVE = replace(BOB, id="eve", name="\u0410nn")  # somebody else: the first letter is Cyrillic


@pytest.fixture
def db() -> Iterator[Connection]:
    """Two threads, of which THREAD holds everything back."""
    with two_threads() as connection:
        batch(connection, SetMode(THREAD, MAY, hold=Hold.ALL))
        yield connection


def post(number: int, by: Actor = ANN, thread: str = THREAD) -> PostComment:
    """A comment on a site that keeps names; it is held in THREAD alone."""
    return structs.replace(free(number, by, thread=thread), keeps_names=True)


def refused(answer: Answer) -> bool:
    """Whether it is for the name."""
    return isinstance(answer, Denied) and answer.code == ErrorCode.NAME_TAKEN


def is_taken(db: Connection, number: int, by: Actor = EVE) -> bool:
    """Whether somebody is refused the name, where nothing is held."""
    return refused(batch(db, post(number, by, OTHER)).answers[0])


def test_others_are_refused_it_while_it_waits_and_its_author_is_not(db: Connection) -> None:
    batch(db, post(1))
    assert is_taken(db, 2)
    assert [refused(one) for one in batch(db, post(3, EVE), post(4)).answers] == [True, False]
    batch(db, post(5, BOB, OTHER))
    renamed = structs.replace(edit(5, "text 5", replace(BOB, name="ANN"), rename=True), thread=OTHER, keeps_names=True)
    assert refused(batch(db, renamed).answers[0])
    assert not is_taken(db, 6, ANN)


def test_of_two_whose_comments_are_held_by_one_batch_the_first_has_it(db: Connection) -> None:
    assert [refused(one) for one in batch(db, post(1), post(2, EVE)).answers] == [False, True]


def test_it_is_its_authors_for_as_long_as_any_comment_waits(db: Connection) -> None:
    batch(db, post(1), post(2), remove(1))
    assert is_taken(db, 3)
    found = bearers(db, {(SITE, fold(ANN.name))}, AT + 10 * KEPT_MS)
    assert found == [Bearer(SITE, fold(ANN.name), ANN.id)], "whatever the time"
    assert bearers(db, {("other", fold(ANN.name))}, AT) == []


def test_let_through_it_goes_on_as_its_authors(db: Connection) -> None:
    batch(db, post(1), approve(1))
    assert is_taken(db, 2)
    batch(db, remove(1))
    assert not is_taken(db, 3)


ENDS = {
    "refused": remove(1),
    "taken back": remove(1, ANN),
    "all erased": EraseSeen(ANN),
    "erased in the thread": EraseComments(THREAD, (), ANN),
}


@pytest.mark.parametrize("ends", ENDS.values(), ids=ENDS)
def test_it_is_free_once_the_comment_was_refused_taken_back_or_erased(db: Connection, ends: AnyWrite) -> None:
    batch(db, post(1))
    batch(db, ends)
    assert not is_taken(db, 2)


def test_the_name_of_all_who_give_none_is_nobodys_although_it_waits(db: Connection) -> None:
    batch(db, post(1, replace(ANN, name="Anonymous")))
    assert not is_taken(db, 2, replace(EVE, name="Anonymous"))


def test_what_an_older_node_holds_keeps_no_name(db: Connection) -> None:
    batch(db, post(1))
    db.execute(text("UPDATE held SET folded = NULL"))
    db.commit()
    assert not is_taken(db, 2)


def test_whose_a_name_is_comes_of_one_state_of_storage(db: Connection) -> None:
    """Between two statements an approval could move the comment from where the second looks to where the first did."""
    batch(db, post(1), post(2, replace(BOB, name="Bo"), OTHER))
    said: list[tuple[str, Any]] = []
    db.execute(text("SELECT 1"))  # begins the transaction
    event.listen(db, "before_cursor_execute", lambda *args: said.append(args[2:4]))
    names = {(SITE, fold(ANN.name)), (SITE, fold("Bo"))}
    assert {one.id for one in bearers(db, names, AT)} == {ANN.id, BOB.id}
    ((statement, values),) = said
    if db.dialect.name == "sqlite":
        steps = [row.detail for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
        for index in ("author_site_folded", "held_site_folded"):
            assert [one for one in steps if f"USING INDEX {index} (site=? AND folded=?)" in one], steps
