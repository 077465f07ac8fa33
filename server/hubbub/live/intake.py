"""How much input a process takes: one budget for all its connections, over HTTP as on the live socket.

Input is taken in slices, and a turn of the event loop has room for so many of them. What does not fit waits for the
next turns, and nothing more is read from the kernel until all of it is used up. After a verdict (a close frame, an HTTP
status that ends the connection) no input is parsed any more.
"""

import asyncio
from collections import deque
from typing import ClassVar
from weakref import WeakKeyDictionary

SLICE = 256  # bytes taken in at once: inflated they may become a thousand times as much
SLICES = 16  # of one connection in a turn: 4 KiB, of the worst kind 4 ms
TURN_UNITS = 128  # units of all connections together in a turn; a unit is a slice or a message, some 0.1 ms of work
DISCARDED_BYTES = 8 * 2**20  # read and dropped after a verdict, for peers that read once they have sent; then no more
VERDICT_TIMEOUT = 2.0  # s that a peer has to take the verdict before it is dropped

_NOTHING = memoryview(b"")


class Turns:
    """Shares the turns of an event loop among the connections whose input waits: first those whose input has just come,
    then those that had a slice already, in the order in which they had it."""

    _of_loops: ClassVar["WeakKeyDictionary[asyncio.AbstractEventLoop, Turns]"] = WeakKeyDictionary()

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._new: deque[Intake] = deque()
        self._waiting: deque[Intake] = deque()
        self._due = False
        self.left = TURN_UNITS

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> "Turns":
        """The one of this loop."""
        found = cls._of_loops.get(loop)
        if found is None:
            found = cls._of_loops[loop] = cls(loop)
        return found

    def spend(self, units: int = 1) -> None:
        """Takes from this turn's budget; the next turn has a whole one again."""
        self.left -= units
        if not self._due:
            self._due = True
            self._loop.call_soon(self._turn)

    def wait(self, intake: "Intake", *, new: bool) -> None:
        """Gives a connection its slices in the next turns."""
        (self._new if new else self._waiting).append(intake)
        self.spend(0)

    def _turn(self) -> None:
        self.left = TURN_UNITS
        self._due = False
        self._serve(self._waiting, 1)  # however many come
        self._serve(self._new, len(self._new))
        for _ in range(SLICES - 1):
            if not self._waiting:
                break
            self._serve(self._waiting, len(self._waiting))
        if self._new or self._waiting:
            self.spend(0)

    def _serve(self, queue: "deque[Intake]", most: int) -> None:
        for _ in range(min(most, len(queue))):
            if self.left <= 0:
                return
            intake = queue.popleft()
            if intake.take_slice():
                self._waiting.append(intake)


class Intake(asyncio.Protocol):
    """The receiving side of a connection. Subclasses `take` slices; while they `hold` it nothing is given to them."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    turns: Turns
    # All of these stay on the class for a connection that is idle.
    held = False
    over = False  # there was a verdict
    verdict_timeout = VERDICT_TIMEOUT
    ahead = False  # something was parsed that waits to be handled, before any further slice
    _unread = _NOTHING
    _stopped = False  # nothing is read from the kernel
    _queued = False
    _thrown_away = 0
    _dropping: asyncio.TimerHandle | None = None

    def take(self, piece: bytes | memoryview) -> None:
        """Parses and handles a slice; an empty one if something is `ahead`."""
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        """Takes what the turn has room for, at once; while anything is left, nothing more is read."""
        if self.over:
            self._throw_away(len(data))
            return
        self._unread = memoryview(bytes(self._unread) + data if self._unread else data)
        if not self._queued:
            for _ in range(SLICES):
                if self.turns.left <= 0 or not self._is_ready():
                    break
                self._take_slice()
        self._settle(new=True)

    def take_slice(self) -> bool:
        """Takes a slice if there is one; returns whether there is another, for which it stays in the queue."""
        if self._is_ready():
            self._take_slice()
        self._queued = self._is_ready()
        self._settle()
        return self._queued

    def hold(self) -> None:
        """Stops taking and reading: the subclass has enough to do."""
        self.held = True
        self._settle()

    def release(self) -> None:
        """Goes on, first with what was read already."""
        self.held = False
        self._settle()

    def leave(self) -> None:
        """Takes and reads nothing more."""
        self.over = True
        self.ahead = False
        self._unread = _NOTHING

    def finish(self, last: bytes) -> None:
        """Sends the verdict and takes nothing more. Waits for the peer to close (RFC 9112, 9.6), for `verdict_timeout`
        seconds and DISCARDED_BYTES at most."""
        self.leave()
        if self.transport.is_closing():
            return
        self._dropping = self.loop.call_later(self.verdict_timeout, self.transport.abort)
        self.transport.write(last)
        self.transport.write_eof()
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        self.leave()
        if self._dropping is not None:
            self._dropping.cancel()
        super().connection_lost(exc)

    def _is_ready(self) -> bool:
        return (self.ahead or bool(self._unread)) and not self.held and not self.over

    def _take_slice(self) -> None:
        self.turns.spend()
        if self.ahead:
            self.take(b"")
        else:
            piece, self._unread = self._unread[:SLICE], self._unread[SLICE:]
            self.take(piece)

    def _settle(self, *, new: bool = False) -> None:
        """Queues for the next turns, or reads on, or neither."""
        if self.over:
            return
        if self._is_ready():
            self._stop()
            if not self._queued:
                self._queued = True
                self.turns.wait(self, new=new)
        elif self.held:
            self._stop()
        else:
            self._unread = _NOTHING  # an empty view would keep all that it was a part of
            self._go_on()

    def _stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self.transport.pause_reading()

    def _go_on(self) -> None:
        if self._stopped:
            self._stopped = False
            self.transport.resume_reading()

    def _throw_away(self, size: int) -> None:
        self._thrown_away += size
        if self._thrown_away > DISCARDED_BYTES:
            self._stop()
