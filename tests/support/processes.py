"""Real `hubbub …` processes for tests: started, signalled, killed and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import httpx

from tests.support import plain_http
from tests.support.fork_server import ForkedProcess

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # s until a process counts as hanging; on a busy machine, not a measure of speed
POLL = 0.01  # s
LOG_LINES = 60


def environment(env: Mapping[str, str] | None = None, python: Path | None = None) -> dict[str, str]:
    """This process's environment without its HUBBUB_* settings, limits off, and `env`; `python` is where to import
    hubbub from, for a copy with a planted fault. What is executed measures no coverage, which would double the time of
    its imports; forked processes do (fork_server)."""
    left_out = ("HUBBUB_", "COVERAGE_PROCESS_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**clean, "PYTHONPATH": str(python or ROOT / "server"), "HUBBUB_RATE_LIMITS": "off", **(env or {})}


def started(
    words: Sequence[str], env: Mapping[str, str], stdout: Path, stderr: Path
) -> ForkedProcess | subprocess.Popen[bytes]:
    """`hubbub WORDS`, its output at the end of the files: forked, or executed where what holds from a process's start
    (another copy of Hubbub, another clock) is not this process's own. Only tests fork: what a benchmark measures starts
    as an operator's does, and runs on the cores that it is given."""
    if "PYTEST_VERSION" in os.environ and _from_start(env) == _from_start(environment()):
        return ForkedProcess(words, env, stdout, stderr)
    with stdout.open("ab") as out, stderr.open("ab") as errors:
        return subprocess.Popen([sys.executable, "-m", "hubbub", *words], env=env, cwd=ROOT, stdout=out, stderr=errors)


def _from_start(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that only the start of a process reads."""
    return {name: value for name, value in env.items() if name.startswith(("PYTHON", "LD_", "MALLOC_", "LANG", "LC_"))}


def run(words: Sequence[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`hubbub WORDS` to its end, whatever comes of it."""
    with TemporaryDirectory() as directory:
        output = [Path(directory, name) for name in ("stdout", "stderr")]
        code = started(words, env, *output).wait(PATIENCE)
        return subprocess.CompletedProcess(["hubbub", *words], code, *(path.read_text() for path in output))


class Process:
    """One `hubbub WORDS`, its output in the file `log_file`; subclasses say when it is ready. For `with`: on leaving it
    is stopped with SIGTERM and has to exit with 0. A failure inside gets the process's last log lines."""

    def __init__(self, log_file: Path, env: Mapping[str, str]) -> None:
        self.env = dict(env)
        self._log = log_file
        self._began = 0  # bytes of the log when it was last started
        self._process: ForkedProcess | subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self.running:
                code = self.stop()
                assert code == 0, f"expected exit code 0, got {code}; the log:\n{self.log()}"
        finally:
            if error is not None:
                error.add_note(f"The log of {self.words()}:\n{self.log()}")

    def words(self) -> list[str]:
        """The command's words after `hubbub`."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether the process that was started last does its work."""
        raise NotImplementedError

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None, "expected a process that was started"
        return self._process.pid

    def start(self) -> None:
        """Starts it and waits until it is ready."""
        self.launch()
        try:
            self.wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def launch(self) -> None:
        """Starts it, without waiting."""
        assert not self.running, "expected a process that is stopped"
        self._log.touch()
        self._began = self._log.stat().st_size
        self._process = started(self.words(), self.env, self._log, self._log)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        assert self._process is not None, "expected a process that was started"
        self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL: it gets no chance to do anything more."""
        self.send(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def terminate(self) -> None:
        """SIGTERM, without waiting."""
        self.send(signal.SIGTERM)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Waits for the end; the exit code. AssertionError if it does not end in time."""
        assert self._process is not None, "expected a process that was started"
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.words()} did not end within {seconds:g} s; its log:\n{self.log()}") from None

    def stop(self, seconds: float = PATIENCE) -> int:
        """SIGTERM, and waits for the end; the exit code."""
        self.terminate()
        return self.wait(seconds)

    def restart(self) -> None:
        """Stops it if it runs, and starts it again."""
        if self.running:
            self.stop()
        self.start()

    def log(self) -> str:
        """The last lines of what it has printed."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-LOG_LINES:])

    def said(self) -> str:
        """What the process that was started last has printed."""
        return self._log.read_bytes()[self._began :].decode(errors="replace")

    def wait_until_ready(self) -> None:
        """AssertionError with its log if it ends or takes too long."""
        deadline = time.monotonic() + PATIENCE
        while not self.ready():
            if not self.running:
                raise AssertionError(f"{self.words()} ended with {self.wait()}; its log:\n{self.log()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.words()} was not ready within {PATIENCE:g} s; its log:\n{self.log()}")
            time.sleep(POLL)


def children(pid: int) -> list[int]:
    """The processes that a process has started and that live (proc(5))."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def words_of(pid: int) -> list[str]:
    """A process's command line; none if it has ended, which one that was listed just now may have."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def state_of(pid: int) -> str:
    """A process's state (proc(5)): R, S, D, T for one that is stopped, Z for one that has ended and that nobody has
    waited for. Empty if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


@contextmanager
def frozen(pids: Iterable[int]) -> Iterator[None]:
    """Around a time in which processes are stopped (SIGSTOP); those that have ended meanwhile are left out."""
    stopped = []
    try:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
                while state_of(pid) not in ("T", "Z", "X", ""):  # first it ends its system call, perhaps a fork
                    time.sleep(POLL)
        yield
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def family(pid: int) -> Iterator[int]:
    """A process, and then its children, listed only when they are asked for: if it is stopped by then, no more come."""
    yield pid
    yield from children(pid)


def answers(url: str) -> bool:
    """Whether a web node at `url` says that it is ready."""
    try:
        return plain_http.get(f"{url}/readyz").is_success
    except httpx.TransportError:
        return False
