"""Pages of trees, against the same pages made from a Python list."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from hubbub.domain.model import Counts
from hubbub.domain.sizes import TREE_ANSWERS
from hubbub.storage.comments import comment_values, insert_comments
from hubbub.storage.sites import put_site
from hubbub.storage.threads import insert_threads
from hubbub.storage.trees import (
    _ANSWERS,
    _NEWEST_ROOTS,
    _OLDEST_ROOTS,
    AnswersPage,
    BestPage,
    TreePage,
    read_answers,
    read_best,
    read_tree,
)
from hubbub.storage.votes import update_counts
from tests.unit.samples import AT, THREAD, comment, site, thread, uuid
from tests.unit.worker import tables

PARENTS = [0, 0, 1, 0, 1, 3, 0, 1, 2, 1, 1, 0, 5, 2, 0, 1]  # of comment 1, 2, 3 …; 0: it is a root
NUMBERS = range(1, len(PARENTS) + 1)
ROOTS = [number for number in NUMBERS if not PARENTS[number - 1]]
VOTES = {4: 2, 5: 2, 6: -1, 12: 7, 2: -3, 15: 1}  # for less against
SIZE = len(comment(10).html)
QUESTIONS: list[tuple[Any, dict[str, object]]] = [
    (_NEWEST_ROOTS, {"id": THREAD, "low": 1, "high": 900, "limit": 50}),
    (_OLDEST_ROOTS, {"id": THREAD, "low": 900, "high": 2**31 - 1, "limit": 50}),
    (_ANSWERS, {"id": THREAD, "parent": uuid(1), "after": 900, "limit": 50}),
]


@pytest.fixture(scope="module")
def db() -> Iterator[Connection]:
    """A thread with a tree, and another one with a comment."""
    with tables.empty() as engine, engine.begin() as connection:
        fill(connection)
        yield connection


def fill(connection: Connection) -> None:
    """See `db`."""
    put_site(connection, site())
    insert_threads(connection, [thread(head=len(PARENTS), last_number=len(PARENTS)), thread(id="other", key="/o")], AT)
    made = [comment(number, parent=uuid(PARENTS[number - 1]) if PARENTS[number - 1] else None) for number in NUMBERS]
    insert_comments(connection, [comment_values(one, None, "f") for one in [*made, comment(99, thread="other")]])
    insert_threads(connection, [thread(id="empty", key="/e")], AT)
    counts = [replace(comment(number), counts=Counts(max(0, sum_), max(0, -sum_))) for number, sum_ in VOTES.items()]
    update_counts(connection, counts)


def answers(number: int) -> list[int]:
    """The numbers of the answers to a comment."""
    return [one for one in NUMBERS if PARENTS[one - 1] == number]


@given(st.integers(1, 9), st.booleans(), st.integers(0, 200))
def test_pages_of_a_tree_meet_every_root_once_with_its_first_answers(
    db: Connection, limit: int, newest_first: bool, most: int
) -> None:
    met: list[int] = []
    after: int | None = None
    while True:
        found = read_tree(db, THREAD, TreePage(limit, newest_first, after, most))
        assert found is not None
        page = [one.number for one in found.comments]
        roots = [number for number in page if number in ROOTS]
        assert 1 <= len(roots) <= limit
        assert len(roots) == 1 or len(page) * SIZE <= most + len(page)
        met += page
        if not found.more:
            break
        assert found.end is not None
        (after,) = found.end
    expected = sorted(ROOTS, reverse=newest_first)
    assert met == [one for root in expected for one in (root, *answers(root)[:TREE_ANSWERS])]


@given(st.integers(1, 9), st.booleans(), st.integers(0, 200))
def test_pages_of_the_best_meet_every_comment_once(db: Connection, limit: int, roots: bool, most: int) -> None:
    met: list[int] = []
    after = (0, 0)
    while True:
        found = read_best(db, THREAD, BestPage(limit, roots, after, most))
        assert found is not None
        met += [one.number for one in found.comments]
        if not found.more:
            break
        assert found.end is not None
        rank, number = found.end
        after = rank, number
    expected = sorted(ROOTS if roots else NUMBERS, key=lambda number: (-VOTES.get(number, 0), number))
    assert met == [one for best in expected for one in (best, *(answers(best)[:TREE_ANSWERS] if roots else ()))]


def test_a_thread_without_comments_has_no_best(db: Connection) -> None:
    found = read_best(db, "empty", BestPage(5, roots=True))
    assert found is not None
    assert (found.comments, found.more) == ([], False)


@given(st.integers(1, 9), st.sampled_from(NUMBERS), st.integers(0, 60))
def test_pages_of_answers_meet_every_answer_once(db: Connection, limit: int, parent: int, most: int) -> None:
    met: list[int] = []
    after = 0
    while True:
        found = read_answers(db, THREAD, AnswersPage(uuid(parent), limit, after, most))
        assert found is not None
        assert len(found.comments) <= limit
        met += [one.number for one in found.comments]
        if not found.more:
            break
        assert found.end is not None
        (after,) = found.end
    assert met == answers(parent)


def test_what_is_not_there_is_none(db: Connection) -> None:
    assert read_tree(db, "none", TreePage(1)) is None
    assert read_best(db, "none", BestPage(1)) is None
    assert read_answers(db, "none", AnswersPage(uuid(1), 1)) is None


@pytest.mark.parametrize(("query", "values"), QUESTIONS)
def test_every_question_has_its_index(query: Any, values: dict[str, object]) -> None:
    with tables.memory() as engine, engine.connect() as db:
        compiled = query.compile(db)
        filled = compiled.construct_params(values)
        parameters = tuple(filled[name] for name in compiled.positiontup)
        plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", parameters).all()
    details = [row.detail for row in plan if row.detail.startswith(("SEARCH", "USE"))]
    assert details
    assert all("comment_tree (thread=? AND parent=? AND number>?" in detail for detail in details), details
