"""Servers of other projects for tests: real processes on ports and in directories of their own, gone afterwards."""

import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path


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


def wait_for_port(port: int) -> None:
    """Waits until something listens there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on {port}")
