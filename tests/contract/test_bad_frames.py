"""Frames that break WebSocket: they end their own connection at most, with a code, and nothing else."""

import uuid
from collections.abc import Iterator

import pytest

from tests.support.contract import Json, Wire, check_refusal, unharmed
from tests.support.frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, RawSocket, frame

FRAME_BYTES = 64 * 1024


@pytest.fixture
def raw(url: str, wire: Wire) -> Iterator[RawSocket]:
    """A connection whose frames are made by hand."""
    with RawSocket(url, wire) as found:
        yield found


@pytest.fixture(autouse=True)
def _nothing_else(url: str, thread: Json, moderator: str) -> Iterator[None]:
    """Around every test: nothing stored, the process alive, another reader unharmed."""
    with unharmed(url, thread["id"], moderator):
        yield


def opcode(wire: Wire) -> int:
    """The opcode of the encoding's messages."""
    return BINARY if wire.binary else TEXT


def join(wire: Wire, thread: Json, ref: int = 1) -> bytes:
    """A message that is answered."""
    return wire.encode({"cmd": "join", "ref": ref, "thread": thread["id"]})


def parts(data: bytes, count: int) -> list[bytes]:
    """`data` in `count` parts, the last of them with the rest."""
    size = len(data) // count
    return [data[size * n : size * (n + 1)] for n in range(count - 1)] + [data[size * (count - 1) :]]


def fragmented(wire: Wire, pieces: list[bytes], between: bytes = b"") -> bytes:
    """One message in several frames, with something between them."""
    frames = [
        frame(CONT if index else opcode(wire), piece, fin=index == len(pieces) - 1)
        for index, piece in enumerate(pieces)
    ]
    return between.join(frames)


@pytest.mark.parametrize("count", [2, 3, 10, 50])
@pytest.mark.every("encoding")
def test_a_message_in_fragments_is_a_message(wire: Wire, raw: RawSocket, thread: Json, count: int) -> None:
    raw.send(fragmented(wire, parts(join(wire, thread), count)))
    assert raw.message(wire)["ok"] is True


def test_pings_between_fragments_are_answered(wire: Wire, raw: RawSocket, thread: Json) -> None:
    raw.send(fragmented(wire, parts(join(wire, thread), 3), between=frame(PING, b"hi")))
    assert [raw.receive() for _ in range(2)] == [(PONG, b"hi"), (PONG, b"hi")]
    assert raw.message(wire)["ok"] is True


def test_empty_fragments_among_others_do_no_harm(wire: Wire, raw: RawSocket, thread: Json) -> None:
    raw.send(fragmented(wire, [b"", join(wire, thread), b"", b""]))
    assert raw.message(wire)["ok"] is True


def test_bytes_may_come_one_by_one(wire: Wire, raw: RawSocket, thread: Json) -> None:
    for byte in frame(opcode(wire), join(wire, thread)):
        raw.send(bytes((byte,)))
    assert raw.message(wire)["ok"] is True


def test_the_largest_message_is_taken(wire: Wire, raw: RawSocket) -> None:
    raw.send(frame(opcode(wire), b"x" * FRAME_BYTES))
    check_refusal(raw.message(wire), "bad_request")
    raw.send(frame(opcode(wire), wire.encode({"cmd": "leave", "ref": 1, "thread": "x"})))
    assert raw.message(wire)["ok"] is True


def test_endless_empty_fragments_are_too_many(wire: Wire, raw: RawSocket) -> None:
    raw.send(frame(opcode(wire), b"", fin=False) + frame(CONT, b"", fin=False) * 5000)
    refused_as_too_large(wire, raw)


def test_endless_fragments_are_too_large(wire: Wire, raw: RawSocket) -> None:
    raw.send(frame(opcode(wire), b"x" * 4096, fin=False) + frame(CONT, b"x" * 4096, fin=False) * 20)
    refused_as_too_large(wire, raw)


@pytest.mark.every("encoding")
def test_an_oversize_frame_is_too_large(wire: Wire, raw: RawSocket) -> None:
    raw.send(frame(opcode(wire), b"x" * (FRAME_BYTES + 1)))
    refused_as_too_large(wire, raw)


@pytest.mark.parametrize("declared", [FRAME_BYTES + 1, 2**31, 2**32, 2**63 - 1, 2**64 - 1])
def test_a_frame_that_only_says_it_is_huge_is_refused_at_once(wire: Wire, raw: RawSocket, declared: int) -> None:
    raw.send(frame(opcode(wire), b"x", declared=declared))
    refused_as_too_large(wire, raw)


def refused_as_too_large(wire: Wire, raw: RawSocket) -> None:
    """A `too_large` error, then the close with 1009."""
    frames = raw.ending()
    assert frames[-1].code == 1009
    (reply,) = (wire.decode(got.payload) for got in frames[:-1])
    check_refusal(reply, "too_large")
    assert reply["re"] is None


BROKEN = {
    "unmasked": frame(TEXT, b"{}", masked=False),
    "unmasked ping": frame(PING, b"x", masked=False),
    "opcode 3": frame(0x3, b"x"),
    "opcode 7": frame(0x7),
    "opcode 11": frame(0xB, b"x"),
    "opcode 15": frame(0xF),
    "reserved bit 2": frame(TEXT, b"{}", rsv=0b010),
    "reserved bit 3": frame(TEXT, b"{}", rsv=0b001),
    "deflated without agreement": frame(TEXT, b"{}", rsv=0b100),
    "continuation of nothing": frame(CONT, b"x"),
    "a message within a message": frame(TEXT, b"x", fin=False) + frame(TEXT, b"x"),
    "a fragmented ping": frame(PING, b"x", fin=False),
    "a long ping": frame(PING, b"x" * 126),
    "a close of one byte": frame(CLOSE, b"\x03"),
    "a close with a code nobody may send": frame(CLOSE, b"\x03\xed"),
    "random": bytes(range(0x70, 0x90)) * 10,
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_is_no_websocket_is_closed_as_such(raw: RawSocket, data: bytes) -> None:
    raw.send(data)
    frames = raw.ending()
    assert frames, "the server hung up without a close code"
    assert frames[-1].code == 1002


def test_a_close_that_is_no_utf_8_is_answered(raw: RawSocket) -> None:
    raw.send(frame(CLOSE, b"\x03\xe8\xff\xff"))
    assert raw.ending()[-1].code in (1002, 1007)


@pytest.mark.parametrize(
    "data", [b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b'{"cmd":"\xff"}', b"\xf4\x90\x80\x80"], ids=repr
)
@pytest.mark.every("encoding")
def test_text_that_is_no_utf_8_is_refused(wire: Wire, raw: RawSocket, data: bytes) -> None:
    """In a text frame, whatever the subprotocol: an error, or the end of this connection (RFC 6455, 8.1)."""
    raw.send(frame(TEXT, data))
    answer = raw.receive()
    assert answer is not None
    if answer.opcode == CLOSE:
        assert answer.code == 1007
    else:
        check_refusal(wire.decode(answer.payload), "bad_request")


@pytest.mark.every("encoding")
def test_utf_8_cut_between_fragments_is_whole_again(wire: Wire, raw: RawSocket, thread: Json) -> None:
    message = wire.encode({"cmd": "join", "ref": 1, "site": "demo", "key": thread["key"] + "/é😀"})
    raw.send(fragmented(wire, [message[n : n + 3] for n in range(0, len(message), 3)]))
    assert raw.message(wire)["thread"]["key"].endswith("/é😀")


@pytest.mark.every("encoding")
def test_the_other_kind_of_frame_is_refused(wire: Wire, raw: RawSocket, thread: Json) -> None:
    """Text on the binary subprotocol, binary on the text one; the connection goes on."""
    raw.send(frame(TEXT if wire.binary else BINARY, join(wire, thread)))
    reply = raw.message(wire)
    check_refusal(reply, "bad_request")
    raw.send(frame(opcode(wire), join(wire, thread, 2)))
    assert raw.message(wire)["re"] == 2


@pytest.mark.parametrize("cut", [1, 3, 7, 20])
@pytest.mark.parametrize("way", ["half_close", "close", "reset"])
def test_who_hangs_up_within_a_frame_harms_nobody(wire: Wire, raw: RawSocket, thread: Json, cut: int, way: str) -> None:
    raw.send(frame(opcode(wire), join(wire, thread)))
    assert raw.message(wire)["ok"] is True
    raw.send(frame(opcode(wire), join(wire, thread))[:cut])
    getattr(raw, way)()
    if way == "half_close":
        raw.ending()


@pytest.mark.every("mode")
def test_who_hangs_up_after_a_command_harms_nobody(url: str, wire: Wire, thread: Json) -> None:
    for way in ("close", "reset"):
        for _ in range(20):
            with RawSocket(url, wire) as raw:
                for ref in range(5):
                    raw.send(frame(opcode(wire), join(wire, thread, ref)))
                getattr(raw, way)()


def test_an_orderly_close_is_answered(raw: RawSocket) -> None:
    raw.send(frame(CLOSE, b"\x03\xe8bye"))
    assert [got.code for got in raw.ending()] == [1000]


def test_nothing_but_nonsense_ends_with_a_code(wire: Wire, raw: RawSocket) -> None:
    raw.send(frame(opcode(wire), b"\xc1") * 500)
    frames = raw.ending()
    assert frames[-1].code == 4400
    for got in frames[:-1]:
        check_refusal(wire.decode(got.payload), "bad_request")


def test_a_mistake_now_and_then_is_no_nonsense(wire: Wire, raw: RawSocket, thread: Json) -> None:
    """A reader who stays for a day may send a hundred bad messages among good ones."""
    leave = wire.encode({"cmd": "leave", "ref": 1, "thread": thread["id"]})
    for _ in range(150):
        raw.send(frame(opcode(wire), b"\xc1"))
        check_refusal(raw.message(wire), "bad_request")
        raw.send(frame(opcode(wire), leave))
        assert raw.message(wire) == {"re": 1, "ok": True}


HANDSHAKES = {
    "no version": "Sec-WebSocket-Version: ",
    "an old version": "Sec-WebSocket-Version: 8",
    "no key": "Sec-WebSocket-Key: ",
    "a short key": "Sec-WebSocket-Key: aaaa",
    "two keys": f"Sec-WebSocket-Key: {uuid.UUID(int=1).hex}\r\nSec-WebSocket-Key: x",
    "another subprotocol": "Sec-WebSocket-Protocol: chat",
    "a body": "Content-Length: 5",
    "a body in chunks": "Transfer-Encoding: chunked",
    "a control character": "X-Odd: a\x01b",
    "another encoding": "X-Odd: ümläut\r\nSec-WebSocket-Version: 8",
    "a long header": "X-Long: " + "x" * 9000,
    "a header without end": "X-Long: " + "x" * 100_000,
    "a thousand headers": "\r\n".join(f"X-{n}: x" for n in range(1000)),
}


ADDRESSES = {"long": "x" * 9000, "not ASCII": "ü"}


@pytest.mark.parametrize("line", HANDSHAKES.values(), ids=HANDSHAKES)
def test_a_bad_handshake_is_refused(url: str, line: str) -> None:
    check_handshake_refused(url, line)


@pytest.mark.parametrize("query", ADDRESSES.values(), ids=ADDRESSES)
def test_a_handshake_with_a_bad_address_is_refused(url: str, query: str) -> None:
    check_handshake_refused(url, "X-Fine: yes", query)


def check_handshake_refused(url: str, line: str, query: str = "") -> None:
    """A WebSocket is asked for with a bad header line or query, and refused with a 4xx."""
    given = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
        "Sec-WebSocket-Version": "13",
    }
    given.pop(line.split(":")[0], None)
    lines = [f"GET /api/v1/live?{query} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), line]
    with RawSocket(url, None) as raw:
        raw.send(("\r\n".join(lines) + "\r\n\r\n").encode())
        status = raw.read_until(b"\r\n").decode()
        assert 400 <= int(status.split()[1]) < 500, status
