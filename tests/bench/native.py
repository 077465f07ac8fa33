"""The load tools in C: built when their source is newer, and spoken to in lines."""

import asyncio
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.bench.machine import LOAD_CORES, SERVER_CORE, on

HERE = Path(__file__).parent
SOURCES = HERE / "native"
BUILT = HERE / "build"
FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wshadow", "-Werror"]
MARKER = "kind"  # the key that each event has once, in both encodings
WINDOW = 256  # connections being opened at a time


def build(name: str) -> Path:
    """The tool's program."""
    program = BUILT / name
    newest = max(source.stat().st_mtime for source in [SOURCES / f"{name}.c", *SOURCES.glob("*.h")])
    if not program.exists() or program.stat().st_mtime < newest:
        BUILT.mkdir(exist_ok=True)
        subprocess.run(["gcc", *FLAGS, "-o", str(program), str(SOURCES / f"{name}.c")], check=True)
    return program


class Tool:
    """A running tool that answers lines with lines of JSON; for `with`."""

    def __init__(self, name: str, *words: str, cores: set[int] = LOAD_CORES) -> None:
        command = [str(build(name)), *words]
        with on(cores):
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def say(self, line: str) -> None:
        """Sends a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        """The next line it prints; it says on stderr why it ended, if it did."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        return json.loads(line)

    def ask(self, line: str) -> Any:
        """A line, and what it is answered."""
        self.say(line)
        return self.hear()


class Readers(Tool):
    """Many readers in one thread; `joined_seconds` is what it took until all of them were."""

    def __init__(self, ports: Sequence[int], count: int, join: bytes) -> None:
        words = ["ws", "/api/v1/live", "hubbub.v1.msgpack", "-", join.hex(), str(WINDOW), MARKER]
        super().__init__("readers", ",".join(map(str, ports)), str(count), *words)
        self.count = count
        self.joined_seconds: float = self.hear()["seconds"]

    def mark(self, *, awake: bool = False) -> None:
        """Begins to count anew; see readers.c."""
        self.ask("mark awake" if awake else "mark")

    def expect(self, events: int, seconds: float) -> None:
        """`counts` will answer when every reader has got `events`, or when the time is over."""
        self.say(f"wait {events} {seconds}")

    async def reached(self, events: int, seconds: float) -> None:
        """Waits until every reader has got `events`; RuntimeError if that takes longer."""
        self.say(f"reach {events} {seconds}")
        if not (await asyncio.to_thread(self.hear))["reached"]:
            raise RuntimeError(f"expected {events} events for each reader within {seconds} s")

    def counts(self, events: int) -> Any:
        """What `expect` waited for; RuntimeError if some reader did not get exactly so many events."""
        counts = self.hear()
        if (counts["least"], counts["most"], counts["dead"]) != (events, events, 0):
            raise RuntimeError(f"expected {events} events for each reader, got {counts}")
        return counts


class BareReaders(Readers):
    """The same over the plain connections of `SendLoop`."""

    def __init__(self, port: int, count: int) -> None:
        Tool.__init__(self, "readers", str(port), str(count), "bare", MARKER)
        self.count = count
        self.joined_seconds = self.hear()["seconds"]


class Returners(Tool):
    """Readers who know their place and come back; `first` are the counts when all had joined for the first time."""

    def __init__(self, ports: Sequence[int], count: int, thread: str, epoch: str, seq: int, spread: float) -> None:
        super().__init__("returners", str(count), str(spread), thread, epoch, str(seq), *map(str, ports))
        self.count = count
        self.first = self._sound(self.hear())

    def mark(self) -> None:
        """Begins to count anew."""
        self.ask("mark")

    async def back(self, lost: int, seconds: float) -> Any:
        """The counts when so many were lost and all are live again; RuntimeError if that takes longer, or somebody
        missed an event."""
        return self._sound(await asyncio.to_thread(self.ask, f"back {lost} {seconds}"))

    async def reach(self, seq: int, seconds: float) -> Any:
        """The counts when all have the event `seq`; RuntimeError as above."""
        return self._sound(await asyncio.to_thread(self.ask, f"reach {seq} {seconds}"))

    @staticmethod
    def _sound(counts: Any) -> Any:
        if not counts["done"] or counts["gaps"] or counts["copies"] or counts["resets"]:
            raise RuntimeError(f"expected every event once and in time, got {counts}")
        return counts


class SendLoop(Tool):
    """The bare loop of send() that fan-out is compared with, on the server's core."""

    def __init__(self, count: int) -> None:
        super().__init__("sendloop", str(count), cores=SERVER_CORE)
        self.port: int = self.hear()["port"]

    def start(self, events: int, size: int, rate: float) -> None:
        """Sends; `hear` tells what it cost."""
        self.say(f"run {events} {size} {rate}")


def http_load(port: int, request: bytes, seconds: float, connections: int = 8) -> Any:
    """Asks the same again and again; see httpload.c."""
    with Tool("httpload", str(port), str(connections), str(seconds), request.hex()) as tool:
        told = tool.hear()
    if told["status"]["other"] or not told["answers"]:
        raise RuntimeError(f"expected 200 or 304, got {told}")
    return told
