"""The newest visible comments of threads and sites, against the same from a Python list."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from hubbub.domain.model import Comment
from hubbub.storage.comments import comment_values, insert_comments
from hubbub.storage.feeds import newest_of_site, newest_of_thread
from hubbub.storage.sites import put_site
from hubbub.storage.threads import insert_threads
from tests.unit.samples import AT, SITE, THREAD, comment, site, thread
from tests.unit.worker import tables

# Of each thread: when its comments were made; those at odd times are removed.
THREADS = {THREAD: [2, 4, 11, 12], "second": [1, 3, 6, 8, 15], "third": [5, 7], "fourth": [10, 13, 14], "none": []}


def made() -> list[Comment]:
    """The comments of `THREADS`, whose ids are their times."""
    return [
        comment(at, thread=name, number=number, at=AT + at, removed=at % 2 == 1)
        for name, times in THREADS.items()
        for number, at in enumerate(times, 1)
    ]


@pytest.fixture(scope="module")
def db() -> Iterator[Connection]:
    """A site with `THREADS`, and another with a thread."""
    with tables.empty() as engine, engine.begin() as connection:
        fill(connection)
        yield connection


def fill(connection: Connection) -> None:
    """See `db`."""
    put_site(connection, site())
    put_site(connection, site("other"))
    for name, times in THREADS.items():
        visible = sum(at % 2 == 0 for at in times)
        insert_threads(connection, [thread(id=name, key=f"/{name}", last_number=len(times), comments=visible)], AT)
    insert_threads(connection, [thread(id="foreign", key="/", site="other", last_number=1, comments=1)], AT)
    foreign = comment(99, thread="foreign", number=1, at=AT + 99)
    insert_comments(connection, [comment_values(one, None, "f") for one in [*made(), foreign]])


@given(st.integers(1, 12))
def test_the_newest_comments_of_a_site(db: Connection, limit: int) -> None:
    found = newest_of_site(db, SITE, limit)
    visible = sorted((one for one in made() if not one.removed), key=lambda one: -one.at)
    assert [one for _, one in found] == visible[:limit]
    assert all(about.id == one.thread for about, one in found)


@given(st.integers(1, 5), st.sampled_from(list(THREADS)))
def test_the_newest_comments_of_a_thread(db: Connection, limit: int, name: str) -> None:
    found = newest_of_thread(db, name, limit)
    assert found is not None
    visible = [one for one in reversed(made()) if one.thread == name and not one.removed]
    assert (found[0].id, found[1]) == (name, visible[:limit])


def test_what_is_not_there(db: Connection) -> None:
    assert newest_of_thread(db, "nothing") is None
    assert newest_of_site(db, "nothing") == []
