"""Whatever bytes a peer sends: a command or an encoded refusal, never another exception; and encodings that agree."""

import json
import math
import tracemalloc
from collections.abc import Mapping
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.sizes import NESTING
from hubbub.domain.sizes import VALUES as VALUES_AT_MOST
from hubbub.protocol.codec import CODECS, JSON, MSGPACK, Codec
from hubbub.protocol.conversation import MAX_BAD_MESSAGES, Conversation
from hubbub.protocol.requests import AnyRequest
from hubbub.protocol.requests.base import Request

UUID = "00000000-0000-4000-8000-000000000000"
VALID: list[dict[str, Any]] = [
    {"cmd": "hello", "ref": 1, "token": "t"},
    {"cmd": "join", "ref": 2, "site": "demo", "key": "/a"},
    {"cmd": "join", "ref": 2, "thread": "abc", "after": {"epoch": "e", "seq": 7}},
    {"cmd": "leave", "ref": 3, "thread": "abc"},
    {"cmd": "post", "ref": 4, "thread": "abc", "id": UUID, "body": "héllo", "parent": UUID},
    {"cmd": "edit", "ref": 5, "comment": UUID, "body": "b"},
    {"cmd": "remove", "ref": 6, "comment": UUID, "reason": None},
    {"cmd": "restore", "ref": 7, "comment": UUID},
    {"cmd": "approve", "ref": 7, "comment": UUID},
    {"cmd": "spam", "ref": 7, "comment": UUID},
    {"cmd": "close", "ref": 8, "thread": "abc", "reason": "Enough"},
    {"cmd": "reopen", "ref": 2**53 - 1, "thread": "abc"},
    {"cmd": "pin", "ref": 4, "thread": "abc", "comment": UUID},
    {"cmd": "mode", "ref": 3, "thread": "abc", "close_at": None},
    {"cmd": "vote", "ref": 9, "comment": UUID, "value": -1},
    {"cmd": "react", "ref": 10, "comment": UUID, "name": "heart", "on": True},
    {"cmd": "typing", "thread": "abc"},
]
# Text without lone surrogates, which no UTF-8 can hold.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | TEXT
# What MessagePack or JSON can say at all, to sit anywhere in a command.
VALUES = st.recursive(
    SCALARS | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
# What the contract carries: both encodings can, and both give it back as it was.
CARRIED = st.recursive(
    SCALARS.filter(lambda value: not isinstance(value, float) or math.isfinite(value)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def depth(value: object) -> int:
    """How deep arrays and objects nest."""
    inner: list[Any] = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
    return 1 + max(map(depth, inner), default=0) if isinstance(value, list | Mapping) else 0


def pack(codec: Codec, value: object) -> bytes:
    """`value` by the library itself, where it can say it."""
    if codec is MSGPACK:
        packed: bytes = msgpack.packb(value)
        return packed
    return json.dumps(value, default=lambda data: data.decode("latin-1")).encode()


def receive(codec: Codec, data: bytes, *, binary: bool | None = None) -> Request | None:
    """What a fresh session makes of one message: the command, or None for a refusal, whose form is checked."""
    session = Conversation(codec, None, "127.0.0.1")
    answer = session.receive(data, binary=codec.binary if binary is None else binary)
    if not isinstance(answer, bytes):
        assert session.bad_messages == 0
        return answer
    assert session.bad_messages == 1
    reply = codec.decode(answer)
    assert isinstance(reply, dict)
    assert set(reply) == {"re", "ok", "error"}
    assert reply["ok"] is False
    assert reply["error"]["code"] == ErrorCode.BAD_REQUEST
    assert reply["error"]["message"]
    assert reply["error"]["retry_after"] is None
    assert reply["re"] is None or 0 <= reply["re"] < 2**53
    return None


fuzz = settings(deadline=None)  # a busy machine makes one example slow, which says nothing
each_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: str(codec.name))


@each_codec
@pytest.mark.parametrize("message", VALID, ids=lambda message: str(message["cmd"]))
def test_valid_messages_are_commands(codec: Codec, message: dict[str, Any]) -> None:
    command = receive(codec, pack(codec, message))
    assert command is not None
    assert {key: value for key, value in msgspec.to_builtins(command).items() if value is not None} == {
        key: value for key, value in message.items() if value is not None
    }


@each_codec
@fuzz
@given(data=st.binary(max_size=200), binary=st.booleans())
def test_random_bytes_are_refused_or_understood(codec: Codec, data: bytes, binary: bool) -> None:
    receive(codec, data, binary=binary)


@each_codec
@fuzz
@given(
    message=st.sampled_from(VALID),
    cuts=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=4),
)
def test_mutated_messages_are_refused_or_understood(
    codec: Codec, message: dict[str, Any], cuts: list[tuple[int, int, bytes]]
) -> None:
    data = pack(codec, message)
    for place, length, instead in cuts:
        place %= len(data) + 1
        data = data[:place] + instead + data[place + length :]
    receive(codec, data)


@each_codec
@fuzz
@given(
    message=st.sampled_from(VALID), field=st.sampled_from(["cmd", "ref", "thread", "id", "after", "x"]), value=VALUES
)
def test_any_value_in_any_field_is_refused_or_understood(
    codec: Codec, message: dict[str, Any], field: str, value: Any
) -> None:
    command = receive(codec, pack(codec, {**message, field: value}))
    assert field != "x" or command is None, "an unknown field was let through"


@each_codec
@fuzz
@given(message=st.sampled_from(VALID), data=st.data())
def test_a_message_without_one_of_its_fields_is_refused(
    codec: Codec, message: dict[str, Any], data: st.DataObject
) -> None:
    needed = {"cmd", "ref", "token", "id", "body", "comment"} & set(message)
    if message["cmd"] not in ("join",):
        needed |= {"thread"} & set(message)
    gone = data.draw(st.sampled_from(sorted(needed)))
    assert receive(codec, pack(codec, {key: message[key] for key in message if key != gone})) is None


@each_codec
@fuzz
@given(value=CARRIED)
def test_encodings_give_back_what_they_were_given(codec: Codec, value: object) -> None:
    data = codec.encode(value)
    if depth(value) > NESTING:
        with pytest.raises(Refused):
            codec.decode(data)
        return
    assert codec.decode(data) == value


@each_codec
@fuzz
@given(value=CARRIED)
def test_encodings_are_the_libraries_own(codec: Codec, value: object) -> None:
    library = msgpack.unpackb(codec.encode(value)) if codec is MSGPACK else json.loads(codec.encode(value))
    assert library == value


@each_codec
@fuzz
@given(values=st.lists(CARRIED, max_size=20))
def test_arrays_joined_from_parts_are_the_arrays(codec: Codec, values: list[Any]) -> None:
    assert codec.array([codec.encode(value) for value in values]) == codec.encode(values)


@each_codec
@fuzz
@given(fields=st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), CARRIED, max_size=20))
def test_objects_joined_from_parts_are_the_objects(codec: Codec, fields: dict[str, Any]) -> None:
    assert codec.object({key: codec.encode(value) for key, value in fields.items()}) == codec.encode(fields)


@each_codec
@pytest.mark.parametrize("count", [15, 16, 65_535, 65_536])
def test_joined_arrays_and_objects_of_every_header_size(codec: Codec, count: int) -> None:
    one = codec.encode(1)
    assert codec.array([one] * count) == codec.encode([1] * count)
    assert codec.object({f"k{n}": one for n in range(count)}) == codec.encode({f"k{n}": 1 for n in range(count)})


@each_codec
@settings(fuzz, max_examples=20)
@given(extra=st.integers(1, 2000))
def test_nesting_ends_at_the_limit(codec: Codec, extra: int) -> None:
    def nested(levels: int) -> bytes:
        return b"\x91" * levels + b"\x01" if codec is MSGPACK else b"[" * levels + b"1" + b"]" * levels

    codec.decode(nested(NESTING))
    with pytest.raises(Refused):
        codec.decode(nested(NESTING + extra))


HOSTILE_JSON = {
    "empty": b"",
    "two values": b"{} {}",
    "cut short": b'{"cmd":"hello"',
    "NaN": b'{"ref":NaN}',
    "Infinity": b"[-Infinity]",
    "duplicate key": b'{"cmd":"typing","thread":"a","thread":"b"}',
    "lone surrogate": b'["\\ud800"]',
    "surrogate as a key": b'{"\\udfff":1}',
    "bytes that are no UTF-8": b'["\xff"]',
    "surrogate in UTF-8": b'["\xed\xa0\x80"]',
    "byte order mark": b"\xef\xbb\xbf{}",
    "10,000 brackets": b"[" * 10_000,
    "10,000 braces": b'{"a":' * 10_000,
    "a number of 10,000 digits": b"9" * 10_000,
    "comment": b"{} // really",
    "trailing comma": b"[1,]",
    "single quotes": b"{'a':1}",
    "control in a string": b'["\x00"]',
}
HOSTILE_MSGPACK = {
    "empty": b"",
    "two values": b"\x80\x80",
    "cut short": b"\x81\xa3cmd",
    "array length bomb": b"\xdd\xff\xff\xff\xff",
    "map length bomb": b"\xdf\xff\xff\xff\xff",
    "binary length bomb": b"\xc6\xff\xff\xff\xff",
    "text length bomb": b"\xdb\xff\xff\xff\xff",
    "extension length bomb": b"\xc9\xff\xff\xff\xff\x01",
    "extension": b"\xd4\x05\x00",
    "reserved byte": b"\xc1",
    "number as a key": b"\x81\x01\x02",
    "nil as a key": b"\x81\xc0\x02",
    "binary as a key": b"\x81\xc4\x01a\x02",
    "array as a key": b"\x81\x90\x02",
    "duplicate key": b"\x82\xa1a\x01\xa1a\x02",
    "bytes that are no UTF-8": b"\x91\xa1\xff",
    "surrogate in UTF-8": b"\x91\xa3\xed\xa0\x80",
    "10,000 arrays": b"\x91" * 10_000,
    "10,000 maps": b"\x81\xa1a" * 10_000,
}


@pytest.mark.parametrize("data", HOSTILE_JSON.values(), ids=HOSTILE_JSON)
def test_hostile_json_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        JSON.decode(data)
    assert refused.value.code == ErrorCode.BAD_REQUEST


@pytest.mark.parametrize("data", HOSTILE_MSGPACK.values(), ids=HOSTILE_MSGPACK)
def test_hostile_messagepack_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        MSGPACK.decode(data)
    assert refused.value.code == ErrorCode.BAD_REQUEST


def test_half_a_character_is_named_with_its_place() -> None:
    with pytest.raises(Refused, match=r"half a character \(U\+D83D, after “so glad”\)"):
        JSON.decode(b'{"body":"so glad \\ud83d"}')


@each_codec
@pytest.mark.parametrize(
    "value", [[0] * VALUES_AT_MOST, {str(n): 0 for n in range(VALUES_AT_MOST)}], ids=["array", "object"]
)
def test_a_message_has_so_many_values_at_most(codec: Codec, value: list[Any] | dict[str, Any]) -> None:
    assert codec.decode(pack(codec, value)) == value
    more: object = [*value, 0] if isinstance(value, list) else {**value, "more": 0}
    for message in (more, [value, value], {"a": value, "b": value}):
        with pytest.raises(Refused, match="more than 100 values"):
            codec.decode(pack(codec, message))


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        (JSON, b"[" + b"{}," * 300 + b"nonsense]"),
        (MSGPACK, b"\xdc\x01\x2c" + b"\x80" * 299 + b"\xc1"),
        (MSGPACK, b"\xdc\x01\x2c" + b"\x90" * 299 + b"\xc1"),
    ],
    ids=["JSON objects", "MessagePack maps", "MessagePack arrays"],
)
def test_many_values_are_noticed_before_all_are_made(codec: Codec, data: bytes) -> None:
    """Or a few bytes on the wire, which a compressed message may be, would cost tens of milliseconds."""
    with pytest.raises(Refused, match="more than 100 values"):
        codec.decode(data)


@pytest.mark.parametrize("header", [b"\xdc\x0f\xfe", b"\xde\x07\xfe\xa1a"], ids=["arrays", "maps"])
def test_nothing_is_made_ready_for_what_is_only_announced(header: bytes) -> None:
    """4,000 values on each of a thousand levels, in 4 KB: it took a tenth of a second."""
    message = (header * 1000).ljust(4095, b"\xc0")[:4095]
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="more than 100 values"):
            MSGPACK.decode(message)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000


@pytest.mark.parametrize("number", [b"\xca\x7f\xc0\x00\x00", b"\xcb\x7f\xf8" + bytes(6), b"\xd6\xff" + bytes(4)])
def test_messagepack_numbers_that_are_none_are_no_refs(number: bytes) -> None:
    """NaN, infinity and the one predefined extension (a timestamp) decode, but fit no field of a command."""
    assert receive(MSGPACK, b"\x83\xa3cmd\xa5leave\xa6thread\xa1a\xa3ref" + number) is None


@each_codec
def test_a_refusal_answers_the_ref_it_could_read(codec: Codec) -> None:
    session = Conversation(codec, None, "127.0.0.1")

    def answered(message: dict[str, Any]) -> object:
        reply = session.receive(pack(codec, message), binary=codec.binary)
        assert isinstance(reply, bytes)
        decoded = codec.decode(reply)
        assert isinstance(decoded, dict)
        return decoded["re"]

    assert answered({"cmd": "nonsense", "ref": 12}) == 12
    for ref in (-1, 2**53, True, 1.5, "1", None):
        assert answered({"cmd": "nonsense", "ref": ref}) is None


@each_codec
def test_a_peer_of_nothing_but_nonsense_is_to_be_closed(codec: Codec) -> None:
    session = Conversation(codec, None, "127.0.0.1")
    for _ in range(MAX_BAD_MESSAGES):
        assert session.verdict is None
        session.receive(b"\xc1", binary=codec.binary)
    assert session.verdict is not None


def test_commands_are_tagged_by_their_names() -> None:
    tags = {kind.__struct_config__.tag for kind in AnyRequest.__args__}
    assert tags == {message["cmd"] for message in VALID}
