"""Notices that an SQLite database was removed or replaced under the process that has it open.

Such a process would go on in files without a name: it acknowledges what is gone when it ends.
"""

import os
import sqlite3

import structlog
from sqlalchemy.exc import OperationalError

log = structlog.get_logger()


class OpenFiles:
    """The database's file and its write-ahead log, as they were when they were first seen."""

    def __init__(self, path: str) -> None:
        self._names = (os.path.abspath(path), f"{os.path.abspath(path)}-wal")
        self._known: dict[str, tuple[int, int]] = {}
        self._told = False

    def check(self) -> None:
        """OperationalError, as when storage is away, unless they are still there; the log says so once."""
        for name in self._names:
            found = _identity(name)
            if found is not None:
                self._known.setdefault(name, found)
            if found != self._known.get(name):
                self._refuse(name)
        self._told = False

    def closed(self) -> None:
        """A connection was closed: with the last one SQLite removes the log itself."""
        self._known.pop(self._names[1], None)

    def _refuse(self, name: str) -> None:
        if not self._told:
            self._told = True
            hint = "nothing is stored until it is back; if it can't be, end this process and restore a backup"
            log.error("database_removed", file=name, hint=hint)
        error = sqlite3.OperationalError(f"{name} was removed or replaced while it was in use")
        raise OperationalError("", None, error)


def _identity(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_dev, found.st_ino
