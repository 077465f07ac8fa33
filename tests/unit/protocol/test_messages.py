"""Replies and pushes, in both encodings, as the contract has them."""

import json

import msgpack
import pytest

from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.events import desk_topic, thread_topic
from hubbub.domain.times import from_rfc3339, now_ms
from hubbub.protocol import messages
from hubbub.protocol.codec import CODECS, JSON, Codec
from hubbub.protocol.views import comment_view
from tests.unit.samples import comment

both = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)


@both
def test_ok(codec: Codec) -> None:
    assert codec.decode(messages.ok(codec, 3)) == {"re": 3, "ok": True}
    told = codec.decode(messages.ok(codec, 3, comment=comment_view(comment()), seq=42))
    assert isinstance(told, dict)
    assert list(told) == ["re", "ok", "comment", "seq"]
    assert told["comment"] == codec.decode(codec.encode(comment_view(comment())))


@both
@pytest.mark.parametrize("ref", [None, 0, 3])
def test_refusal(codec: Codec, ref: int | None) -> None:
    refused = Refused(ErrorCode.RATE_LIMITED, "Wait.", 1.5)
    assert codec.decode(messages.refusal(codec, ref, refused)) == {
        "re": ref,
        "ok": False,
        "error": {"code": "rate_limited", "message": "Wait.", "retry_after": 1.5},
    }


@both
def test_joined_puts_encoded_parts_together(codec: Codec) -> None:
    fields = {"comments": codec.array([codec.encode({"a": 1}), codec.encode({"b": "é"})]), "more": codec.encode(False)}
    before, reply, after = now_ms(), codec.decode(messages.joined(codec, 2, fields)), now_ms()
    assert isinstance(reply, dict)
    assert before <= from_rfc3339(reply.pop("now")) <= after
    assert reply == {
        "re": 2,
        "ok": True,
        "comments": [{"a": 1}, {"b": "é"}],
        "more": False,
    }


@both
@pytest.mark.parametrize("count", [0, 1, 3, 20, 70_000])  # MessagePack has three sizes of array headers
def test_events_push(codec: Codec, count: int) -> None:
    push = messages.events_push(codec, thread_topic("t"), "e", [codec.encode(seq) for seq in range(count)])
    read = json.loads if codec is JSON else msgpack.unpackb  # ours take no such long messages
    assert read(push) == {"push": "events", "thread": "t", "epoch": "e", "events": list(range(count))}


@both
def test_presence_push_leaves_out_that_nobody_types(codec: Codec) -> None:
    still = {"push": "presence", "thread": "t", "watching": 3}
    assert codec.decode(messages.presence_push(codec, thread_topic("t"), 3, 0)) == still
    assert codec.decode(messages.presence_push(codec, thread_topic("t"), 3, 2)) == {**still, "typing": 2}


@both
def test_a_push_names_its_topic_by_a_field_of_its_kind(codec: Codec) -> None:
    desk = desk_topic("news")
    pushes = [
        messages.events_push(codec, desk, "e", []),
        messages.presence_push(codec, desk, 1, 0),
        messages.reset_push(codec, desk),
    ]
    for push in map(codec.decode, pushes):
        assert isinstance(push, dict)
        assert (push["desk"], "thread" in push) == ("news", False)


@both
def test_reset_and_goodbye(codec: Codec) -> None:
    assert codec.decode(messages.reset_push(codec, thread_topic("t"))) == {"push": "reset", "thread": "t"}
    assert codec.decode(messages.goodbye_push(codec, 1.5)) == {"push": "goodbye", "reconnect_in": 1.5}


@both
def test_names_are_escaped(codec: Codec) -> None:
    thread = '"},{"\\\n'
    push = codec.decode(messages.events_push(codec, thread_topic(thread), thread, []))
    assert push == {"push": "events", "thread": thread, "epoch": thread, "events": []}
