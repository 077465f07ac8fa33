"""Commands that wait for their time. Meanwhile storage keeps them as JSON; their kind is the command's class."""

import msgspec

from hubbub.commands.base import Subject, WriteCommand
from hubbub.commands.moderation import ReleaseHeld
from hubbub.commands.threads import CloseThread
from hubbub.commands.votes import ScoreThread

Planned = CloseThread | ScoreThread | ReleaseHeld
KINDS = frozenset({"CloseThread", "ScoreThread", "ReleaseHeld"})

_DECODER: msgspec.json.Decoder[Planned] = msgspec.json.Decoder(Planned)


class CarryOutPlanned(WriteCommand, frozen=True):
    """Carries out a command that is due, the plan with this `id`. Made by workers alone; `payload` is the command."""

    harmless_twice = True

    id: str
    payload: str

    @property
    def planned(self) -> Planned:
        """The command."""
        return _DECODER.decode(self.payload)

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return self.planned.subject


def to_payload(command: Planned) -> str:
    """A command as storage keeps it."""
    return msgspec.json.encode(command).decode()
