"""How far authors have read, kept for their other devices."""

from hubbub.commands.people import PutSeen
from hubbub.domain.actor import Actor
from hubbub.services.base import Services
from hubbub.storage.seen import Seen, read_seen


async def seen_by(services: Services, actor: Actor, thread: str) -> Seen | None:
    """How far an author has read in a thread. Refused `not_found` if there is no such thread."""
    found = await services.history.ref(thread)
    return await services.database.read(read_seen, actor.id, found.id)


async def keep_seen(services: Services, actor: Actor, thread: str, number: int) -> Seen | None:
    """Keeps that an author has read up to the comment `number`; returns what is known now. Raises Refused."""
    await services.command_bus.submit(PutSeen(thread, actor, number))
    return await seen_by(services, actor, thread)
