"""Whose a name is, and names that are free."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from hubbub.domain.errors import Refused
from hubbub.domain.model import Author, Member, Role, Site, SiteSettings
from hubbub.names.folding import fold
from hubbub.services.names import KEPT_MS, Claim, check_name, draw, free, holders, is_reserved, reserved_names
from hubbub.storage.passkeys import Passkey, erase_passkeys, put_passkey
from hubbub.worker.people import Authors
from tests.unit.samples import AT, SITE, comment, uuid
from tests.unit.worker import tables


@pytest.fixture
def db() -> Iterator[Connection]:
    """A database with the site `news`, where Nina has written."""
    with tables.tables() as db:
        write(db, "nina", "Nina")
        yield db


def write(db: Connection, author: str, name: str, at: int = AT, site: str = SITE, change: int = 1) -> None:
    """The author comments under this name."""
    authors = Authors()
    authors.count(site, comment(1, Author(author, name, None, Role.GUEST), at=at), change)
    authors.write(db)


def is_taken(db: Connection, name: str, author: str = "eve", at: int = AT, site: str = SITE) -> bool:
    """Whether an author is refused a name, where names are kept."""
    claim = Claim(site, author, name)
    with contextlib.suppress(Refused):
        check_name(db, claim, (), at, kept=True)
        return False
    return True


@pytest.mark.parametrize("name", ["Nina", "NINA", "Nіna", "N.1.na"])
def test_a_name_is_its_authors_and_so_are_look_alikes(db: Connection, name: str) -> None:
    assert is_taken(db, name)
    assert not is_taken(db, name, author="nina")
    assert not is_taken(db, name, site="other")


def test_who_has_a_passkey_keeps_their_name_for_good(db: Connection) -> None:
    put_passkey(db, Passkey("id", SITE, "nina", "Nina", "a.example", "key", 0, AT))
    write(db, "olga", "Olga")
    later = AT + 100 * KEPT_MS
    assert is_taken(db, "Nina", at=later)
    assert not is_taken(db, "Olga", at=later)
    erase_passkeys(db, SITE, "nina")
    assert not is_taken(db, "Nina", at=later)


def test_a_name_is_free_again_when_nobody_can_show_a_token_for_it(db: Connection) -> None:
    assert is_taken(db, "Nina", at=AT + KEPT_MS)
    assert not is_taken(db, "Nina", at=AT + KEPT_MS + 1)


def test_who_shares_a_name_since_before_keeps_it(db: Connection) -> None:
    write(db, "other nina", "nina")
    for author in ("nina", "other nina"):
        assert not is_taken(db, "Nina", author)
    assert is_taken(db, "Nina")


def test_a_name_whose_comments_were_all_removed_is_free(db: Connection) -> None:
    write(db, "nina", "Nina", change=-1)
    assert not is_taken(db, "Nina")


def test_another_name_frees_the_first(db: Connection) -> None:
    write(db, "nina", "Ninotchka", at=AT + 1)
    assert not is_taken(db, "Nina")
    assert is_taken(db, "Ninotchka")


def test_no_name_is_everybodys(db: Connection) -> None:
    write(db, "nobody", "Anonymous")
    assert not is_taken(db, "Anonymous")


def test_many_are_judged_at_once(db: Connection) -> None:
    write(db, "bob", "Bob")
    claims = [
        Claim(SITE, "eve", "B0b"),
        Claim(SITE, "eve", "Zoe"),
        Claim(SITE, "bob", "nina"),
        Claim("other", "eve", "Bob"),
    ]
    assert list(holders(db, claims, AT).values()) == [{"bob"}, set(), {"nina"}, set()]


def test_what_is_suggested_is_like_the_name_and_free(db: Connection) -> None:
    with pytest.raises(Refused, match="name_taken") as refused:
        check_name(db, Claim(SITE, "eve", "Nina"), (), AT, kept=True)
    assert len(refused.value.suggestions) == 3
    assert [free.startswith("Nina ") for free in refused.value.suggestions][:2] == [True, True]
    assert not any(is_taken(db, free) for free in refused.value.suggestions)


def test_where_names_are_free_reserved_ones_are_not(db: Connection) -> None:
    def check(author: str, name: str) -> None:
        check_name(db, Claim(SITE, author, name), {fold("Stella"), fold("Nina")}, AT, kept=False)

    write(db, "bob", "Bob")
    check("eve", "Bob")
    check("nina", "Nina")  # she had it before the staff had
    for name in ("Nina", "Ste11a"):
        with pytest.raises(Refused, match="name_taken") as refused:
            check("eve", name)
        assert len(refused.value.suggestions) == 3
        assert not any(free.startswith(name) for free in refused.value.suggestions)


def test_offered_names_are_free_and_none_is_twice(db: Connection) -> None:
    offered = ["Nina", "Zoe", "Zoe", "Stella", "Ann", "Bob", "Cid"]
    assert free(db, SITE, iter(offered), {fold("Stella")}, AT) == ["Zoe", "Ann", "Bob"]
    assert free(db, SITE, iter(["Nina"]), (), AT) == []
    assert len(draw(db, SITE, (), AT)) == 3


def test_staff_their_titles_and_the_sites_title_are_reserved() -> None:
    site = Site(SITE, (), SiteSettings(title="The Courier"))
    stella = Member(uuid(1), SITE, "Stella", Role.MODERATOR)
    reserved = reserved_names(site, [stella])
    for name in ("Stella", "STE11A", "The C0urier", "moderator", "Owner"):
        assert is_reserved(name, reserved)
    for name in ("Courier", "Stellan", "Anonymous"):
        assert not is_reserved(name, reserved)
    assert is_reserved("The Courier", reserved_names(None, [replace(stella, name="The Courier")]))
