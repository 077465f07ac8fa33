"""One function for all commands, to which the modules of this package add their own."""

from functools import singledispatch

from sqlalchemy import Connection

from hubbub.commands.base import Done, WriteCommand
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.storage.idempotency import handled_before
from hubbub.worker.batch import Batch


@singledispatch
def decide(command: WriteCommand, batch: Batch, at: int) -> Done:
    """Carries out a command in `batch` at the time `at` (ms): changes the batch and returns what was done, or raises
    Refused and changes nothing. Every rule and every permission is checked here, whoever checked it before."""
    raise NotImplementedError(f"no rule for {type(command).__name__}")


def check_unused(db: Connection, use: str, message: str) -> None:
    """Refused `unauthorized` where something that is good once was used before: who uses it stores `use` as handled,
    which two at the same moment can't both do."""
    if handled_before(db, [use]):
        raise Refused(ErrorCode.UNAUTHORIZED, message)
