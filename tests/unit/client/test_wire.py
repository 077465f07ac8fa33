"""client.wire: what the client sends."""

import msgspec
import pytest

from hubbub.client.wire import encode
from hubbub.protocol.requests.base import Request
from hubbub.protocol.requests.conversation import Join, Typing
from hubbub.protocol.requests.sites import SessionBody
from hubbub.protocol.requests.threads import Close, Mode, Pin


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (Join(1, thread="t"), {"cmd": "join", "ref": 1, "thread": "t"}),
        (Close(2, "t"), {"cmd": "close", "ref": 2, "thread": "t"}),
        (Typing("t"), {"cmd": "typing", "thread": "t"}),
        (Pin(3, "t", None), {"cmd": "pin", "ref": 3, "thread": "t", "comment": None}),
        (Mode(4, "t", None), {"cmd": "mode", "ref": 4, "thread": "t", "close_at": None}),
    ],
)
def test_what_is_not_used_is_not_sent(request_: Request, fields: dict[str, object]) -> None:
    """A server of an older version refuses fields that it does not know."""
    assert msgspec.msgpack.decode(encode(request_)) == fields


def test_nor_over_http() -> None:
    sent = msgspec.json.decode(msgspec.json.encode(SessionBody("demo", "Ada")))
    assert sent == {"site": "demo", "name": "Ada"}
