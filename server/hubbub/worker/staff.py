"""Checks, in a batch's transaction, whether the tokens behind its commands are still valid (G13)."""

from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from hubbub.commands import AnyWrite
from hubbub.domain.actor import Actor
from hubbub.domain.people import Staff
from hubbub.domain.permissions import STAFF
from hubbub.storage.people import members_of


def load_staff(db: Connection, commands: Sequence[AnyWrite]) -> Staff:
    """Reads the staff of the sites whose staff sent commands. Guests cost no query."""
    actors = [actor for command in commands if (actor := _actor_of(command)) is not None and actor.role in STAFF]
    return Staff(members_of(db, {actor.site for actor in actors}))


def with_rights(staff: Staff, command: AnyWrite) -> AnyWrite:
    """The command with the actor's present rights. Refused `unauthorized` if the actor has none any more."""
    actor = _actor_of(command)
    if actor is None or actor.role not in STAFF:
        return command
    now = staff.check(actor)
    return command if now == actor else replace(command, actor=now)


def _actor_of(command: AnyWrite) -> Actor | None:
    return getattr(command, "actor", None)
