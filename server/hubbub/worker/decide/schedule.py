"""The rules of what is due. See `base.decide`."""

from hubbub.commands.base import Done
from hubbub.commands.schedule import CarryOutPlanned
from hubbub.storage.schedule import take_due
from hubbub.worker.batch import Batch
from hubbub.worker.decide.base import decide


@decide.register
def carry_out(command: CarryOutPlanned, batch: Batch, at: int) -> Done:
    """Carries out what is due. Its thread is locked, so it happens once: whoever comes later finds the plan taken."""
    if not take_due(batch.db, command.id, command.payload):
        return Done()
    return decide(command.planned, batch, at)
