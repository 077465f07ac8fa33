"""One live connection as the hub sees it, whatever carries its frames."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple, Protocol

from hubbub.domain.events import Audience, Topic
from hubbub.live.frames import Framing
from hubbub.protocol.codec import Codec
from hubbub.protocol.conversation import Conversation

STALL = 30.0  # s that a reader may leave a full buffer unread before it counts as dead


class Link(Protocol):
    """What carries a connection: the server's WebSocket protocol object."""

    @property
    def writer(self) -> Callable[[bytes], None]:
        """Hands framed bytes to the transport; never blocks, never fails."""

    def close(self, code: int, reason: str) -> None:
        """Begins the closing handshake."""

    def abort(self) -> None:
        """Drops the connection at once."""

    def pause_receiving(self) -> None:
        """Reads no further frames for now."""

    def resume_receiving(self) -> None:
        """Reads on."""


class Variant(NamedTuple):
    """Readers of one variant can be sent the very same bytes."""

    codec: Codec
    framing: Framing
    audience: Audience = Audience.EVERYBODY

    def frame(self, payload: bytes) -> bytes:
        """One finished message."""
        return self.framing(payload, self.codec.binary)

    def to(self, audience: Audience) -> "Variant":
        """The same for another audience."""
        return self if audience is self.audience else self._replace(audience=audience)


class Follower(Protocol):
    """A channel, as the connections see it that follow it."""

    def lag(self, reader: "Connection") -> None:
        """The reader's transport is full."""

    def leave(self, reader: "Connection") -> None:
        """The reader is gone."""


class Connection:
    """A reader's connection. While it is `paused`, its transport's buffer is over its limit and the hub writes nothing;
    once it is `closed`, nothing is sent any more."""

    __slots__ = (
        "_drained",
        "_stall",
        "_stalled",
        "closed",
        "conversation",
        "followed",
        "link",
        "on_lost",
        "variant",
        "write",
    )

    def __init__(self, link: Link, variant: Variant, conversation: Conversation, *, stall: float = STALL) -> None:
        self.link = link
        self.variant = variant
        self.conversation = conversation
        self.write: Callable[[bytes], None] = link.writer
        self.closed = False
        self.followed: dict[Topic, Follower] = {}
        self.on_lost: Callable[[], None] = _nothing
        self._stall = stall
        self._drained: asyncio.Event | None = None  # while paused
        self._stalled: asyncio.TimerHandle | None = None

    @property
    def paused(self) -> bool:
        """Whether the transport's buffer is full."""
        return self._drained is not None

    def send(self, payload: bytes) -> None:
        """Writes one message."""
        if not self.closed:
            self.write(self.variant.frame(payload))

    def pause(self) -> None:
        """Backpressure begins: the transport's buffer is over its limit. If it does not drain in time, the connection
        is dropped."""
        self._drained = asyncio.Event()
        self._stalled = asyncio.get_running_loop().call_later(self._stall, self.link.abort)
        for channel in self.followed.values():
            channel.lag(self)

    def resume(self) -> None:
        """Backpressure ends: the buffer has drained."""
        if self._drained is not None and self._stalled is not None:
            self._drained.set()
            self._stalled.cancel()
            self._drained = self._stalled = None

    async def drained(self) -> None:
        """Waits until the reader may be written to."""
        if self._drained is not None:
            await self._drained.wait()

    def end(self) -> None:
        """A close frame goes out next: nothing may follow it, so every channel forgets the reader first."""
        self.closed = True
        self.write = _discard
        for channel in list(self.followed.values()):
            channel.leave(self)

    def lost(self) -> None:
        """The connection is gone: it is forgotten everywhere."""
        on_lost, self.on_lost = self.on_lost, _nothing
        on_lost()
        self.resume()
        self.end()


def _nothing() -> None:
    """Does nothing."""


def _discard(data: bytes) -> None:
    """Drops what would be written to a connection that is being closed."""
