"""Commands are taken exactly as the contract has them: nothing missing, nothing extra, no wrong type."""

from typing import Any

import pytest

from hubbub.domain.errors import ErrorCode, Refused
from hubbub.protocol import commands as c
from hubbub.protocol.codec import convert
from tests.unit.samples import uuid

ID = uuid(1)
WHOLE: dict[type[c.Command], dict[str, Any]] = {
    c.Hello: {"cmd": "hello", "ref": 1, "token": "t"},
    c.Join: {"cmd": "join", "ref": 2, "site": "s", "key": "k", "thread": "t", "after": {"epoch": "e", "seq": 0}},
    c.Leave: {"cmd": "leave", "ref": 3, "thread": "t"},
    c.Post: {"cmd": "post", "ref": 4, "thread": "t", "id": ID, "body": "b", "parent": ID},
    c.Edit: {"cmd": "edit", "ref": 5, "comment": ID, "body": "b"},
    c.Remove: {"cmd": "remove", "ref": 6, "comment": ID, "reason": "r"},
    c.Restore: {"cmd": "restore", "ref": 7, "comment": ID},
    c.Close: {"cmd": "close", "ref": 8, "thread": "t", "reason": "r"},
    c.Reopen: {"cmd": "reopen", "ref": 9, "thread": "t"},
    c.Typing: {"cmd": "typing", "thread": "t"},
}
OPTIONAL = {"site", "key", "after", "parent", "reason"}
FIELDS = [(kind, field) for kind, whole in WHOLE.items() for field in whole]


def read(message: object) -> c.AnyCommand:
    """`message` as a command."""
    command: c.AnyCommand = convert(message, c.AnyCommand)  # type: ignore[arg-type]  # a union is a type form
    return command


def refused(message: object) -> str:
    """Why `message` is no command."""
    with pytest.raises(Refused) as caught:
        read(message)
    assert caught.value.code is ErrorCode.BAD_REQUEST
    return caught.value.message


def test_every_command_is_tried_here() -> None:
    assert set(WHOLE) == set(c.Command.__subclasses__())
    assert set(WHOLE) == set(c.AnyCommand.__args__)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_command_is_read(kind: type[c.Command]) -> None:
    assert type(read(WHOLE[kind])) is kind


@pytest.mark.parametrize("kind", WHOLE)
def test_an_extra_field_is_refused(kind: type[c.Command]) -> None:
    assert "extra" in refused({**WHOLE[kind], "extra": 1})


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_a_missing_field_is_refused_unless_optional(kind: type[c.Command], field: str) -> None:
    rest = {name: value for name, value in WHOLE[kind].items() if name != field}
    if field in OPTIONAL or (kind is c.Join and field == "thread"):
        assert getattr(read(rest), field) is None
    else:
        assert field in refused(rest)


@pytest.mark.parametrize(("kind", "field"), FIELDS)
@pytest.mark.parametrize("wrong", [1.5, True, [], {"a": 1}, b"bytes"], ids=repr)
def test_a_wrong_type_is_refused(kind: type[c.Command], field: str, wrong: object) -> None:
    refused({**WHOLE[kind], field: wrong})


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_numbers_and_texts_are_not_mixed_up(kind: type[c.Command], field: str) -> None:
    refused({**WHOLE[kind], field: "1" if field == "ref" else 1})


@pytest.mark.parametrize("message", [None, 1, "hello", [], {}, {"cmd": None}, {"cmd": 1}, {"cmd": "shout", "ref": 1}])
def test_what_is_no_command_is_refused(message: object) -> None:
    refused(message)


@pytest.mark.parametrize("ref", [0, 1, 2**53 - 1])
def test_refs(ref: int) -> None:
    assert read({"cmd": "hello", "ref": ref, "token": "t"}) == c.Hello(ref, "t")


@pytest.mark.parametrize("ref", [-1, 2**53, 2**64, 1.0, 1.5, "1", None, True])
def test_a_ref_out_of_bounds_is_refused(ref: object) -> None:
    refused({"cmd": "hello", "ref": ref, "token": "t"})


@pytest.mark.parametrize("seq", [-1, 2**53, None, "0", 0.0])
def test_a_place_out_of_bounds_is_refused(seq: object) -> None:
    refused({**WHOLE[c.Join], "after": {"epoch": "e", "seq": seq}})


@pytest.mark.parametrize("after", [{}, {"seq": 1}, {"epoch": "e"}, {"epoch": "", "seq": 1}, {"epoch": 1, "seq": 1}])
def test_a_place_without_its_epoch_or_seq_is_refused(after: object) -> None:
    refused({**WHOLE[c.Join], "after": after})


@pytest.mark.parametrize(
    "wrong",
    ["", "x", ID[:-1], ID + "0", ID.replace("-", ""), "{" + ID + "}", ID + "\n", " " + ID, "g" + ID[1:], "１" + ID[1:]],
)
def test_an_id_that_is_no_uuid_is_refused(wrong: str) -> None:
    refused({**WHOLE[c.Post], "id": wrong})


def test_an_id_may_be_in_capitals() -> None:
    assert isinstance(read({**WHOLE[c.Post], "id": "ABCDEFAB-CDEF-4BCD-8FAB-CDEFABCDEFAB"}), c.Post)


@pytest.mark.parametrize(("kind", "field"), [(c.Leave, "thread"), (c.Edit, "comment"), (c.Join, "key")])
def test_names_have_a_length(kind: type[c.Command], field: str) -> None:
    read({**WHOLE[kind], field: "n" * 500})
    refused({**WHOLE[kind], field: "n" * 501})
    refused({**WHOLE[kind], field: ""})


def test_a_token_has_a_length() -> None:
    read({**WHOLE[c.Hello], "token": "t" * 4096})
    refused({**WHOLE[c.Hello], "token": "t" * 4097})


BODIES: dict[type, dict[str, Any]] = {
    c.SessionBody: {"site": "s", "name": "n", "email": "e", "website": "w"},
    c.ClaimBody: {"code": "c"},
    c.PostBody: {"id": ID, "body": "b", "parent": ID},
    c.EditBody: {"body": "b"},
    c.ReasonBody: {"reason": "r"},
    c.ThreadBody: {"title": "t", "url": "u", "section": "s", "published": "p", "author": "a", "source": "s"},
    c.SiteBody: {"origins": ["https://news.example"], "images": True},
}


@pytest.mark.parametrize("kind", BODIES)
def test_the_bodies_of_http_are_as_strict(kind: type) -> None:
    convert(BODIES[kind], kind)
    wrong_types: list[object] = [{**BODIES[kind], field: 1} for field in BODIES[kind]]
    for wrong in [{**BODIES[kind], "extra": 1}, [], None, *wrong_types]:
        with pytest.raises(Refused) as caught:
            convert(wrong, kind)
        assert caught.value.code is ErrorCode.BAD_REQUEST
