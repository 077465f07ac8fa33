"""A real WebSocket server on loopback that plays a script, for what a real Hubbub does only when all goes wrong."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import websockets
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from hubbub.protocol.codec import MSGPACK
from hubbub.protocol.views import CommentView, EventView, ThreadView

SOON = 10.0  # s: far more than anything here takes; a script that waits longer has lost its way
Script = Callable[["Peer"], Awaitable[None]]
Refuse = Callable[[ServerConnection, Request], Response | None]


class Peer:
    """The server's end of one connection."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket

    async def expect(self, name: str) -> dict[str, Any]:
        """The next command, which must be a `name`."""
        async with asyncio.timeout(SOON):
            data = await self.socket.recv()
        assert isinstance(data, bytes), f"expected a binary frame, got {data!r}"
        command = MSGPACK.decode(data)
        assert isinstance(command, dict)
        assert command["cmd"] == name, f"expected {name}, got {command}"
        return command

    async def send(self, **message: object) -> None:
        """One message."""
        await self.socket.send(MSGPACK.encode(message))

    async def answer(self, command: dict[str, Any], **fields: object) -> None:
        """{"re": …, "ok": true, …}"""
        await self.send(re=command["ref"], ok=True, **fields)

    async def refuse(self, command: dict[str, Any], code: str, retry_after: float | None = None) -> None:
        """{"re": …, "ok": false, "error": …}"""
        error = {"code": code, "message": "No.", "retry_after": retry_after}
        await self.send(re=command["ref"], ok=False, error=error)

    async def push(self, *events: EventView, epoch: str = "e1") -> None:
        """Events of the thread `t`."""
        await self.send(push="events", thread="t", epoch=epoch, events=events)

    async def joined(self, view: ThreadView, *comments: CommentView) -> dict[str, Any]:
        """Expects a join, answers it with a snapshot."""
        command = await self.expect("join")
        await self.answer(command, thread=view, comments=comments, more=False)
        return command

    async def resumed(self, view: ThreadView, *events: EventView, more: bool = False) -> dict[str, Any]:
        """Expects a join from a place on, answers it with the events since; the place itself."""
        command = await self.expect("join")
        assert "after" in command, f"expected a place in the log, got {command}"
        await self.answer(command, thread=view, events=events, more=more)
        after: dict[str, Any] = command["after"]
        return after

    async def rest(self) -> None:
        """Stays until the client goes."""
        await self.socket.wait_closed()

    def abort(self) -> None:
        """The connection is cut without a word."""
        self.socket.transport.abort()


class Scripted:
    """Plays the first script on the first connection, and so on; the last one on all that follow.

    A script's failure is raised at the end. `connections` counts how many there were.
    """

    def __init__(self, *scripts: Script, refuse: Refuse | None = None) -> None:
        self._scripts = scripts
        self._refuse = refuse
        self._failures: list[BaseException] = []
        self._server: Server | None = None
        self.connections = 0
        self.url = ""

    async def __aenter__(self) -> Self:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = await serve(
            self._play,
            sock=listener,
            subprotocols=[websockets.Subprotocol(MSGPACK.subprotocol)],
            process_request=self._refuse,
            ping_interval=None,
            close_timeout=0.2,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()
        if self._failures and not isinstance(error, asyncio.CancelledError):
            raise self._failures[0]

    async def _play(self, socket: ServerConnection) -> None:
        script = self._scripts[min(self.connections, len(self._scripts) - 1)]
        self.connections += 1
        try:
            await script(Peer(socket))
        except websockets.ConnectionClosedOK:
            return  # the client left in the middle of the script: its own asserts say whether it may
        except Exception as error:
            self._failures.append(error)
            socket.transport.abort()
