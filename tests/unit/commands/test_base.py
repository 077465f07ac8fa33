"""Commands as data: what each is about, and the names under which they travel between versions."""

from typing import get_args

import msgspec
import pytest

from hubbub.commands import AnyWrite
from hubbub.commands.base import Ambiguous, Subject
from hubbub.commands.people import (
    EraseComments,
    ErasePasskeys,
    EraseSeen,
    PutPairing,
    PutPasskey,
    PutSeen,
    UsePasskey,
)
from hubbub.commands.sites import ChangeSite, PutSite, RemoveSite, UseCode
from hubbub.commands.staff import PutMember, RevokeMember
from hubbub.commands.threads import KeepThreads, SetMode
from hubbub.commands.votes import AddReaction, CastVote
from hubbub.domain.model import Role
from tests.unit.samples import (
    ANN,
    MAY,
    THREAD,
    approve,
    close,
    edit,
    ensure,
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

PAGE = Subject("news\n/page", keys=(("news", "/page"),))
SUBJECTS: list[tuple[AnyWrite, Subject]] = [
    (post(1), Subject(THREAD, (THREAD,), (uuid(1),))),
    (post(2, parent=uuid(1)), Subject(THREAD, (THREAD,), (uuid(2), uuid(1)))),
    (edit(1, "x"), Subject(THREAD, (THREAD,), (uuid(1),))),
    (remove(1), Subject(THREAD, (THREAD,), (uuid(1),))),
    (restore(1), Subject(THREAD, (THREAD,), (uuid(1),))),
    (approve(1), Subject(THREAD, (THREAD,), (uuid(1),))),
    (spam(1), Subject(THREAD, (THREAD,), (uuid(1),))),
    (close(), Subject(THREAD, (THREAD,))),
    (reopen(), Subject(THREAD, (THREAD,))),
    (pin(None), Subject(THREAD, (THREAD,))),
    (pin(1), Subject(THREAD, (THREAD,), (uuid(1),))),
    (SetMode(THREAD, MAY, 1), Subject(THREAD, (THREAD,))),
    (ensure(), PAGE),
    (put_thread(), PAGE),
    (KeepThreads(("a", "b")), Subject("a", ("a", "b"))),
    (PutSite.of(site()), Subject("news")),
    (ChangeSite("news"), Subject("news")),
    (RemoveSite("news"), Subject("news")),
    (UseCode("code"), Subject("code")),
    (PutMember("news", "Stella", Role.MODERATOR), Subject("news")),
    (RevokeMember("news", "Stella"), Subject("news")),
    (CastVote(uuid(1), THREAD, ANN, 1), Subject(THREAD, (THREAD,), (uuid(1),))),
    (AddReaction(uuid(1), THREAD, ANN, "like", True), Subject(THREAD, (THREAD,), (uuid(1),))),
    (EraseComments(THREAD, (uuid(1), uuid(2)), ANN), Subject(THREAD, (THREAD,), (uuid(1), uuid(2)))),
    (PutPairing("digest", ANN, 1), Subject(ANN.id)),
    (PutSeen(THREAD, ANN, 1), Subject(ANN.id)),
    (EraseSeen(ANN), Subject(ANN.id)),
    (PutPasskey("id", ANN, "a.example", "key", 0, "challenge"), Subject(ANN.id)),
    (UsePasskey("id", "news", 1, "challenge"), Subject("id")),
    (ErasePasskeys(ANN), Subject(ANN.id)),
]


def test_these_are_all_commands() -> None:
    assert {type(command) for command, _ in SUBJECTS} == set(get_args(AnyWrite))


@pytest.mark.parametrize(("command", "subject"), SUBJECTS, ids=lambda value: type(value).__name__)
def test_what_a_command_is_about(command: AnyWrite, subject: Subject) -> None:
    assert command.subject == subject


def test_the_names_on_the_wire_stay() -> None:
    """Nodes of the version before read them, and the other way round."""
    tags = {kind.__struct_config__.tag for kind in get_args(AnyWrite)}
    assert tags >= {"PostComment", "EditComment", "RemoveComment", "RestoreComment", "CloseThread", "ReopenThread"}
    assert tags >= {"EnsureThread", "KeepThreads", "PutThread", "PutSite", "ChangeSite", "RemoveSite", "UseCode"}
    sent = msgspec.to_builtins(msgspec.structs.replace(post(1), request="a", supersedes="b"))
    assert (sent["type"], sent["request"], sent["insists"]) == ("PostComment", "a", "b")
    assert msgspec.to_builtins(Ambiguous("r")) == {"type": "Doubted", "refused": "r"}


def test_a_command_of_the_version_before_is_read() -> None:
    old = {"type": "PutThread", "site": "news", "key": "/page", "title": None, "url": None, "article": None}
    assert msgspec.convert(old, AnyWrite) == put_thread()
