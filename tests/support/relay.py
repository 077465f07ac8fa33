"""A TCP relay before servers, so that the way to them can be bad: cut, half open, or stalled."""

import asyncio
import socket
import struct
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with 0 s: closing sends a reset rather than the rest


class Relay:
    """Relays to the server at `url`, of whatever scheme; `.url` is the same with the relay's own host and port.

    With several servers each connection goes to the next one that takes it, as a load balancer does it.
    """

    def __init__(self, url: str, *more: str) -> None:
        self._there = [_address(one) for one in (url, *more)]
        self._parts = urlsplit(url)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.connections = 0
        self.held = b""  # what has come since `stall` and does not pass
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        user = f"{self._parts.username}@" if self._parts.username else ""
        port = self._server.sockets[0].getsockname()[1]
        self.url = self._parts._replace(netloc=f"{user}127.0.0.1:{port}").geturl()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def freeze(self) -> None:
        """From here on, nothing passes on the connections there are (half open); new ones work."""
        self._flowing.clear()
        self._flowing = asyncio.Event()
        self._flowing.set()

    def stall(self) -> None:
        """Nothing passes on any connection, until `resume`; then everything does, late."""
        self.held = b""
        self._flowing.clear()

    def resume(self) -> None:
        """Ends `stall`."""
        self._flowing.set()

    def cut(self) -> None:
        """All connections there are end at once with a reset, and whatever was under way on them is lost."""
        for writer in list(self._writers):
            with suppress(OSError):  # it may have ended just now
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            there, back = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        flowing = self._flowing
        for source, sink in ((reader, back), (there, writer)):
            self._writers.add(sink)
            task = asyncio.create_task(self._pump(source, sink, flowing))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To the next server, or else to the one after it and so on; OSError if none of them is there."""
        self._there.append(self._there.pop(0))
        for host, port in self._there[:-1]:
            with suppress(OSError):
                return await asyncio.open_connection(host, port)
        return await asyncio.open_connection(*self._there[-1])

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, flowing: asyncio.Event) -> None:
        try:
            while data := await source.read(65536):
                if not flowing.is_set():
                    self.held += data
                await flowing.wait()
                sink.write(data)
                await sink.drain()
        except OSError:
            pass  # one side was cut: so is the other
        finally:
            self._writers.discard(sink)
            sink.close()


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None, f"expected a host in {url!r}"
    assert parts.port is not None, f"expected a port in {url!r}"
    return parts.hostname, parts.port
