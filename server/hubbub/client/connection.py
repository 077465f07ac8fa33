"""One connection to a server: sends commands, returns their answers, passes pushes on."""

import asyncio
from collections.abc import Callable
from itertools import count

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection

from hubbub.client.wire import Message, decode, encode
from hubbub.protocol.requests.base import Request

PIECES = (
    4096  # of one message: Hubbub sends one, a proxy may cut it; a server that sends empty ones without end is broken
)

Make = Callable[[int], Request]
OnReply = Callable[[Message | None], None]
Call = Callable[[Make, OnReply], None]


class Connection:
    """Numbers commands and sends them in order; `on_push` gets every push, in order with the answers."""

    def __init__(self, socket: ClientConnection, on_push: Callable[[Message], None]) -> None:
        self.socket = socket
        self.heard = False  # whether the server ever said anything: it works
        self.back_in: float | None = None  # s after its end until the next one is due, if anybody said so
        self._on_push = on_push
        self._refs = count(1)
        self._waiting: dict[int, OnReply] = {}
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._limit = asyncio.timeout(None)

    def call(self, make: Make, on_reply: OnReply) -> None:
        """Sends the command that `make` makes of a ref. `on_reply` is called once: with the answer, or with None when
        the connection is lost before it."""
        ref = next(self._refs)
        self._waiting[ref] = on_reply
        self._outbox.put_nowait(encode(make(ref)))

    async def run(self) -> None:
        """Until the connection ends, as an exception: ConnectionClosed, TimeoutError or msgspec.DecodeError."""
        writing = asyncio.create_task(self._write())
        try:
            async with self._limit:
                while True:
                    self._receive(decode(await self._message()))
        finally:
            writing.cancel()
            waiting, self._waiting = self._waiting, {}
            for on_reply in waiting.values():
                on_reply(None)

    async def _message(self) -> bytes:
        """The next one. DecodeError if it comes in more pieces than anybody cuts one into."""
        pieces: list[bytes] = []
        async for piece in self.socket.recv_streaming(decode=False):
            pieces.append(piece)
            if len(pieces) > PIECES:
                raise msgspec.DecodeError(f"expected a message in at most {PIECES} pieces")
        return b"".join(pieces)

    def end(self, after: float, back_in: float) -> None:
        """Ends the connection in `after` seconds at the latest; the next one is due `back_in` seconds later."""
        self.back_in = back_in
        self._limit.reschedule(asyncio.get_running_loop().time() + after)

    async def _write(self) -> None:
        try:
            while True:
                await self.socket.send(await self._outbox.get())
        except websockets.ConnectionClosed:
            return  # the reading side sees it too, and tells

    def _receive(self, message: Message) -> None:
        self.heard = True
        if message.push is not None:
            self._on_push(message)
        elif message.re is not None:
            on_reply = self._waiting.pop(message.re, None)
            if on_reply is not None:
                on_reply(message)
