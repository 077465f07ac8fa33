"""live.frames against the websockets library's own parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from hubbub.live.frames import deflated, plain


def received(data: bytes, *, deflate: bool = False) -> list[Frame]:
    """The frames a client reads from `data`."""
    client = ClientProtocol(parse_uri("ws://localhost/"), max_size=None, state=State.OPEN)
    if deflate:
        client.extensions = [PerMessageDeflate(True, True, 12, 12)]
    client.receive_data(data)
    assert client.parser_exc is None, client.parser_exc
    return [event for event in client.events_received() if isinstance(event, Frame)]


@given(st.binary(max_size=300), st.booleans())
def test_a_frame_reads_back(payload: bytes, binary: bool) -> None:
    (frame,) = received(plain(payload, binary))
    assert frame.data == payload
    assert frame.fin
    assert frame.opcode is (Opcode.BINARY if binary else Opcode.TEXT)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65535, 65536, 200_000])
@pytest.mark.parametrize("make", [plain, deflated])
def test_every_length_of_header(size: int, make: object) -> None:
    framing = plain if make is plain else deflated
    payload = bytes(index % 251 for index in range(size))
    (frame,) = received(framing(payload, True), deflate=make is deflated)
    assert bytes(frame.data) == payload


def test_deflating_is_for_what_shrinks() -> None:
    assert len(deflated(b"a" * 5000, False)) < 100
    assert deflated(b"short", False) == plain(b"short", False)


def test_messages_in_a_row_share_no_context() -> None:
    one = deflated(b"the same text again and again " * 20, False)
    frames = received(one + one, deflate=True)
    assert [bytes(frame.data) for frame in frames] == [b"the same text again and again " * 20] * 2
