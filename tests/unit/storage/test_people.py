"""What storage knows of authors, staff and earlier texts."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, delete

from hubbub.domain.model import Author, Member, Revision, Role
from hubbub.storage.people import all_members, author_by_id, find_member, members_named, members_of, put_member
from hubbub.storage.revisions import insert_revisions, revisions_of
from hubbub.storage.schema import member
from hubbub.storage.sites import put_site, remove_site
from hubbub.storage.stamps import read_stamps
from hubbub.worker.people import Authors
from tests.unit.samples import ANN, AT, BOB, SITE, comment, site, uuid
from tests.unit.worker import tables

MAY = Member("m1", SITE, "May", Role.MODERATOR)


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database with the site `news`."""
    with tables.tables() as db:
        yield db


def count(db: Connection, name: str, at: int, change: int, email: str | None = None) -> None:
    """Ann, under this name, has so many visible comments more, of which the last is of the time `at`."""
    authors = Authors()
    author = replace(ANN.author, name=name)
    authors.count(SITE, comment(1, author, at=at), change, email)
    authors.count("other", comment(1, BOB.author, at=at), 1)
    authors.write(db)


def test_comments_are_counted_under_the_name_of_the_last(db: Connection) -> None:
    count(db, "Ann", AT, 1, "ann@mail.example")
    count(db, "ÄNNE", AT + 2, 1)
    count(db, "Anne", AT + 1, -1)  # an older comment, removed
    found = author_by_id(db, SITE, ANN.id)
    assert found is not None
    assert found.author == Author(ANN.id, "ÄNNE", None, Role.GUEST)
    assert (found.email, found.first_seen, found.last_seen) == ("ann@mail.example", AT, AT + 2)
    assert found.comments == 1
    assert author_by_id(db, SITE, BOB.id) is None, "of another site"


def test_the_first_name_that_was_given_stays_the_original(db: Connection) -> None:
    for at, (name, original) in enumerate((("Anonymous", None), ("Ann", "Ann"), ("Anne", "Ann"), ("Anonymous", "Ann"))):
        count(db, name, AT + at, 1)
        found = author_by_id(db, SITE, ANN.id)
        assert found is not None
        assert (found.author.name, found.original) == (name, original)


def test_a_count_below_nothing_is_none(db: Connection) -> None:
    """Of what an older node took, this one may count the removal alone."""
    count(db, "Ann", AT, -1)
    found = author_by_id(db, SITE, ANN.id)
    assert found is not None
    assert found.comments == 0


def test_a_batch_adds_up_what_it_did(db: Connection) -> None:
    authors = Authors()
    for number in range(1, 4):
        authors.count(SITE, comment(number, at=AT + number), 1)
    authors.count(SITE, comment(2, at=AT + 2), -1)
    authors.write(db)
    found = author_by_id(db, SITE, ANN.id)
    assert found is not None
    assert (found.comments, found.first_seen, found.last_seen) == (2, AT + 1, AT + 3)


def test_members_are_found_as_they_were_put(db: Connection) -> None:
    owner = Member("m2", SITE, "May", Role.OWNER)
    put_member(db, owner)
    put_member(db, MAY)
    assert members_named(db, SITE, "May") == [MAY, owner]
    put_member(db, replace(MAY, version=2))
    put_site(db, site("other"))
    put_member(db, replace(MAY, id="m3", site="other"))
    assert sorted(members_of(db, [SITE, "none"]), key=lambda one: one.id) == [replace(MAY, version=2), owner]
    assert members_of(db, []) == []
    assert find_member(db, SITE, "May", Role.OWNER) == owner
    assert find_member(db, "other", "May", Role.OWNER) is None
    db.execute(delete(member).where(member.c.id == "m3"))
    assert sorted(all_members(db), key=lambda one: one.id) == [replace(MAY, version=2), owner]


def test_with_a_site_its_staff_goes(db: Connection) -> None:
    put_site(db, site("new"))
    put_member(db, replace(MAY, site="new"))
    remove_site(db, "new")
    assert all_members(db) == []


def test_each_change_of_sites_and_staff_is_counted(db: Connection) -> None:
    seen = [read_stamps(db)]
    put_site(db, site("new"))
    seen.append(read_stamps(db))
    put_member(db, replace(MAY, site="new"))
    seen.append(read_stamps(db))
    put_member(db, replace(MAY, site="new", version=2))
    seen.append(read_stamps(db))
    remove_site(db, "new")
    seen.append(read_stamps(db))
    sites = [stamps.get("site", 0) for stamps in seen]
    staff = [stamps.get("member", 0) for stamps in seen]
    assert sites[0] < sites[1] == sites[3] < sites[4]
    assert staff[1] < staff[2] < staff[3] < staff[4]


def test_earlier_texts_are_kept_in_order(db: Connection) -> None:
    texts = [Revision(uuid(1), seq, AT + seq, ANN.id, f"text {seq}") for seq in (7, 5)]
    insert_revisions(db, texts)
    assert revisions_of(db, uuid(1)) == texts[::-1]
    assert revisions_of(db, uuid(2)) == []
