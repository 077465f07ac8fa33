"""Starts `hubbub …` processes by a fork instead of by an exec: a server that has imported everything once forks them.

An import of all of Hubbub takes a second of processor time, or two where coverage is measured, and the tests start
hundreds of processes. What is forked is a process of its own in all else: its environment, output, signals and end.

The server listens on a Unix socket. A connection asks for one process by a line of JSON, is told its pid, and, when the
process ends, its exit code. The server ends when its standard input does: with whoever started it.
"""

import gc
import importlib
import json
import os
import secrets
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from coverage import Coverage

ROOT = Path(__file__).parents[2]
# Measuring takes a third of a server's time. It is left out where other tests run the same lines: of these tests,
UNMEASURED = (
    "tests/acceptance/",
    "tests/browser/",
    "tests/chaos/",
    "tests/integration/test_late_commands.py",
    "tests/integration/test_rolling_restart.py",
    "tests/integration/test_two_nodes.py",
)
# and of these commands where the same is asked of one process; tests/integration measures what makes them many;
ALIKE, ALIKE_COMMANDS = "tests/contract/", ("web", "worker")
# and of these wherever they prepare something: tests of the command line run them in their own process.
PREPARING = ("migrate", "site", "token")
# What `hubbub` imports at its start, and what it imports later.
PRELOADED = ("hubbub.cli", "typer._adapters", "alembic.command", "alembic.config", "alembic.context", "encodings.idna")


class ForkedProcess:
    """A `hubbub WORDS` that the fork server starts, its output at the end of two files. It has what the tests use of
    `subprocess.Popen`."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], stdout: Path, stderr: Path) -> None:
        self.returncode: int | None = None
        self._args = ["hubbub", *words]
        self._told = connect()
        request = {"words": list(words), "env": dict(env), "stdout": str(stdout), "stderr": str(stderr)}
        self._told.sendall(json.dumps(request).encode() + b"\n")
        self._lines = self._told.makefile()
        self.pid = int(self._lines.readline())

    def poll(self) -> int | None:
        """The exit code, a signal's number below zero; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end; the exit code. Raises subprocess.TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self._args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._told, selectors.EVENT_READ)
                if selector.select(timeout):
                    self.returncode = int(self._lines.readline())
                    self._lines.close()
                    self._told.close()
        return self.returncode


class _Started:
    """The fork server of this process, started by the first process that is asked for."""

    server: subprocess.Popen[bytes] | None = None
    address = ""


def connect() -> socket.socket:
    """A connection to this process's fork server."""
    if _Started.server is None:
        _Started.address = f"hubbub-tests-{os.getpid()}-{secrets.token_hex(4)}"
        env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'server'}"}
        command = [sys.executable, "-m", __name__, _Started.address]
        _Started.server = subprocess.Popen(command, env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert _Started.server.stdout is not None
        assert _Started.server.stdout.readline() == b"ready\n", "expected a fork server"
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(f"\0{_Started.address}")  # an abstract address: no file is left behind (unix(7))
    return connection


def stop() -> None:
    """Ends the fork server, so that what coverage it measured is there to be combined."""
    if _Started.server is not None:
        _Started.server.communicate()
        _Started.server = None


class _ForkServer:
    """The server's loop. `run` returns in each process that it forks, with what was asked for."""

    def __init__(self, address: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"\0{address}")
        self._listener.listen(64)
        self._running: dict[int, socket.socket] = {}
        self._ended, wakeup = socket.socketpair()
        wakeup.setblocking(False)
        self._wakeup = wakeup

    def run(self) -> dict[str, Any]:
        """Forks what is asked for, until standard input ends: then the process ends."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started it
        with selectors.DefaultSelector() as selector:
            for source in (self._listener, self._ended, sys.stdin):
                selector.register(source, selectors.EVENT_READ)
            print("ready", flush=True)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is sys.stdin:
                        sys.exit()
                    if key.fileobj is self._ended:
                        self._reap()
                    elif (request := self._fork()) is not None:
                        return request

    def _fork(self) -> dict[str, Any] | None:
        connection, _ = self._listener.accept()
        with connection.makefile() as lines:
            request: dict[str, Any] = json.loads(lines.readline())
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else signal.default_int_handler)
            for one in (self._listener, self._ended, self._wakeup, connection, *self._running.values()):
                one.close()
            return request
        self._running[pid] = connection
        connection.sendall(b"%d\n" % pid)
        return None

    def _reap(self) -> None:
        self._ended.recv(4096)
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            with self._running.pop(pid) as connection, suppress(OSError):  # nobody may wait for it
                connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _become(request: Mapping[str, Any]) -> None:
    """Takes on the environment and the output of what was asked for."""
    measuring = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_PROCESS_")}
    os.environ.clear()
    os.environ.update(request["env"])
    measured, test = Coverage.current(), os.environ.get("PYTEST_CURRENT_TEST", "")
    command = request["words"][0]
    alike = command in PREPARING or (test.startswith(ALIKE) and command in ALIKE_COMMANDS)
    if measured is not None and (alike or test.startswith(UNMEASURED)):
        measured.stop()
    else:
        os.environ.update(measuring)  # for the processes that a supervisor executes
    time.tzset()
    sys.argv = ["hubbub", *request["words"]]
    for path, number in ((os.devnull, 0), (request["stdout"], 1), (request["stderr"], 2)):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)


def _serve() -> NoReturn:
    for module in PRELOADED:
        importlib.import_module(module)
    if (measured := Coverage.current()) is not None:
        measured.save()  # what the imports ran, once: no process saves it again
    gc.freeze()  # no process has to look through all this again, as each server does when it begins
    _become(_ForkServer(sys.argv[1]).run())
    from hubbub.cli import main

    main()
    raise AssertionError("expected main to exit")


if __name__ == "__main__":
    _serve()
