"""`hubbub serve --workers N`: runs N `hubbub web` on one port and two `hubbub worker`. Restarts a process that dies,
and ends all of them together."""

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import monotonic

import structlog
import typer

from hubbub.cli.options import listen, listening, reached
from hubbub.server import SIGNALS, url_of

WORKERS = 2  # so that one takes over at once when the other dies
MIN_WAIT, MAX_WAIT = 0.1, 10.0  # s before a process that died is restarted; doubles each time
LONG_LIFE = 30.0  # s; a process that ran for longer is restarted after MIN_WAIT
END_TIMEOUT = 20.0  # s; longer than a worker may take to finish its batch
_PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None)

log = structlog.get_logger()


def supervise(host: str, port: int, webs: int, uds: Path | None, public_url: str | None) -> None:
    """Runs until SIGINT, SIGTERM or SIGHUP. Each web process has its own listening socket (with `uds` they share one).
    It stays open while the process restarts, so a client that connects meanwhile waits and is not refused."""
    if uds is None:
        listeners = [listen(host, port, shared=True)]
        port = listeners[0].getsockname()[1]
        listeners += [listen(host, port, shared=True) for _ in range(webs - 1)]
        _run(listeners, public_url)
        return
    with listening(host, port, uds) as listener:
        _run([listener] * webs, public_url)


def _run(listeners: Sequence[socket.socket], public_url: str | None) -> None:
    url, webs = url_of(listeners[0]), len(listeners)
    line = f"Hubbub serves {url}  ({webs} web processes, {WORKERS} workers; Ctrl-C ends them)"
    typer.echo("\n".join([line, *reached(listeners[0], public_url)]))
    asyncio.run(_supervise(listeners))


async def _supervise(listeners: Sequence[socket.socket]) -> None:
    ending = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    webs = [Child(["web", "--fd", str(listener.fileno())], listener) for listener in listeners]
    workers = [Child(["worker"]) for _ in range(WORKERS)]
    keeping = [asyncio.create_task(child.keep()) for child in (*workers, *webs)]
    await ending.wait()
    for task in keeping:
        task.cancel()
    await asyncio.gather(*keeping, return_exceptions=True)
    for listener in listeners:
        listener.close()
    for children in (webs, workers):  # the workers answer what the web processes have asked
        await asyncio.gather(*(child.end() for child in children))


class Child:
    """A process that is restarted whenever it dies."""

    def __init__(self, words: Sequence[str], listener: socket.socket | None = None, *, wait: float = MIN_WAIT) -> None:
        """`wait`: seconds before the first restart."""
        self._words = words
        self._min_wait = wait
        self._files = () if listener is None else (listener.fileno(),)
        self._process: Process | None = None

    async def keep(self) -> None:
        """Runs the process until cancelled. Cancelling leaves the process running."""
        wait = self._min_wait
        while True:
            started = monotonic()
            try:
                self._process = await self._start()
            except OSError as error:  # no memory or no process to be had just now
                log.error("process_not_started", command=self._words[0], error=str(error), again_in=wait)
            else:
                code = await self._process.wait()
                wait = self._min_wait if monotonic() - started > LONG_LIFE else min(wait * 2, MAX_WAIT)
                log.error("process_ended", command=self._words[0], code=code, again_in=wait)
            await asyncio.sleep(wait)

    async def _start(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hubbub", *self._words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=self._files,
            start_new_session=True,  # Ctrl-C is for the supervisor, which ends them in order
            preexec_fn=partial(_end_with, os.getpid()),
        )

    async def end(self) -> None:
        """Sends SIGTERM, and SIGKILL if the process has not ended after END_TIMEOUT."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(END_TIMEOUT):
                await self._process.wait()
        except TimeoutError:
            log.error("process_killed", command=self._words[0])
            self._process.kill()
            await self._process.wait()


def _end_with(parent: int) -> None:
    """Runs in the child: ends it when the supervisor is killed, since nobody would restart or end it."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it was killed before
        os._exit(1)
