"""Decodes what the server sends into structs, and encodes what the client sends. MessagePack only."""

from typing import Any

import msgspec

from hubbub.domain.errors import Decided, ErrorCode, Refused
from hubbub.domain.events import KINDS
from hubbub.protocol.codec import MSGPACK
from hubbub.protocol.requests.base import Request
from hubbub.protocol.views import AuthorView, CommentView, ErrorView, EventView, OwnCommentView, ThreadView

SUBPROTOCOL = MSGPACK.subprotocol


class Message(msgspec.Struct, frozen=True):
    """Any reply (`re` is the command's ref) or push; fields this version does not know are ignored."""

    re: int | None = None
    ok: bool = False
    push: str | None = None
    error: ErrorView | None = None
    author: AuthorView | None = None
    thread: ThreadView | str | None = None  # the thread in replies, its id in pushes
    epoch: str | None = None
    comments: list[CommentView] | None = None
    events: list[EventView] | None = None
    more: bool = False
    own: list[OwnCommentView] | None = None
    comment: OwnCommentView | None = None
    seq: int | None = None
    watching: int = 0
    reconnect_in: float = 0.0

    @property
    def thread_id(self) -> str:
        """The thread a push is about; empty if it names none."""
        return self.thread if isinstance(self.thread, str) else ""

    @property
    def refused(self) -> Refused | None:
        """The refusal this reply carries; a code this version does not know counts as `internal`."""
        if self.error is None:
            return None
        known = self.error.code in ErrorCode._value2member_map_
        code = ErrorCode(self.error.code) if known else ErrorCode.INTERNAL
        suggestions = tuple(self.error.suggestions or ())
        by, action = self.error.by, self.error.action
        decided = Decided(action, by.id, by.name) if action and by else None
        return Refused(code, self.error.message, self.error.retry_after, suggestions, decided)


_decoder = msgspec.msgpack.Decoder(Message)


def decode(data: bytes) -> Message:
    """One message; msgspec.DecodeError if it is not of the contract's form. Of an event of a kind that only a newer
    server knows, whatever form it has, there is what all have in common: its place, kind and time."""
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError:
        message = msgspec.msgpack.decode(data)
        if not isinstance(message, dict) or not isinstance(message.get("events"), list):
            raise
        message["events"] = [_known_part(event) for event in message["events"]]
        return msgspec.convert(message, Message)


def _known_part(event: Any) -> Any:
    if not isinstance(event, dict) or event.get("kind") in KINDS:
        return event
    return {name: event[name] for name in ("seq", "kind", "at") if name in event}


def encode(command: Request) -> bytes:
    """One command."""
    return MSGPACK.encode(command)
