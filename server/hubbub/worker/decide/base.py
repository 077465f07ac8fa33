"""One function for all commands, to which the modules of this package add their own."""

from functools import singledispatch

from hubbub.commands.base import Done, WriteCommand
from hubbub.worker.batch import Batch


@singledispatch
def decide(command: WriteCommand, batch: Batch, at: int) -> Done:
    """Carries out a command in `batch` at the time `at` (ms): changes the batch and returns what was done, or raises
    Refused and changes nothing. Every rule and every permission is checked here, whoever checked it before."""
    raise NotImplementedError(f"no rule for {type(command).__name__}")
