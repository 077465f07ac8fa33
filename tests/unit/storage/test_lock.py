"""One process owns a data directory, until it ends, however it ends."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hubbub.storage.lock import DataLock, InUse, owner

ROOT = Path(__file__).parents[3]
HOLD = """
import sys
from pathlib import Path
from hubbub.storage.lock import DataLock
lock = DataLock(Path(sys.argv[1]))
lock.acquire()
lock.announce("http://127.0.0.1:1234")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def other_process(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock of `data_dir` until its stdin ends."""
    command = [sys.executable, "-c", HOLD, str(data_dir)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "server")}
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, env=environ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_an_owner_is_named_with_its_address(tmp_path: Path) -> None:
    lock = DataLock(tmp_path / "new")
    lock.acquire()
    assert owner(tmp_path / "new") == {"pid": os.getpid(), "url": None}
    lock.announce("http://127.0.0.1:8000")
    assert owner(tmp_path / "new") == {"pid": os.getpid(), "url": "http://127.0.0.1:8000"}
    lock.announce("http://[::1]:1")
    assert owner(tmp_path / "new") == {"pid": os.getpid(), "url": "http://[::1]:1"}
    lock.release()
    assert owner(tmp_path / "new") == {}


def test_nobody_owns_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert owner(tmp_path / "none") == {}
    assert not (tmp_path / "none").exists()


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    lock = DataLock(tmp_path)
    lock.acquire()
    assert lock.path.stat().st_mode & 0o777 == 0o600
    lock.release()


def test_a_second_owner_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    first, second = DataLock(tmp_path, wait=0), DataLock(tmp_path, wait=0)
    first.acquire()
    with pytest.raises(InUse, match=f"in use by process {os.getpid()}"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_releasing_without_owning_is_nothing(tmp_path: Path) -> None:
    first, second = DataLock(tmp_path, wait=0), DataLock(tmp_path, wait=0)
    first.acquire()
    second.release()
    assert owner(tmp_path)["pid"] == os.getpid()
    first.release()
    first.release()


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    lock = DataLock(tmp_path, wait=0)
    with other_process(tmp_path) as process:
        assert owner(tmp_path) == {"pid": process.pid, "url": "http://127.0.0.1:1234"}
        with pytest.raises(InUse, match=str(process.pid)):
            lock.acquire()
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert owner(tmp_path) == {}, "what it wrote is still there, but says nothing any more"
        lock.acquire()
        assert owner(tmp_path) == {"pid": os.getpid(), "url": None}
        lock.release()


@pytest.mark.parametrize("written", ["", '{"pid": 12', json.dumps({"pid": 12, "url": None})])
def test_a_directory_that_is_held_is_never_said_to_be_free(tmp_path: Path, written: str) -> None:
    """An owner that has not written its name yet, or is just doing so, is an owner."""
    with (tmp_path / "hubbub.lock").open("w") as file:
        file.write(written)
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        assert owner(tmp_path) != {}
        with pytest.raises(InUse):
            DataLock(tmp_path, wait=0).acquire()


def test_asking_who_owns_a_directory_does_not_keep_anybody_from_owning_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`owner` holds a shared lock for a moment; an owner-to-be that comes just then only has to try again."""
    (tmp_path / "hubbub.lock").touch()
    asking = (tmp_path / "hubbub.lock").open()
    fcntl.flock(asking, fcntl.LOCK_SH)
    real = fcntl.flock

    def flock(file: int, operation: int) -> None:
        try:
            real(file, operation)
        except BlockingIOError:
            asking.close()
            raise

    monkeypatch.setattr(fcntl, "flock", flock)
    lock = DataLock(tmp_path, wait=10.0)
    with asking:
        lock.acquire()
        lock.release()
