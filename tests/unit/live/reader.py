"""A reader without a socket: it decodes what is written to it, and its transport's fullness is set by hand."""

import json
from collections.abc import Callable
from typing import Any

from hubbub.live.connection import STALL, Connection, Variant
from hubbub.protocol.codec import JSON
from hubbub.protocol.conversation import Conversation


def unframed(payload: bytes, _binary: bool) -> bytes:
    """The payload as it is: what is written can be read without a parser of frames."""
    return payload


class Reader:
    """A `Link` that remembers, and the connection over it."""

    def __init__(self, *, stall: float = STALL) -> None:
        self.messages: list[dict[str, Any]] = []
        self.written_while_paused = 0
        self.closed: list[int] = []
        self.aborted = False
        self.receiving = True
        self.fills = False  # whether each push of events fills the transport
        self.connection = Connection(self, Variant(JSON, unframed), Conversation(JSON, None, "127.0.0.1"), stall=stall)

    @property
    def writer(self) -> Callable[[bytes], None]:
        """See Link."""
        return self.write

    def write(self, data: bytes) -> None:
        """Decodes one message."""
        message = json.loads(data)
        self.messages.append(message)
        if message.get("push") == "events":
            self.written_while_paused += self.connection.paused
            if self.fills and not self.connection.paused:
                self.connection.pause()

    def close(self, code: int, reason: str) -> None:
        """Remembers the code, and ends the connection as the protocol object does."""
        self.closed.append(code)
        self.connection.end()

    def abort(self) -> None:
        """Remembers that it was dropped."""
        self.aborted = True

    def pause_receiving(self) -> None:
        """Remembers it."""
        self.receiving = False

    def resume_receiving(self) -> None:
        """Remembers it."""
        self.receiving = True

    def pushes(self, kind: str) -> list[dict[str, Any]]:
        """The pushes of one kind."""
        return [message for message in self.messages if message.get("push") == kind]

    def seqs(self) -> list[int]:
        """Every event's seq in the order of arrival, whether by reply or push, after the last snapshot."""
        found: list[int] = []
        for message in self.messages:
            if "comments" in message:
                found = []
            found += [event["seq"] for event in message.get("events", [])]
        return found

    def place(self) -> int:
        """Up to where the last join's reply brought it: the snapshot's head or the place it asked for."""
        replies = [message for message in self.messages if message.get("ok")]
        return int(replies[-1]["thread"]["head"]) if "comments" in replies[-1] else -1


def has(reader: Reader, head: int) -> bool:
    """Whether the reader was told of event `head` last."""
    return reader.seqs()[-1:] == [head]
