"""One process owns an SQLite file: a lock on a file beside it, which also says where that process answers."""

import fcntl
import json
import os
from pathlib import Path
from time import monotonic, sleep

from hubbub.storage.files import about


class InUse(Exception):
    """Another process serves this data directory."""


_SIZE = 300  # bytes of the lock file: a process id and a URL
LOCK_WAIT = 1.0  # s: `owner` holds the lock for an instant, which must not look like an owner


class DataLock:
    """Held from `acquire` until the process ends; then the kernel releases it."""

    def __init__(self, data_dir: Path, *, wait: float = LOCK_WAIT) -> None:
        """`wait`: seconds that `acquire` tries for."""
        self.path = data_dir / "hubbub.lock"
        self._wait = wait
        self._file: int | None = None

    def acquire(self) -> None:
        """Raises InUse, with the owner's process id, if the directory has an owner."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(file, self._wait):
            os.close(file)
            raise InUse(f"{self.path.parent} is in use by process {owner(self.path.parent).get('pid') or '?'}.")
        self._file = file
        self.announce(None)

    def announce(self, url: str | None) -> None:
        """Writes the owner's URL into the lock file."""
        assert self._file is not None
        data = json.dumps({"pid": os.getpid(), "url": url}).encode()
        with about(self.path):
            os.pwrite(self._file, data.ljust(_SIZE), 0)  # always of one size, so that no reader sees half of two

    def release(self) -> None:
        """Releases the lock. The file stays, so that two owners can never lock two different files."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None


def owner(data_dir: Path) -> dict[str, object]:
    """{"pid", "url"} of the process that serves `data_dir`, both None while it starts; {} if none does."""
    try:
        with (data_dir / "hubbub.lock").open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(file.read())
    except FileNotFoundError:
        pass
    return {}


def _read(data: bytes) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads(data)
    except ValueError:
        found = {"pid": None, "url": None}
    return found


def _try_lock(file: int, wait: float) -> bool:
    deadline = monotonic() + wait
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > deadline:
                return False
            sleep(0.05)
        else:
            return True
