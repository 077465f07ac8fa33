"""A live connection without any of Hubbub's own client code: JSON, the websockets library and nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

Json = dict[str, Any]


class RawLive:
    """Sends commands and keeps every push in the order in which it came, until the connection ends.

    `on_message` is told of every push and reply, in the order in which they come; what it raises ends `reading`.
    """

    def __init__(self, socket: ClientConnection, on_message: Callable[[Json], None] | None = None) -> None:
        self._socket = socket
        self._on_message = on_message
        self._refs = count(1)
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self.pushes: list[Json] = []
        self.reading = asyncio.create_task(self._read())

    async def call(self, cmd: str, **fields: Any) -> Json:
        """A command's reply; ConnectionError when the connection ends before it."""
        ref = next(self._refs)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[ref] = answer
        try:
            await self._socket.send(json.dumps({"cmd": cmd, "ref": ref, **fields}))
        except websockets.ConnectionClosed as closed:
            raise ConnectionError(str(closed)) from None
        return await answer

    @property
    def close_code(self) -> int | None:
        """How the server closed, once it has."""
        return self._socket.close_code

    async def _read(self) -> None:
        try:
            async for data in self._socket:
                message = json.loads(data)
                if self._on_message is not None:
                    self._on_message(message)
                if "push" in message:
                    self.pushes.append(message)
                else:
                    waiting = self._waiting.pop(message["re"], None)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(message)
        except websockets.ConnectionClosed:
            pass  # an end like any other: `close_code` tells which
        finally:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError("the connection ended before the reply"))
                    waiting.exception()  # who asked may have left


@asynccontextmanager
async def raw_live(
    url: str, on_message: Callable[[Json], None] | None = None, *, ping: float | None = None
) -> AsyncIterator[RawLive]:
    """A connection to the server at `url`, given up when a ping is not answered within `ping` seconds.

    OSError or websockets' InvalidHandshake if there is none to be had.
    """
    uri = url.replace("http", "ws", 1) + "/api/v1/live"
    async with websockets.connect(
        uri,
        subprotocols=[websockets.Subprotocol("hubbub.v1.json")],
        max_size=None,
        open_timeout=10 if ping is None else 2 * ping,
        close_timeout=1,
        ping_interval=ping,
        ping_timeout=ping,
    ) as socket:
        live = RawLive(socket, on_message)
        try:
            yield live
        finally:
            live.reading.cancel()
