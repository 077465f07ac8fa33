"""Explains errors of the file system in a sentence: the path, its owner, and what to do."""

import errno
import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ELSEWHERE = "name another directory with --data-dir or HUBBUB_DATA_DIR"
_PROBE = b"\0" * 4096  # bytes: a block, which a full disk has no room for


@contextmanager
def about(path: Path) -> Iterator[None]:
    """Adds the path to an OSError that lacks it, as after writing to an open file."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def explain(error: OSError) -> str:
    """The path, what is wrong with it, and what to do."""
    path = Path(os.fsdecode(error.filename)).absolute()
    said = (error.strerror or str(error)).lower()
    match error.errno:
        case errno.EACCES | errno.EPERM:
            return f"{path}: {said}; {whose(path)}. Let this user read and write there (chown, chmod), or {ELSEWHERE}."
        case errno.EEXIST | errno.ENOTDIR | errno.EISDIR | errno.ELOOP:
            return f"{path}: {said}; {whose(path)}. Move what is there away, or {ELSEWHERE}."
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return f"{path}: {said}; {whose(path)}. Free some space there, or {ELSEWHERE}."
        case _:
            return f"{path}: {said}; {whose(path)}. Make it a directory that can be written, or {ELSEWHERE}."


def whose(path: Path) -> str:
    """The owner of a path, or of the directory that it would be made in."""
    found = _nearest(path)
    try:
        owner = _name(found.stat().st_uid)
    except OSError:
        owner = "nobody known"
    return f"{'it' if found == path else found} belongs to {owner}, and this runs as {_name(os.geteuid())}"


def check_writable(directory: Path) -> None:
    """OSError unless something can be written in `directory`, or where it would be made; nothing is left behind."""
    try:
        with tempfile.TemporaryDirectory(dir=_nearest(directory)) as made, (Path(made) / "probe").open("wb") as file:
            file.write(_PROBE)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        error.filename = str(directory)
        raise


def free_bytes(path: Path) -> int:
    """What a process without privileges may still write where `path` is or would be; OSError."""
    found = os.statvfs(_nearest(path))
    return found.f_bavail * found.f_frsize


def _nearest(path: Path) -> Path:
    """The path, or the nearest of those it is in that exists."""
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    return path


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
