"""A `Link` over plain ASGI messages, for servers other than ours: the same behaviour, with a task and a queue a
reader."""

import asyncio
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from hubbub.domain.limits import FRAME_BYTES
from hubbub.live.connection import Connection
from hubbub.live.intake import CLOSING
from hubbub.live.verdicts import complaints
from hubbub.protocol.close_codes import TOO_LARGE

HIGH_WATER = 64 * 1024  # bytes waiting before the reader counts as behind
LOW_WATER = 16 * 1024


class AsgiLink:
    """Sends from a buffer of its own, pausing the connection as a transport would."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._waiting: list[bytes] = []
        self._size = 0
        self._filled = asyncio.Event()
        self._receiving = asyncio.Event()
        self._receiving.set()
        self._closing: tuple[int, str] | None = None
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None

    def write(self, data: bytes) -> None:
        """See Link."""
        self._waiting.append(data)
        self._size += len(data)
        self._filled.set()
        if self._connection is not None and self._size > HIGH_WATER and not self._connection.paused:
            self._connection.pause()

    def close(self, code: int, reason: str) -> None:
        """See Link."""
        self._closing = (code, reason)
        self._filled.set()

    def abort(self) -> None:
        """See Link; ASGI knows no harder way than ending the application."""
        if self._task is not None:
            self._task.cancel()

    def pause_receiving(self) -> None:
        """See Link."""
        self._receiving.clear()

    def resume_receiving(self) -> None:
        """See Link."""
        self._receiving.set()

    async def run(self, connection: Connection, receive: Callable[[bytes, bool], None]) -> None:
        """Carries messages both ways until either side closes."""
        self._connection = connection
        self._task = asyncio.create_task(self._send())
        reading = asyncio.create_task(self._read(receive))
        try:
            await asyncio.wait((self._task, reading), return_when=asyncio.FIRST_COMPLETED)
            if self._closing is not None:
                await asyncio.wait((self._task,), timeout=CLOSING)
        finally:
            self._task.cancel()
            reading.cancel()
            connection.lost()

    async def _read(self, receive: Callable[[bytes, bool], None]) -> None:
        while (
            self._closing is None
        ):  # after a verdict nothing is looked at; how much is read is the server's own business
            await self._receiving.wait()
            message = await self._websocket.receive()
            # After a verdict nothing is looked at; how much is read is for the server around us to say.
            if message["type"] == "websocket.disconnect" or self._closing is not None:
                return
            text, data = message.get("text"), message.get("bytes")
            payload: bytes = (data or b"") if text is None else text.encode()
            if len(payload) > FRAME_BYTES:
                complaints.note(TOO_LARGE.name)
                self.close(TOO_LARGE.code, TOO_LARGE.name)
                return
            receive(payload, text is None)

    async def _send(self) -> None:
        assert self._connection is not None
        binary = self._connection.variant.codec.binary
        try:
            while True:
                await self._filled.wait()
                self._filled.clear()
                waiting, self._waiting = self._waiting, []
                for payload in waiting:
                    await (
                        self._websocket.send_bytes(payload) if binary else self._websocket.send_text(payload.decode())
                    )
                    self._size -= len(payload)
                    if self._connection.paused and self._size < LOW_WATER:
                        self._connection.resume()
                if self._closing is not None and not self._waiting:
                    await self._websocket.close(*self._closing)
                    return
        except (WebSocketDisconnect, RuntimeError):  # the peer left while we wrote
            return
