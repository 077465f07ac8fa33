"""What is measured, with a thread, readers and writers: here the one process, in `fleet` the many."""

import asyncio
import shutil
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.bench.machine import SERVER_CORE, cpu_ns, on
from tests.bench.native import BUILT, Readers, Returners
from tests.bench.posters import Poster, pack
from tests.support.server import Server
from tests.support.tokens import mint

KEY = "/bench"
PATIENCE = 30.0  # s until something counts as lost
SETTLED = 2.5  # s: presence is pushed every 2 s while it changes


class Subject(ABC):
    """Two empty threads, one of which nobody reads, and the ports where they are served; for `with`."""

    thread = ""
    unread_thread = ""
    ports: Sequence[int] = ()

    def __init__(self) -> None:
        BUILT.mkdir(exist_ok=True)
        self.directory = Path(tempfile.mkdtemp(prefix="data-", dir=BUILT))  # on the repository's disk
        self._connected = 0

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self.stop(kind, error, at)
        finally:
            shutil.rmtree(self.directory)

    @abstractmethod
    def start(self) -> None:
        """Starts it and opens the threads."""

    @abstractmethod
    def stop(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Ends all of it."""

    @abstractmethod
    def cpu_ns(self) -> int:
        """The CPU time that serving readers has taken."""

    @abstractmethod
    def moderator_token(self) -> str:
        """A token of somebody who may close."""

    @property
    def port(self) -> int:
        """Where it listens; the first of several."""
        return self.ports[0]

    @property
    def url(self) -> str:
        """The same as a URL."""
        return f"http://127.0.0.1:{self.port}"

    def readers(self, count: int) -> Readers:
        """Readers who have joined the thread, spread over all ports."""
        return Readers(self.ports, count, pack({"cmd": "join", "ref": 1, "thread": self.thread}))

    def returners(self, count: int, seq: int, spread: float = 0.0) -> Returners:
        """Readers who have joined the thread at the first port from `seq` on; one that loses its node goes to the next
        port, within `spread` seconds."""
        return Returners(self.ports, count, self.thread, self.shown()["epoch"], seq, spread)

    def shown(self) -> Any:
        """The thread as the last node shows it."""
        url = f"http://127.0.0.1:{self.ports[-1]}/api/v1/threads?site=demo&key={KEY}"
        return httpx.get(url, trust_env=False).raise_for_status().json()["thread"]

    async def writer(self) -> Poster:
        """A guest who may post; the next one at the next port."""
        self._connected += 1
        return await Poster.connect(self.ports[self._connected % len(self.ports)], self.guest())

    async def moderator(self) -> Poster:
        """Somebody who may close."""
        return await Poster.connect(self.port, self.moderator_token())

    def guest(self) -> str:
        """A token of somebody who may post."""
        answer = httpx.post(f"{self.url}/api/v1/sessions", json={"site": "demo", "name": "Ada"}, trust_env=False)
        token: str = answer.raise_for_status().json()["token"]
        return token

    async def pace(self, writer: Poster, events: int, rate: float, readers: Readers | None = None) -> None:
        """Posts `events` comments, `rate` a second or fewer: the next only when all `readers` have the last one.
        Without readers, to the thread that nobody reads."""
        begun = time.monotonic()
        for event in range(events):
            await asyncio.sleep(begun + event / rate - time.monotonic())
            await writer.post(self.thread if readers else self.unread_thread)
            if readers is not None:
                await readers.reached(event + 1, PATIENCE)


class Embedded(Subject):
    """`hubbub serve`, alone on its core; `python` is where to import hubbub from, for an older one."""

    def __init__(self, python: Path | None = None) -> None:
        super().__init__()
        self._python = python

    def start(self) -> None:
        """See Subject."""
        self.server = Server(self.directory / "data", python=self._python)
        with on(SERVER_CORE):
            self.server.start()
        self.ports = [self.server.port]
        self.thread = self.server.open_thread(KEY)
        self.unread_thread = self.server.open_thread(f"{KEY}/unread")

    def stop(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """See Subject."""
        self.server.__exit__(kind, error, at)

    def cpu_ns(self) -> int:
        """See Subject."""
        return cpu_ns(self.server.pid)

    def moderator_token(self) -> str:
        """See Subject."""
        return mint(self.server.data_dir, "moderator")


async def settle() -> None:
    """Waits until nothing but what is asked for happens any more."""
    await asyncio.sleep(SETTLED)
