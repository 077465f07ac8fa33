"""One live connection as the hub sees it, whatever carries its frames."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from hubbub.live.frames import Framing
from hubbub.protocol.codec import Codec
from hubbub.protocol.session import Session

if TYPE_CHECKING:
    from hubbub.live.channel import Channel


STALL = 30.0  # s that a reader may leave a full buffer unread before it counts as dead


class Link(Protocol):
    """What carries a connection: the server's WebSocket protocol object, or a stand-in over plain ASGI."""

    def write(self, data: bytes) -> None:
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

    def frame(self, payload: bytes) -> bytes:
        """One finished message."""
        return self.framing(payload, self.codec.binary)


class Connection:
    """A reader's connection. While `paused`, its transport holds more than it should and the hub leaves it alone; once
    `closed`, it hears no more."""

    __slots__ = (
        "_drained",
        "_stalled",
        "channels",
        "closed",
        "link",
        "on_lost",
        "paused",
        "session",
        "variant",
        "write",
    )

    def __init__(self, link: Link, variant: Variant, session: Session) -> None:
        self.link = link
        self.variant = variant
        self.session = session
        self.write: Callable[[bytes], None] = link.write
        self.paused = False
        self.closed = False
        self.channels: dict[str, Channel] = {}
        self.on_lost: Callable[[], None] = _nothing
        self._drained: asyncio.Event | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def send(self, payload: bytes) -> None:
        """One message, at once."""
        if not self.closed:
            self.write(self.variant.frame(payload))

    def pause(self) -> None:
        """The transport's buffer went over its limit; if it does not drain, the reader is dead."""
        self.paused = True
        self._drained = asyncio.Event()
        self._stalled = asyncio.get_running_loop().call_later(STALL, self.link.abort)
        for channel in self.channels.values():
            channel.lag(self)

    def resume(self) -> None:
        """The buffer drained."""
        self.paused = False
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
        for channel in list(self.channels.values()):
            channel.leave(self)

    def lost(self) -> None:
        """The connection is gone: it is forgotten everywhere."""
        on_lost, self.on_lost = self.on_lost, _nothing
        on_lost()
        self.resume()
        self.end()


def _nothing() -> None:
    """For what is done already."""


def _discard(data: bytes) -> None:
    """For a reader that is being closed."""
