"""The rules of passkeys that no attack shows: how many an author has, and what goes with whom."""

from dataclasses import replace

from hubbub.commands.people import ErasePasskeys, PutPasskey, UsePasskey
from hubbub.commands.sites import PutSite, RemoveSite
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode
from hubbub.storage.passkeys import passkey_by_id, passkeys_of
from hubbub.worker.decide.passkeys import MOST
from tests.unit.samples import ANN, BOB, SITE, site
from tests.unit.worker.tables import batch, everything, outcome, tables


def put(number: int, who: Actor = ANN, use: str | None = None) -> PutPasskey:
    """A passkey with this number."""
    return PutPasskey(f"id {number}", who, "a.example", "key", 1, use or f"challenge {number}")


def test_an_author_has_so_many_passkeys_and_no_more() -> None:
    with tables() as db:
        assert {outcome(one)[0] for one in batch(db, *map(put, range(MOST))).answers} == {"done"}
        (full, other) = batch(db, put(MOST), put(MOST, BOB)).answers
        assert (outcome(full), outcome(other)[0]) == (("denied", ErrorCode.CONFLICT), "done")
        batch(db, ErasePasskeys(ANN, "id 0"))
        (again,) = batch(db, put(0)).answers
        assert outcome(again) == ("denied", ErrorCode.UNAUTHORIZED), "a challenge is good once"
        (new,) = batch(db, put(0, use="new")).answers
        assert outcome(new)[0] == "done"


def test_a_refused_use_changes_nothing() -> None:
    with tables() as db:
        batch(db, put(1), UsePasskey("id 1", SITE, 3, "first"))
        before = everything(db)
        for wrong in (
            UsePasskey("id 1", SITE, 3, "second"),
            UsePasskey("id 1", "other", 4, "second"),
            UsePasskey("id 2", SITE, 4, "second"),
            UsePasskey("id 1", SITE, 4, "first"),
        ):
            (answer,) = batch(db, wrong).answers
            assert outcome(answer) == ("denied", ErrorCode.UNAUTHORIZED)
        assert everything(db) == before


def test_whom_the_publisher_names_keeps_no_passkey() -> None:
    with tables() as db:
        (answer,) = batch(db, put(1, replace(ANN, id="6f9b39d3-e183-830b-908d-849e8fe77a64"))).answers
        assert outcome(answer) == ("denied", ErrorCode.FORBIDDEN)


def test_an_author_erases_their_own_passkeys_alone() -> None:
    with tables() as db:
        batch(db, put(1), put(2), put(3, BOB))
        batch(db, ErasePasskeys(ANN, "id 3"))
        assert len(passkeys_of(db, SITE, BOB.id)) == 1
        batch(db, ErasePasskeys(ANN))
        assert (passkeys_of(db, SITE, ANN.id), len(passkeys_of(db, SITE, BOB.id))) == ([], 1)


def test_passkeys_go_with_their_site() -> None:
    with tables() as db:
        batch(db, PutSite.of(site("empty")), put(1, replace(ANN, site="empty")))
        (answer,) = batch(db, RemoveSite("empty")).answers
        assert outcome(answer)[0] == "done"
        assert passkey_by_id(db, "id 1") is None
