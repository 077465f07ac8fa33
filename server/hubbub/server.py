"""The server process: uvicorn with our WebSocket protocol, and a graceful shutdown that no client can delay."""

import asyncio
import gc
import resource
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import typer
import uvicorn
from starlette.applications import Starlette

from hubbub.live.uvicorn_protocol import LiveProtocol
from hubbub.web.http_protocol import Door, HttpProtocol
from hubbub.web.node import Node

DRAIN = 1.0  # s that commands under way get for their answers
GRACE = 1  # s that HTTP requests under way get
BACKLOG = 4096  # connections the kernel may hold while we accept: a storm of returning readers
PING = (
    20.0  # s, both the interval and the time for a pong: short enough for proxies that drop idle connections after 60
)


# A terminal that closes ends what it started, unless that was told to ignore it (nohup).
_HANGUP = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
SIGNALS = (signal.SIGINT, signal.SIGTERM, *_HANGUP)


class Server(uvicorn.Server):
    """Ends cleanly on SIGINT, SIGTERM and SIGHUP, with exit code 0. Without a node there are no live connections.
    Prints `greeting` once it listens. `proxies` may have any number of connections."""

    def __init__(
        self, application: Starlette, node: Node | None = None, greeting: str = "", proxies: Sequence[str] = ()
    ) -> None:
        self._door = Door(proxies, lambda: node is not None and node.limits.enabled)
        super().__init__(
            uvicorn.Config(
                application,
                ws=LiveProtocol,
                http=cast(type[asyncio.Protocol], partial(HttpProtocol, door=self._door)),
                loop="uvloop",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                ws_per_message_deflate=False,  # LiveProtocol agrees on its own kind
                ws_ping_interval=PING,
                ws_ping_timeout=PING,
                timeout_graceful_shutdown=GRACE,
                backlog=BACKLOG,
            )
        )
        self._node = node
        self._greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens. Signals are captured by now: whoever reads the greeting may send one."""
        await super().startup(sockets)
        if self._greeting:
            typer.echo(self._greeting)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        if counter % 10 == 0:
            self._door.look(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Asks the loop for signals; unlike uvicorn's own, does not raise them once more at the end."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._end, number)
        yield

    def _end(self, number: signal.Signals) -> None:
        self.force_exit = self.should_exit and number is not signal.SIGHUP  # asked twice: now; a terminal does both
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops listening, lets commands under way finish, says goodbye, closes."""
        for server in self.servers:
            server.close()
        if self._node is not None:
            if self._node.running:
                await asyncio.wait(set(self._node.running), timeout=DRAIN)
            self._node.hub.goodbye()
        await super().shutdown(sockets)


class _PlaceholderServer(Server):
    """Leaves signals alone: they end the process, as if nobody served."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """See Server."""
        yield


@asynccontextmanager
async def placeholder_server(application: Starlette, listener: socket.socket) -> AsyncIterator[None]:
    """Serves `application` while the body runs. The listening socket stays open for the server that comes next: a
    client that connects in between waits."""
    server = _PlaceholderServer(application)
    serving = asyncio.create_task(server.serve([listener.dup()]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def freeze_gc() -> None:
    """Excludes what was loaded at the start from garbage collection, and collects rarely. The passes over it were up to
    half the cost of accepting readers."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(150_000, 50, 100)


def raise_fd_limit() -> None:
    """Raises the limit of file descriptors as far as the system allows. Each reader needs one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def bind(host: str, port: int, *, shared: bool = False) -> tuple[socket.socket, str]:
    """A listening socket and its URL; OSError if the address can't be had. The kernel deals new connections out evenly
    to all `shared` sockets of one address."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener, url_of(listener)


def bind_unix(path: Path) -> socket.socket:
    """A listening Unix socket in place of one that nobody listens on any more; OSError if it can't be had. Whoever may
    enter its directory may connect."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _is_left_over(path):
            path.unlink()
        listener.bind(str(path))
        path.chmod(0o666)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _is_left_over(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking:
        try:
            knocking.connect(str(path))
        except ConnectionRefusedError:
            return path.is_socket()
        except OSError:
            pass
    return False


def url_of(listener: socket.socket) -> str:
    """Where a listening socket is reached from this machine; `unix:PATH` for a Unix socket."""
    bound = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"unix:{bound}"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bound[0], bound[0])  # noqa: S104 (bound to all: named by one)
    return f"http://{f'[{host}]' if ':' in host else host}:{bound[1]}"
