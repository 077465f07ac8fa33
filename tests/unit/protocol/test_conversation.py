"""The conversation of one connection: commands or refusals out, whatever comes in."""

import json

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.protocol.close_codes import TOO_MANY_ERRORS
from hubbub.protocol.codec import CODECS, JSON, MSGPACK, Codec
from hubbub.protocol.conversation import MAX_BAD_MESSAGES, Conversation, choose_codec
from hubbub.protocol.requests.conversation import Hello


def conversation(codec: Codec = JSON) -> Conversation:
    """A conversation that just began."""
    return Conversation(codec, "https://news.example", "192.0.2.1")


def answered(data: bytes, *, binary: bool = False) -> dict[str, object]:
    """The refusal of `data`, decoded."""
    refusal = conversation().receive(data, binary=binary)
    assert isinstance(refusal, bytes)
    found = json.loads(refusal)
    assert list(found) == ["re", "ok", "error"]
    assert found["ok"] is False
    assert found["error"]["code"] == "bad_request"
    assert found["error"]["message"]
    assert found["error"]["retry_after"] is None
    return {"re": found["re"], "message": found["error"]["message"]}


def test_a_command_is_handed_out() -> None:
    talk = conversation()
    assert talk.receive(b'{"cmd":"hello","ref":7,"token":"t"}', binary=False) == Hello(7, "t")
    assert talk.bad_messages == 0


def test_a_command_in_msgpack() -> None:
    data: bytes = msgpack.packb({"cmd": "hello", "ref": 7, "token": "t"})
    assert conversation(MSGPACK).receive(data, binary=True) == Hello(7, "t")


def test_a_frame_of_the_wrong_kind_is_refused_in_the_right_encoding() -> None:
    assert "text frames" in str(answered(b'{"cmd":"hello","ref":7,"token":"t"}', binary=True)["message"])
    refusal = conversation(MSGPACK).receive(b'{"cmd":"hello","ref":7,"token":"t"}', binary=False)
    assert isinstance(refusal, bytes)
    assert "binary frames" in msgpack.unpackb(refusal)["error"]["message"]


@pytest.mark.parametrize("ref", [0, 7, 2**53 - 1])
def test_a_refusal_names_the_ref_wherever_there_is_one(ref: int) -> None:
    assert answered(b'{"cmd":"nonsense","ref":%d}' % ref)["re"] == ref
    assert answered(b'{"ref":%d}' % ref)["re"] == ref
    assert answered(b'{"cmd":"leave","ref":%d,"thread":"t","more":1}' % ref)["re"] == ref


@pytest.mark.parametrize("ref", [b"-1", b"9007199254740992", b"1.0", b'"1"', b"true", b"null", b"[1]"])
def test_a_ref_that_is_none_is_not_echoed(ref: bytes) -> None:
    assert answered(b'{"cmd":"leave","thread":"t","ref":%b}' % ref)["re"] is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b'"ref"', b'{"ref":1,"ref":2}', b"\xff"])
def test_what_cannot_be_read_has_no_ref(data: bytes) -> None:
    assert answered(data)["re"] is None


def test_a_long_name_is_not_echoed_whole() -> None:
    said = str(answered(b'{"cmd":"leave","ref":1,"thread":"t","%b":1}' % (b"x" * 60_000))["message"])
    assert "unknown field `xxx" in said
    assert len(said) == 201


def test_a_client_that_sends_nothing_but_nonsense_is_due_to_be_closed() -> None:
    talk = conversation()
    for count in range(MAX_BAD_MESSAGES):
        assert talk.verdict is None, f"closed after {count} bad messages"
        talk.receive(b"?", binary=False)
    assert talk.verdict is TOO_MANY_ERRORS


def test_a_good_message_makes_good_for_those_before() -> None:
    talk = conversation()
    for _ in range(2 * MAX_BAD_MESSAGES):
        talk.receive(b"?", binary=False)
        talk.receive(b'{"cmd":"typing","thread":"t"}', binary=False)
        assert talk.verdict is None
    assert talk.bad_messages == 0


@given(st.binary(max_size=200), st.sampled_from(CODECS), st.booleans())
def test_nothing_a_peer_sends_raises(data: bytes, codec: Codec, binary: bool) -> None:
    talk = conversation(codec)
    if isinstance(talk.receive(data, binary=binary), bytes):
        assert talk.bad_messages == 1


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["hubbub.v1.json"], JSON),
        (["hubbub.v1.msgpack"], MSGPACK),
        (["hubbub.v1.msgpack", "hubbub.v1.json"], MSGPACK),
        (["hubbub.v2.json", "hubbub.v1.json"], JSON),
        (["HUBBUB.V1.JSON"], None),
        (["chat"], None),
        ([], None),
    ],
)
def test_the_clients_first_subprotocol_that_we_speak_is_taken(offered: list[str], chosen: Codec | None) -> None:
    assert choose_codec(offered) is chosen
