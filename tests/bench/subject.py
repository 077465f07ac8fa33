"""The server under test, alone on its core, with a thread, readers and writers."""

import asyncio
import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.bench.machine import SERVER_CORE, cpu_ns, on
from tests.bench.native import BUILT, Readers
from tests.bench.posters import Poster, pack
from tests.support.server import Server
from tests.support.tokens import mint

KEY = "/bench"
PATIENCE = 30.0  # s until something counts as lost
SETTLED = 2.5  # s: presence is pushed every 2 s while it changes


class Subject:
    """A fresh server with two empty threads, one of which nobody reads; for `with`. Its data are on the repository's
    disk."""

    def __init__(self) -> None:
        BUILT.mkdir(exist_ok=True)
        self._directory = Path(tempfile.mkdtemp(prefix="data-", dir=BUILT))
        self.server = Server(self._directory / "data")

    def __enter__(self) -> Self:
        try:
            with on(SERVER_CORE):
                self.server.start()
            self.thread = self.server.open_thread(KEY)
            self.unread_thread = self.server.open_thread(f"{KEY}/unread")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self.server.__exit__(kind, error, at)
        finally:
            shutil.rmtree(self._directory)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server.port

    def cpu_ns(self) -> int:
        """The CPU time it has had."""
        return cpu_ns(self.server.pid)

    def readers(self, count: int) -> Readers:
        """Readers who have joined the thread."""
        return Readers(self.port, count, pack({"cmd": "join", "ref": 1, "thread": self.thread}))

    async def writer(self) -> Poster:
        """A guest who may post."""
        return await Poster.connect(self.port, self._guest())

    async def moderator(self) -> Poster:
        """Somebody who may close."""
        return await Poster.connect(self.port, mint(self.server.data_dir, "moderator"))

    def _guest(self) -> str:
        answer = httpx.post(f"{self.server.url}/api/v1/sessions", json={"site": "demo", "name": "Ada"}, trust_env=False)
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


async def settle() -> None:
    """Waits until nothing but what is asked for happens any more."""
    await asyncio.sleep(SETTLED)
