"""Requests are taken exactly as the contract has them: nothing missing, nothing extra, no wrong type."""

from typing import Any

import pytest
from msgspec import UNSET

from hubbub.domain.errors import ErrorCode, Refused
from hubbub.protocol.codec import convert
from hubbub.protocol.conversation import form_of
from hubbub.protocol.requests import AnyRequest
from hubbub.protocol.requests.base import Request
from hubbub.protocol.requests.conversation import Hello, Join, Leave, Typing
from hubbub.protocol.requests.moderation import Approve, Remove, Restore, Spam
from hubbub.protocol.requests.posting import Edit, Post
from hubbub.protocol.requests.sites import ClaimBody, SessionBody, SiteBody
from hubbub.protocol.requests.threads import Close, Mode, Pin, Reopen, ThreadBody
from hubbub.protocol.requests.votes import React, Vote
from hubbub.services.handlers import HANDLERS, body_type
from tests.unit.samples import uuid

ID = uuid(1)
WHOLE: dict[type[Request], dict[str, Any]] = {
    Hello: {"cmd": "hello", "ref": 1, "token": "t"},
    Join: {
        "cmd": "join",
        "ref": 2,
        "site": "s",
        "key": "k",
        "thread": "t",
        "after": {"epoch": "e", "seq": 0},
        "token": "t",
    },
    Leave: {"cmd": "leave", "ref": 3, "thread": "t"},
    Post: {"cmd": "post", "ref": 4, "thread": "t", "id": ID, "body": "b", "parent": ID},
    Edit: {"cmd": "edit", "ref": 5, "comment": ID, "body": "b"},
    Remove: {"cmd": "remove", "ref": 6, "comment": ID, "reason": "r"},
    Restore: {"cmd": "restore", "ref": 7, "comment": ID},
    Approve: {"cmd": "approve", "ref": 7, "comment": ID},
    Spam: {"cmd": "spam", "ref": 7, "comment": ID},
    Close: {"cmd": "close", "ref": 8, "thread": "t", "reason": "r"},
    Reopen: {"cmd": "reopen", "ref": 9, "thread": "t"},
    Vote: {"cmd": "vote", "ref": 12, "comment": ID, "value": -1},
    React: {"cmd": "react", "ref": 13, "comment": ID, "name": "like", "on": False},
    Pin: {"cmd": "pin", "ref": 10, "thread": "t", "comment": ID},
    Mode: {"cmd": "mode", "ref": 10, "thread": "t", "close_at": None},
    Typing: {"cmd": "typing", "thread": "t"},
}
OPTIONAL = {"site", "key", "after", "parent", "reason", "close_at"}
FIELDS = [(kind, field) for kind, whole in WHOLE.items() for field in whole]


def read(message: object) -> AnyRequest:
    """`message` as a command, as a connection reads it. The union of all commands has the same outcome."""
    outcomes: list[Any] = []
    forms: tuple[Any, ...] = (form_of(message), AnyRequest)
    for form in forms:
        try:
            outcomes.append(convert(message, form))
        except Refused as refusal:
            outcomes.append((refusal.code, refusal.message))
    assert outcomes[0] == outcomes[1]
    command: AnyRequest = convert(message, form_of(message))
    return command


def refused(message: object) -> str:
    """Why `message` is no command."""
    with pytest.raises(Refused) as caught:
        read(message)
    assert caught.value.code is ErrorCode.BAD_REQUEST
    return caught.value.message


def test_every_command_is_tried_here() -> None:
    assert set(WHOLE) == set(AnyRequest.__args__)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_command_is_read(kind: type[Request]) -> None:
    assert type(read(WHOLE[kind])) is kind


@pytest.mark.parametrize("kind", WHOLE)
def test_an_extra_field_is_refused(kind: type[Request]) -> None:
    assert "extra" in refused({**WHOLE[kind], "extra": 1})


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_a_missing_field_is_refused_unless_optional(kind: type[Request], field: str) -> None:
    rest = {name: value for name, value in WHOLE[kind].items() if name != field}
    if field in OPTIONAL or (kind is Join and field in ("thread", "token")):
        assert getattr(read(rest), field) in (None, UNSET)
    else:
        assert field in refused(rest)


@pytest.mark.parametrize(("kind", "field"), FIELDS)
@pytest.mark.parametrize("wrong", [1.5, True, [], {"a": 1}, b"bytes"], ids=repr)
def test_a_wrong_type_is_refused(kind: type[Request], field: str, wrong: object) -> None:
    if (field, wrong) != ("on", True):
        refused({**WHOLE[kind], field: wrong})


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_numbers_and_texts_are_not_mixed_up(kind: type[Request], field: str) -> None:
    refused({**WHOLE[kind], field: "1" if field in ("ref", "value") else 1})


@pytest.mark.parametrize(
    "message", [None, 1, "hello", [], {}, {"cmd": None}, {"cmd": 1}, {"cmd": []}, {"cmd": "shout", "ref": 1}]
)
def test_what_is_no_command_is_refused(message: object) -> None:
    refused(message)


@pytest.mark.parametrize("ref", [0, 1, 2**53 - 1])
def test_refs(ref: int) -> None:
    assert read({"cmd": "hello", "ref": ref, "token": "t"}) == Hello(ref, "t")


@pytest.mark.parametrize("ref", [-1, 2**53, 2**64, 1.0, 1.5, "1", None, True])
def test_a_ref_out_of_bounds_is_refused(ref: object) -> None:
    refused({"cmd": "hello", "ref": ref, "token": "t"})


@pytest.mark.parametrize("seq", [-1, 2**53, None, "0", 0.0])
def test_a_place_out_of_bounds_is_refused(seq: object) -> None:
    refused({**WHOLE[Join], "after": {"epoch": "e", "seq": seq}})


@pytest.mark.parametrize("after", [{}, {"seq": 1}, {"epoch": "e"}, {"epoch": "", "seq": 1}, {"epoch": 1, "seq": 1}])
def test_a_place_without_its_epoch_or_seq_is_refused(after: object) -> None:
    refused({**WHOLE[Join], "after": after})


@pytest.mark.parametrize(
    "wrong",
    ["", "x", ID[:-1], ID + "0", ID.replace("-", ""), "{" + ID + "}", ID + "\n", " " + ID, "g" + ID[1:], "１" + ID[1:]],
)
def test_an_id_that_is_no_uuid_is_refused(wrong: str) -> None:
    refused({**WHOLE[Post], "id": wrong})


def test_an_id_may_be_in_capitals() -> None:
    assert isinstance(read({**WHOLE[Post], "id": "ABCDEFAB-CDEF-4BCD-8FAB-CDEFABCDEFAB"}), Post)


@pytest.mark.parametrize(("kind", "field"), [(Leave, "thread"), (Edit, "comment"), (Join, "key")])
def test_names_have_a_length(kind: type[Request], field: str) -> None:
    read({**WHOLE[kind], field: "n" * 500})
    refused({**WHOLE[kind], field: "n" * 501})
    refused({**WHOLE[kind], field: ""})


def test_a_token_has_a_length() -> None:
    read({**WHOLE[Hello], "token": "t" * 4096})
    refused({**WHOLE[Hello], "token": "t" * 4097})


BODIES: dict[type, dict[str, Any]] = {
    SessionBody: {"site": "s", "name": "n", "email": "e", "website": "w"},
    ClaimBody: {"code": "c"},
    body_type(HANDLERS[Post]): {"id": ID, "body": "b", "parent": ID},
    body_type(HANDLERS[Edit]): {"body": "b"},
    body_type(HANDLERS[Remove]): {"reason": "r"},
    body_type(HANDLERS[Restore]): {},
    body_type(HANDLERS[Approve]): {},
    body_type(HANDLERS[Spam]): {},
    body_type(HANDLERS[Close]): {"reason": "r"},
    body_type(HANDLERS[Reopen]): {},
    body_type(HANDLERS[Pin]): {"comment": ID},
    ThreadBody: {"title": "t", "url": "u", "section": "s", "published": "p", "author": "a", "source": "s"},
    SiteBody: {"origins": ["https://news.example"], "images": True},
}


@pytest.mark.parametrize("kind", BODIES)
def test_the_bodies_of_http_are_as_strict(kind: type) -> None:
    convert(BODIES[kind], kind)
    wrong_types: list[object] = [{**BODIES[kind], field: 1} for field in BODIES[kind]]
    for wrong in [{**BODIES[kind], "extra": 1}, [], None, *wrong_types]:
        with pytest.raises(Refused) as caught:
            convert(wrong, kind)
        assert caught.value.code is ErrorCode.BAD_REQUEST
