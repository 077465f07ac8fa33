"""Pairing codes: eight letters that bring an author to another device, once, within ten minutes."""

from hashlib import blake2b
from secrets import choice

import msgspec

from hubbub.commands.people import PutPairing
from hubbub.commands.sites import UseCode
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.times import now_ms
from hubbub.services.base import Services
from hubbub.storage.pairing import read_pairing

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which look like digits: 10^11 codes
LENGTH = 8
PAIRING_MS = 10 * 60 * 1000


async def make_pairing(services: Services, actor: Actor) -> tuple[str, int]:
    """A code for an author, and when it ends (ms). Raises Refused."""
    code, ends = "".join(choice(LETTERS) for _ in range(LENGTH)), now_ms() + PAIRING_MS
    await services.command_bus.submit(PutPairing(_digest(actor.site, code), actor, ends))
    return code, ends


async def use_pairing(services: Services, site: str, code: str) -> Actor:
    """The author for whom a code stands, however it was typed. Refused `unauthorized` where it has ended, was used, or
    is of another site."""
    digest = _digest(site, "".join(filter(str.isalpha, code)).upper())
    found = await services.database.read(read_pairing, digest)
    if found is None:
        raise Refused(ErrorCode.UNAUTHORIZED, "This code is not valid, or no longer; ask for a new one.")
    await services.command_bus.submit(UseCode(f"pairing {digest}"))
    return msgspec.json.decode(found, type=Actor)


def _digest(site: str, code: str) -> str:
    return blake2b(f"{site} {code}".encode(), digest_size=16).hexdigest()
