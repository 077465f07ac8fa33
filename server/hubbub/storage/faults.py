"""Classifies errors of storage: wait, try again, or blame the query."""

from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from hubbub.logs import describe
from hubbub.storage.files import ELSEWHERE, whose

# SQLSTATE classes (PostgreSQL's manual, appendix A) that a command's own contents can cause: data exceptions, integrity
# violations, limits such as an index row's size; and internal errors, which damaged rows cause. All other classes mean
# that storage is away, starting, read-only, full, busy, or not set up as it should be.
_CONTENTS = ("22", "23", "54", "XX")
_FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")  # the latter two: of what a process may write
_ROLLED_BACK = "40"  # deadlocks, serialization, a standby's conflicts: the same again may well succeed


def is_away(error: BaseException) -> bool:
    """Whether storage is unavailable, whatever the command. Nothing changed, and the command can be tried again
    later."""
    if isinstance(error, NoConnection):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = sqlstate(error)
    if state:
        return not state.startswith(_CONTENTS)
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def is_lost(error: BaseException) -> bool:
    """Whether the transaction was lost with its connection, so that it is worth trying again at once."""
    return isinstance(error, DBAPIError) and (error.connection_invalidated or sqlstate(error).startswith(_ROLLED_BACK))


def is_race(error: BaseException) -> bool:
    """Whether another process stored the same thing at the same moment. A second attempt finds it."""
    return isinstance(error, IntegrityError)


def sqlstate(error: DBAPIError) -> str:
    """PostgreSQL's five-character error code, or ""."""
    return getattr(error.orig, "sqlstate", None) or ""


def is_full(error: BaseException) -> bool:
    """Whether storage has no room: of a disk (SQLite, or PostgreSQL's class 53), or of what a process may write."""
    if not isinstance(error, DBAPIError):
        return False
    return sqlstate(error) == "53100" or _sqlite_name(error) in _FULL


def file_fault(error: DBAPIError, file: Path) -> str:
    """The same as `files.explain` for what SQLite says about its `file`."""
    name = _sqlite_name(error)
    if is_full(error):
        what, advice = "the disk is full", "Free some space there"
    elif name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_IOERR")):
        what, advice = describe(error), "Let this user read and write it and its directory (chown, chmod)"
    elif name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        what, advice = describe(error), "Another program works on it: end that one"
    elif name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        what, advice = describe(error), "Restore a backup of it"
    else:
        what, advice = describe(error), "Run: hubbub migrate"
    return f"{file.absolute()}: {what}; {whose(file)}. {advice}, or {ELSEWHERE}."


def _sqlite_name(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlite_errorname", None) or ""
