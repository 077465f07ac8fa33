"""A real server, somebody who floods it, and what another reader meets meanwhile."""

import http.client
import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.floods.kinds import PAGE, kinds
from tests.support import plain_http
from tests.support.nginx import certificate, nginx
from tests.support.processes import PATIENCE, ROOT
from tests.support.server import Server

PAUSE = 0.05  # s between a prober's questions
SETTLED = 5.0  # s that memory has to come back
KEY = "/2026/12/01/flood"

# What a flood may do. One attempt of three may be the machine's fault; a fault of ours breaks all of them.
ANSWER = 1.0  # s that another reader may wait
MEMORY = 64.0  # MiB over the start, for one connection
LEFT = 32.0  # MiB, which may be freed and still be the process's
LINES = 20  # of the log
TRIES = 3


class Measured(NamedTuple):
    """What a flood did: seconds of the slowest answer and of a comment's delivery, MiB of memory over the start at the
    peak and 5 s after it, lines in the log, and what the flooder sent (MiB), opened and saw ended."""

    answer: float
    delivery: float
    peak: float
    left: float
    lines: int
    sent: float
    opened: int
    ended: int

    def broken(self, connections: int) -> list[str]:
        """Which bounds were."""
        held = {
            "answer": self.answer <= ANSWER,
            "delivery": self.delivery <= ANSWER,
            "memory": self.peak <= MEMORY or connections > 1,
            "memory after it": self.left <= LEFT,
            "log": self.lines <= LINES,
        }
        return [name for name, bound in held.items() if not bound]


class Arena:
    """A server with rate limits, reached at `url`, and the way a flooder takes to it."""

    def __init__(self, server: Server, port: int) -> None:
        self.server = server
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.thread = server.open_thread(KEY)
        self._tokens = [_token(server.url) for _ in range(6)]

    def check_borne(self, kind: str, connections: int, seconds: float) -> None:
        """AssertionError unless one of TRIES floods stays within bounds: the machine may be busy meanwhile."""
        tries = [self.flood(kind, connections, seconds)]
        while tries[-1].broken(connections):
            assert len(tries) < TRIES, f"expected one of {TRIES} floods to be borne: {tries}"
            tries.append(self.flood(kind, connections, seconds))

    def flood(self, kind: str, connections: int, seconds: float) -> Measured:
        """Floods and watches."""
        memory, lines = self._memory(), self._lines()
        peak = memory
        with _Prober(self.url, self.thread, self._next_token()) as prober:
            flooder = self._flooder(kind, connections, seconds)
            posted = time.monotonic() + seconds / 2
            while flooder.poll() is None:
                if prober.posted is None and time.monotonic() > posted:
                    prober.post()
                peak = max(peak, self._memory())
                time.sleep(PAUSE)
            prober.wait_until_settled()
            peak = max(peak, self._memory())
            done = json.loads(flooder.communicate()[0])
        deadline = time.monotonic() + SETTLED
        while (left := self._memory() - memory) > LEFT and time.monotonic() < deadline:
            time.sleep(PAUSE)
        return Measured(
            answer=max(prober.answers),
            delivery=prober.delivery,
            peak=peak - memory,
            left=left,
            lines=self._lines() - lines,
            sent=done["sent"] / 2**20,
            opened=done["opened"],
            ended=done["ended"],
        )

    def _next_token(self) -> str:
        self._tokens.append(self._tokens.pop(0))
        return self._tokens[-1]

    def _flooder(self, kind: str, connections: int, seconds: float) -> "subprocess.Popen[bytes]":
        assert kind in kinds(self.thread), f"expected a kind of flood, got {kind!r}"
        words = [kind, "127.0.0.1", str(self.port), self.thread, str(connections), str(seconds)]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.floods.flooder", *words], cwd=ROOT, stdout=subprocess.PIPE
        )

    def _memory(self) -> float:
        """MiB of resident memory (proc(5))."""
        status = Path(f"/proc/{self.server.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def _lines(self) -> int:
        return self.server.said().count("\n")


class _Prober:
    """Asks over an own live connection and over HTTP again and again, and follows the thread on another connection."""

    def __init__(self, url: str, thread: str, token: str) -> None:
        self._url = url
        self._thread = thread
        self._token = token
        self._ends = threading.Event()
        self._threads: list[threading.Thread] = []
        self._came = threading.Event()
        self._connections = ExitStack()
        self._id = str(uuid.uuid4())
        self.answers: list[float] = [0.0]
        self.posted: float | None = None
        self.delivery = 0.0

    def __enter__(self) -> "_Prober":
        self._asker, self._writer, self._reader = (self._connections.enter_context(self._connect()) for _ in range(3))
        _ask(self._reader, cmd="join", ref=1, thread=self._thread)
        _ask(self._writer, cmd="hello", ref=1, token=self._token)
        works: list[Callable[[], None]] = [
            lambda: self._measure(lambda: _ask(self._asker, cmd="leave", ref=1, thread="x")),
            lambda: self._measure(self._look),
            self._follow,
        ]
        self._threads = [threading.Thread(target=work, daemon=True) for work in works]
        for thread in self._threads:
            thread.start()
        return self

    def _connect(self) -> AbstractContextManager[ClientConnection]:
        uri = self._url.replace("http", "ws", 1) + "/api/v1/live"
        return connect(
            uri, origin=Origin(PAGE), subprotocols=[Subprotocol("hubbub.v1.json")], ping_interval=None, max_size=None
        )

    def _look(self) -> None:
        """A request on a connection of its own."""
        connection = http.client.HTTPConnection(self._url.removeprefix("http://"), timeout=PATIENCE)
        connection.request("GET", "/healthz", headers={"Connection": "close"})
        status = connection.getresponse().status
        assert status == 200, f"expected 200, got {status}"
        connection.close()

    def _measure(self, ask: Callable[[], Any]) -> None:
        while not self._ends.is_set():
            began = time.monotonic()
            ask()
            self.answers.append(time.monotonic() - began)
            time.sleep(PAUSE)

    def _follow(self) -> None:
        try:
            for data in self._reader:
                if self.posted is not None and self._id in str(data):
                    self.delivery = time.monotonic() - self.posted
                    self._came.set()
        except ConnectionClosed:
            return

    def post(self) -> None:
        """One comment, whose delivery is timed."""
        self.posted = time.monotonic()
        message = {"cmd": "post", "ref": 2, "thread": self._thread, "id": self._id, "body": "hello"}
        self._writer.send(json.dumps(message))

    def wait_until_settled(self) -> None:
        """Until the comment has come, and the questions are answered that were asked during the flood."""
        if self.posted is None:
            self.post()
        assert self._came.wait(PATIENCE), "expected a comment to be delivered within a minute"
        self._ends.set()
        for thread in self._threads[:2]:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "expected an answer within a minute"

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._connections.close()


def _token(url: str) -> str:
    """A guest's: each may post so much, and several share that out."""
    answer = plain_http.post(f"{url}/api/v1/sessions", json={"site": "demo"}, headers={"Origin": PAGE})
    return str(answer.raise_for_status().json()["token"])


def _ask(connection: ClientConnection, **fields: object) -> None:
    """A command, and its answer."""
    connection.send(json.dumps(fields))
    while json.loads(connection.recv(PATIENCE)).get("re") != fields["ref"]:
        pass


@contextmanager
def arena(directory: Path, *, proxied: bool = False, python: Path | None = None) -> Iterator[Arena]:
    """A server as everybody has it, with rate limits; `proxied`, behind deploy/nginx.conf, without its TLS: that would
    slow the flood down."""
    env = {"HUBBUB_RATE_LIMITS": "on", "HUBBUB_TRUSTED_PROXIES": "127.0.0.1" if proxied else ""}
    with Server(directory / "data", env=env, python=python) as server:
        if not proxied:
            yield Arena(server, server.port)
            return
        cert = certificate(directory)
        changes = {" ssl http2 backlog": " backlog"}
        with nginx(directory / "proxy", cert, [server.port, server.port], changes) as proxy:
            yield Arena(server, proxy.port)
