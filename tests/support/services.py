"""Real Redis and PostgreSQL servers for tests: own ports, own directories, gone afterwards."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """One server process that can be signalled, killed and started again on the same port and directory."""

    def __init__(self, command: list[str], directory: Path, url: str, user: str | None = None) -> None:
        self.command = command
        self.directory = directory
        self.url = url
        self._user = user
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the process; whether it answers is for the caller to wait for."""
        log = (self.directory / "log").open("ab")
        with log:
            self.process = subprocess.Popen(
                self.command, cwd=self.directory, stdout=log, stderr=log, user=self._user, group=self._user
            )

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ends the process and waits for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@contextmanager
def redis_server(*options: str) -> Iterator[Service]:
    """Redis without persistence."""
    port = free_port()
    with TemporaryDirectory(prefix="hubbub-redis-") as directory:
        command = [
            "redis-server",
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            *options,
        ]
        service = Service(command, Path(directory), f"redis://127.0.0.1:{port}/0")
        service.start()
        try:
            _wait_for_port(port)
            yield service
        finally:
            service.end()


@contextmanager
def postgresql_server() -> Iterator[Service]:
    """PostgreSQL with an empty database `hubbub`; never as root, which it refuses."""
    programs = _postgresql_programs()
    user = "postgres" if os.geteuid() == 0 else None
    port = free_port()
    with TemporaryDirectory(prefix="hubbub-pg-") as name:
        directory = Path(name)
        if user is not None:
            shutil.chown(directory, user, user)
        role = user or getpass.getuser()
        subprocess.run(
            [programs / "initdb", "-D", "data", "-A", "trust", "-E", "UTF8", "--no-sync"],
            cwd=directory,
            check=True,
            capture_output=True,
            user=user,
            group=user,
        )
        command = [str(programs / "postgres"), "-D", "data", "-p", str(port), "-k", str(directory), "-h", "127.0.0.1"]
        service = Service(command, directory, f"postgresql://{role}@127.0.0.1:{port}/hubbub", user)
        service.start()
        try:
            _create_database(f"postgresql://{role}@127.0.0.1:{port}/postgres")
            yield service
        finally:
            service.end(signal.SIGINT)  # fast: ends connections rather than wait for them


def _create_database(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE DATABASE hubbub")
                return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _postgresql_programs() -> Path:
    """Debian keeps them by version, off PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else Path(shutil.which("initdb") or "initdb").parent


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on {port}")
