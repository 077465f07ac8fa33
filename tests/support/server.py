"""Real `hubbub serve` processes for tests: started on a free port, signalled, killed and started again on the same."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0  # s until a server counts as hanging; on a busy machine, not a measure of speed
POLL = 0.01  # s
LOG_LINES = 60


class Server:
    """One server and its data directory, for `with`. Limits are off unless `env` sets HUBBUB_RATE_LIMITS to on.

    On leaving it is stopped with SIGTERM and has to exit with 0. A failure inside gets the server's last log lines.
    """

    def __init__(
        self, data_dir: Path, *, demo: bool = True, env: Mapping[str, str] | None = None, python: Path | None = None
    ) -> None:
        self.data_dir = data_dir
        self.port = 0
        self.url = ""
        self._demo = demo
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
        # `python`: where to import hubbub from, for a copy with a planted fault.
        self.env = {**clean, "PYTHONPATH": str(python or ROOT / "server"), "HUBBUB_RATE_LIMITS": "off", **(env or {})}
        self._log = data_dir.with_name(f"{data_dir.name}.log")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self.running:
                code = self.stop()
                assert code == 0, f"expected exit code 0, got {code}; the server's log:\n{self.log()}"
        finally:
            if error is not None:
                error.add_note(f"The server's log:\n{self.log()}")

    # The process

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None, "expected a server that was started"
        return self._process.pid

    def start(self) -> None:
        """Starts it, on the port it had before if it had one, and waits until it is ready."""
        assert not self.running, "expected a server that is stopped"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self.command(), env=self.env, cwd=ROOT, stdout=log, stderr=log)
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def command(self) -> list[str]:
        """What is run."""
        words = [sys.executable, "-m", "hubbub", "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        return [*words, "--data-dir", str(self.data_dir), *(["--demo"] if self._demo else [])]

    def kill(self) -> None:
        """SIGKILL: it gets no chance to do anything more."""
        assert self._process is not None, "expected a server that was started"
        self._process.kill()
        self._process.wait()

    def terminate(self) -> None:
        """SIGTERM, without waiting."""
        assert self._process is not None, "expected a server that was started"
        self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Waits for the end; the exit code. AssertionError if it does not end in time."""
        assert self._process is not None, "expected a server that was started"
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {seconds:g} s; its log:\n{self.log()}") from None

    def stop(self, seconds: float = PATIENCE) -> int:
        """SIGTERM, and waits for the end; the exit code."""
        self.terminate()
        return self.wait(seconds)

    def restart(self) -> None:
        """Stops it if it runs, and starts it again on the same port and data."""
        if self.running:
            self.stop()
        self.start()

    def log(self) -> str:
        """The last lines of what it has printed."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-LOG_LINES:])

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._ready():
            if not self.running:
                raise AssertionError(f"the server ended with {self.wait()}; its log:\n{self.log()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"the server was not ready within {PATIENCE:g} s; its log:\n{self.log()}")
            time.sleep(POLL)

    def _ready(self) -> bool:
        """Whether this very process has said where it answers, and does."""
        try:
            said = json.loads((self.data_dir / "hubbub.lock").read_bytes())
        except (FileNotFoundError, ValueError):
            return False  # not there yet, or half written
        if said.get("pid") != self.pid or not said.get("url"):
            return False
        self.url = said["url"]
        self.port = httpx.URL(self.url).port or 0
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False, timeout=PATIENCE).is_success
        except httpx.TransportError:
            return False

    # What an operator does

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`hubbub WORDS` with this data directory, whatever comes of it."""
        return subprocess.run(
            [sys.executable, "-m", "hubbub", *words, "--data-dir", str(self.data_dir)],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def cli(self, *words: str) -> str:
        """`hubbub WORDS` with this data directory; what it prints. AssertionError if it fails."""
        done = self.run(*words)
        assert done.returncode == 0, f"hubbub {' '.join(words)} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def token(self, role: str = "moderator", site: str = "demo", name: str | None = None) -> str:
        """A bearer token of a `moderator` or `owner`."""
        return self.cli("token", "--site", site, "--role", role, *(["--name", name] if name else [])).strip()

    def close_thread(self, key: str, site: str = "demo", reason: str | None = None) -> None:
        """Closes a page's thread."""
        self.cli("close", "--site", site, "--key", key, *(["--reason", reason] if reason else []))

    def reopen_thread(self, key: str, site: str = "demo") -> None:
        """Reopens a page's thread."""
        self.cli("reopen", "--site", site, "--key", key)

    # Its HTTP API, for what tests need besides the client

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> Any:
        """The JSON of a GET that succeeds."""
        answer = httpx.get(f"{self.url}{path}", params=query, headers=headers, trust_env=False, timeout=PATIENCE)
        assert answer.is_success, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def open_thread(self, key: str, site: str = "demo") -> str:
        """The id of a page's thread, made now if need be: only a page may do that, so its origin is given."""
        page = {"Origin": "http://localhost:9999"}
        return str(self.get("/api/v1/threads", headers=page, site=site, key=key)["thread"]["id"])
