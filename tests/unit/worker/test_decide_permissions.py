"""The worker judges every permission itself: it trusts no web node to have asked."""

from collections.abc import Callable
from typing import get_args

import pytest
from sqlalchemy import Connection

from hubbub.commands import AnyWrite
from hubbub.commands.people import EraseComments, ErasePasskeys, EraseSeen, PutPairing, PutPasskey, PutSeen
from hubbub.commands.sites import ChangeSite, PutSite, RemoveSite, SiteBasics
from hubbub.commands.staff import PutMember, RevokeMember
from hubbub.commands.threads import SetMode
from hubbub.commands.votes import AddReaction, CastVote
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode
from hubbub.domain.model import Role
from tests.unit.samples import (
    ANN,
    AT,
    BOB,
    MAY,
    OLA,
    OPERATOR,
    THREAD,
    actor,
    approve,
    close,
    edit,
    pin,
    post,
    put_thread,
    remove,
    reopen,
    restore,
    site,
    spam,
    uuid,
)
from tests.unit.worker.tables import batch, everything, outcome, tables

EVE = actor("eve", Role.OWNER, "other")
EVERYBODY = (ANN, BOB, MAY, OLA, OPERATOR, EVE)
GUESTS, STAFF, OWNERS = {"ann", "bob"}, {"may", "ola", "ops"}, {"ola", "ops"}

COMMANDS: dict[str, tuple[Callable[[Actor], AnyWrite], set[str]]] = {  # who may; Ann wrote comment 1
    "post": (lambda who: post(9, who), GUESTS | STAFF),
    "edit": (lambda who: edit(1, "other", who), {"ann"} | STAFF),
    "remove": (lambda who: remove(1, who), {"ann"} | STAFF),
    "restore": (lambda who: restore(2, who), STAFF),
    "approve": (lambda who: approve(1, who), STAFF),
    "spam": (lambda who: spam(1, who), STAFF),
    "close": (lambda who: close("Enough.", who), STAFF),
    "reopen": (lambda who: reopen(who), STAFF),
    "pin": (lambda who: pin(1, who), STAFF),
    "mode": (lambda who: SetMode(THREAD, who, AT), STAFF),
    "vote": (lambda who: CastVote(uuid(1), THREAD, who, 1), {"bob"} | STAFF),
    "react": (lambda who: AddReaction(uuid(1), THREAD, who, "like", True), GUESTS | STAFF),
    "erase": (lambda who: EraseComments(THREAD, (uuid(1), uuid(2)), who, last=True), {"ann"}),
    "see": (lambda who: PutSeen(THREAD, who, 1), GUESTS | STAFF),
    "erase seen": (lambda who: EraseSeen(who), GUESTS | STAFF | {"eve"}),
    "pair": (lambda who: PutPairing("digest", who, AT), GUESTS),
    "put passkey": (lambda who: PutPasskey("id", who, "a.example", "key", 0, "challenge"), GUESTS),
    "erase passkeys": (lambda who: ErasePasskeys(who), GUESTS | STAFF | {"eve"}),
    "put thread": (lambda who: put_thread(title="Title", actor=who), OWNERS),
    "put site": (lambda who: PutSite(SiteBasics("news", ("https://b.example",)), who), {"ops"}),
    "change site": (lambda who: ChangeSite("news", add=("https://b.example",), actor=who), {"ops"}),
    "put member": (lambda who: PutMember("news", "Stella", Role.MODERATOR, who), {"ops"}),
    "revoke member": (lambda who: RevokeMember("news", "Stella", who), {"ops"}),
    "remove site": (lambda who: RemoveSite("empty", who), {"ops"}),
}


def test_these_are_all_commands_of_somebody() -> None:
    tested = {type(make(MAY)) for make, _ in COMMANDS.values()}
    assert tested == {kind for kind in get_args(AnyWrite) if "actor" in kind.__struct_fields__}


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.id)
@pytest.mark.parametrize("name", COMMANDS)
def test_who_may_what(name: str, who: Actor) -> None:
    make, may = COMMANDS[name]
    with tables() as db:
        prepare(db)
        before = everything(db)
        (answer,) = batch(db, make(who)).answers
        if who.id in may:
            assert outcome(answer)[0] == "done"
        else:
            assert outcome(answer) == ("denied", ErrorCode.FORBIDDEN)
            assert everything(db) == before


def prepare(db: Connection) -> None:
    """Two comments, the second of them removed, and a site that may be removed."""
    batch(db, PutSite.of(site("empty")), post(1), post(2), remove(2))
