"""Messages on the live socket that are not the contract's: a coded error each, nothing stored, everything goes on."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import pytest

from tests.support.contract import JSON, MSGPACK, Guest, Json, Live, Wire, check_refusal, unharmed

Connect = Callable[..., Live]
ID = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(autouse=True)
def _nothing_else(url: str, thread: Json, moderator: str) -> Iterator[None]:
    """Around every test: nothing stored, the process alive, another reader unharmed."""
    with unharmed(url, thread["id"], moderator):
        yield


def refused_and_well(live: Live, data: bytes, thread: Json, ref: int | None = None) -> None:
    """`data` is refused as `bad_request`, and the connection goes on."""
    live.raw(data)
    check_refusal(live.reply(ref), "bad_request")
    live.do("join", thread=thread["id"])


UNREADABLE_JSON = {
    "nothing": b"",
    "white space": b"  \n",
    "no JSON": b"hello",
    "cut short": b'{"cmd":"join","ref":1,"thread":"',
    "two messages": b'{"cmd":"leave","ref":1,"thread":"x"}{}',
    "a trailing comma": b'{"cmd":"leave","ref":1,"thread":"x",}',
    "single quotes": b"{'cmd':'leave'}",
    "a comment": b'{"cmd":"leave","ref":1,"thread":"x"}//',
    "NaN": b'{"cmd":"leave","ref":NaN,"thread":"x"}',
    "Infinity": b'{"cmd":"leave","ref":Infinity,"thread":"x"}',
    "-Infinity": b'{"cmd":"leave","ref":-Infinity,"thread":"x"}',
    "a duplicate key": b'{"cmd":"leave","ref":1,"ref":2,"thread":"x"}',
    "a duplicate key, spelt otherwise": b'{"cmd":"leave","ref":1,"\\u0072ef":2,"thread":"x"}',
    "a lone surrogate": b'{"cmd":"leave","ref":1,"thread":"\\ud800"}',
    "surrogates the wrong way round": b'{"cmd":"leave","ref":1,"thread":"\\udc00\\ud800"}',
    "a surrogate as a key": b'{"cmd":"leave","ref":1,"thread":"x","\\udfff":1}',
    "a raw NUL": b'{"cmd":"leave","ref":1,"thread":"\x00"}',
    "nested a thousand deep": b'{"cmd":"leave","ref":1,"thread":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "nested nine deep": b"[" * 9 + b"]" * 9,
    "10,000 brackets": b"[" * 10_000,
    "60,000 braces": b'{"a":' * 12_000,
    "a number of 5,000 digits": b'{"ref":' + b"9" * 5000 + b"}",
    "a byte order mark": b'\xef\xbb\xbf{"cmd":"leave","ref":1,"thread":"x"}',
}
UNREADABLE_MSGPACK = {
    "nothing": b"",
    "reserved": b"\xc1",
    "cut short": b"\x83\xa3cmd\xa5leave",
    "two messages": b"\x80\x80",
    "an array length bomb": bytes.fromhex("dd ffffffff"),
    "a map length bomb": bytes.fromhex("df ffffffff"),
    "a binary length bomb": bytes.fromhex("c6 ffffffff"),
    "a text length bomb": bytes.fromhex("db ffffffff"),
    "an extension length bomb": bytes.fromhex("c9 ffffffff 01"),
    "a bomb within a message": b"\x81\xa3cmd" + bytes.fromhex("dd ffffffff"),
    "bombs within bombs": bytes.fromhex("dd 0000ffff") * 1000,
    "an extension": b"\x83\xa3cmd\xa5leave\xa3ref\xd4\x05\x00\xa6thread\xa1x",
    "an extension of 60 KB": b"\xc8\xea\x60\x05" + b"x" * 60_000,
    "a number as a key": b"\x81\x01\x02",
    "nil as a key": b"\x81\xc0\x02",
    "an array as a key": b"\x81\x90\x02",
    "a map as a key": b"\x81\x80\x02",
    "a duplicate key": b"\x84\xa3cmd\xa5leave\xa3ref\x01\xa3ref\x02\xa6thread\xa1x",
    "text that is no UTF-8": b"\x83\xa3cmd\xa5leave\xa3ref\x01\xa6thread\xa1\xff",
    "a lone surrogate": b"\x83\xa3cmd\xa5leave\xa3ref\x01\xa6thread\xa3\xed\xa0\x80",
    "nested a thousand deep": b"\x91" * 1000 + b"\x90",
    "nested nine deep": b"\x91" * 8 + b"\x90",
    "60,000 arrays": b"\x91" * 60_000,
}


@pytest.mark.parametrize("data", UNREADABLE_JSON.values(), ids=UNREADABLE_JSON)
@pytest.mark.every("encoding")
def test_unreadable_json(connect: Connect, thread: Json, wire: Wire, data: bytes) -> None:
    if wire is MSGPACK:  # the same bytes on the binary subprotocol: most are no MessagePack, none is a command
        live = connect()
        live.raw(data)
        check_refusal(live.receive(), "bad_request")
        live.do("join", thread=thread["id"])
        return
    refused_and_well(connect(), data, thread)


@pytest.mark.parametrize("data", UNREADABLE_MSGPACK.values(), ids=UNREADABLE_MSGPACK)
def test_unreadable_messagepack(url: str, thread: Json, data: bytes) -> None:
    with Live(url, MSGPACK) as live:
        refused_and_well(live, data, thread)


NO_COMMAND: dict[str, Any] = {
    "null": None,
    "true": True,
    "a number": 7,
    "text": "join",
    "an array": [],
    "an array of a command": [{"cmd": "leave", "ref": 1, "thread": "x"}],
    "an empty object": {},
    "no cmd": {"ref": 1, "thread": "x"},
    "an unknown cmd": {"cmd": "shutdown", "ref": 1},
    "cmd in capitals": {"cmd": "LEAVE", "ref": 1, "thread": "x"},
    "a number for cmd": {"cmd": 1, "ref": 1},
    "null for cmd": {"cmd": None, "ref": 1},
    "an object for cmd": {"cmd": {"cmd": "leave"}, "ref": 1},
}


@pytest.mark.parametrize("message", NO_COMMAND.values(), ids=NO_COMMAND)
@pytest.mark.every("encoding")
def test_what_is_no_command(connect: Connect, thread: Json, wire: Wire, message: Any) -> None:
    ref = message.get("ref") if isinstance(message, dict) else None
    refused_and_well(connect(), wire.encode(message), thread, ref)


@pytest.mark.parametrize(
    "ref", [-1, 2**53, 2**63, 1.5, 1.0, "1", True, None, [], {}, 10**18], ids=lambda ref: f"{type(ref).__name__} {ref}"
)
@pytest.mark.every("encoding")
def test_a_ref_is_a_whole_number(connect: Connect, thread: Json, wire: Wire, ref: Any) -> None:
    message = {"cmd": "leave", "ref": ref, "thread": thread["id"]}
    refused_and_well(connect(), wire.encode(message), thread)


def commands(thread: str) -> dict[str, Json]:
    """A command of each kind, with all its fields."""
    return {
        "hello": {"token": "x"},
        "join": {"thread": thread, "after": {"epoch": "e", "seq": 1}},
        "leave": {"thread": thread},
        "post": {"thread": thread, "id": str(uuid.uuid4()), "body": "Hello", "parent": ID},
        "edit": {"comment": ID, "body": "Hello"},
        "remove": {"comment": ID, "reason": "Why"},
        "restore": {"comment": ID},
        "approve": {"comment": ID},
        "spam": {"comment": ID},
        "close": {"thread": thread, "reason": "Why"},
        "reopen": {"thread": thread},
    }


OPTIONAL = {("join", "thread"), ("join", "after"), ("post", "parent"), ("remove", "reason"), ("close", "reason")}
FIELDS = [(cmd, field) for cmd, fields in commands("").items() for field in fields]
WRONG: list[Any] = [7, 1.5, True, ["x"], {"x": 1}, None]


@pytest.mark.parametrize(("cmd", "field"), FIELDS)
@pytest.mark.every("encoding")
def test_wrong_types_and_missing_fields(
    connect: Connect, wire: Wire, thread: Json, moderator: str, cmd: str, field: str
) -> None:
    live = connect(moderator)
    fields = commands(thread["id"])[cmd]
    optional = (cmd, field) in OPTIONAL
    for wrong in WRONG:
        if not (optional and wrong is None):
            live.refused("bad_request", cmd, **{**fields, field: wrong})
    if wire is MSGPACK:
        live.refused("bad_request", cmd, **{**fields, field: b"bytes"})
    if not optional:
        live.refused("bad_request", cmd, **{name: value for name, value in fields.items() if name != field})


@pytest.mark.parametrize("cmd", commands(""))
def test_extra_fields(connect: Connect, thread: Json, moderator: str, cmd: str) -> None:
    live = connect(moderator)
    for extra in ("x", "Ref", "role", "html", "number", "__class__"):
        live.refused("bad_request", cmd, **commands(thread["id"])[cmd], **{extra: "owner"})


@pytest.mark.every("encoding")
def test_a_refusal_is_short_however_long_the_message(connect: Connect, wire: Wire) -> None:
    live = connect()
    live.raw(wire.encode({"cmd": "leave", "ref": 1, "thread": "x", "y" * 60_000: 1}))
    assert len(check_refusal(live.reply(1), "bad_request")["message"]) < 300


@pytest.mark.parametrize(
    "after",
    [
        {},
        {"epoch": "e"},
        {"seq": 1},
        {"epoch": 1, "seq": 1},
        {"epoch": "e", "seq": "1"},
        {"epoch": "e", "seq": -1},
        {"epoch": "e", "seq": 1.5},
        {"epoch": "e", "seq": 2**53},
        {"epoch": "e", "seq": 1, "x": 1},
        {"epoch": "", "seq": 1},
        {"epoch": "e" * 501, "seq": 1},
        [],
        "e:1",
    ],
    ids=str,
)
def test_a_place_of_another_form(connect: Connect, thread: Json, after: Any) -> None:
    connect().refused("bad_request", "join", thread=thread["id"], after=after)


@pytest.mark.parametrize(
    "made",
    [
        "",
        "x",
        ID[:-1],
        ID + "0",
        ID.replace("-", ""),
        "{" + ID + "}",
        "urn:uuid:" + ID,
        ID + "\n",
        " " + ID,
        ID.replace("1", "g"),
        ID.replace("1", "١"),
        "' OR 1=1 --",
        "x" * 10_000,
    ],
    ids=lambda made: repr(made)[:40],
)
def test_an_id_is_a_uuid(connect: Connect, thread: Json, ann: Guest, made: str) -> None:
    connect(ann.token).refused("bad_request", "post", thread=thread["id"], id=made, body="Hello")


@pytest.mark.parametrize(
    "message", [{"cmd": "typing"}, {"cmd": "typing", "thread": 7}, {"cmd": "typing", "x": 1}], ids=str
)
@pytest.mark.every("encoding")
def test_a_bad_typing_is_refused_without_a_ref(connect: Connect, thread: Json, wire: Wire, message: Json) -> None:
    refused_and_well(connect(), wire.encode(message), thread)


def test_typing_in_an_unknown_thread_disturbs_nobody(connect: Connect, thread: Json, wire: Wire) -> None:
    live = connect()
    live.raw(wire.encode({"cmd": "typing", "thread": "aaaaaaaaaaaaaaaa"}))
    live.do("join", thread=thread["id"])


@pytest.mark.parametrize("value", [msgpack.Timestamp(1, 0), float("nan"), float("inf"), b"x", msgpack.ExtType(5, b"x")])
@pytest.mark.parametrize("field", ["ref", "thread", "body", "id"])
def test_what_only_messagepack_can_say(url: str, thread: Json, ann: Guest, field: str, value: Any) -> None:
    message = {"cmd": "post", "ref": 5, "thread": thread["id"], "id": str(uuid.uuid4()), "body": "Hello", field: value}
    with Live(url, MSGPACK) as live:
        live.do("hello", token=ann.token)
        live.raw(MSGPACK.encode(message))
        reply = live.receive()
    assert reply["re"] in (5, None)
    check_refusal(reply, "bad_request")


@pytest.mark.every("encoding")
def test_the_other_kind_of_message(connect: Connect, thread: Json, wire: Wire) -> None:
    """The other encoding in its own kind of frame; and, where a frame can hold it, ours in the other kind."""
    live = connect()
    message = {"cmd": "leave", "ref": 1, "thread": thread["id"]}
    others = [JSON.encode(message).decode()] if wire is MSGPACK else [MSGPACK.encode(message), JSON.encode(message)]
    for other in others:
        live.socket.send(other)
        check_refusal(live.reply(None), "bad_request")
    live.do("join", thread=thread["id"])
