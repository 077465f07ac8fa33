"""Whose a name is, and names that are free."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from hubbub.domain.errors import Refused, name_taken
from hubbub.domain.model import Member, Role, Site
from hubbub.names.folding import fold, is_nobody, keys
from hubbub.names.nicks import DRAWN, like, nicks
from hubbub.storage.people import bearers

KEPT_MS = 180 * 24 * 3600 * 1000  # as long as a guest's token: who is away for longer can't show that it was theirs
_ROUNDS = 4  # of names to look up until enough are free


class Claim(NamedTuple):
    """An author (by their id) who wants to write under a name."""

    site: str
    author: str
    name: str


def holders(db: Connection, claims: Collection[Claim], at: int) -> dict[Claim, set[str]]:
    """The ids of those whose each name is: the authors who have written under it (or a look-alike) something that
    everybody sees, and have a passkey, or did so at most KEPT_MS before `at` (ms), or something that is held and waits.
    The name of those who give none is nobody's."""
    wanted = {claim: () if is_nobody(claim.name) else keys(claim.name) for claim in claims}
    names = {(claim.site, key) for claim in claims for key in wanted[claim]}
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for bearer in bearers(db, names, at - KEPT_MS):
        found[bearer.site, bearer.folded].add(bearer.id)
    return {claim: set().union(*(found[claim.site, key] for key in wanted[claim])) for claim in claims}


def check_name(db: Connection, claim: Claim, reserved: Collection[str], at: int, *, kept: bool) -> None:
    """Refused `name_taken` where a guest can't have a name: it is `reserved`, or another's on a site where names are
    `kept`. Who writes under a name already goes on, whoever else does."""
    held = holders(db, [claim], at)[claim]
    if claim.author not in held and ((kept and held) or is_reserved(claim.name, reserved)):
        raise taken(db, claim, reserved, at)


def taken(db: Connection, claim: Claim, reserved: Collection[str], at: int) -> Refused:
    """The refusal of a claim, with three names that are free: much like it, but for a reserved one."""
    offered = nicks() if is_reserved(claim.name, reserved) else like(claim.name)
    return name_taken(free(db, claim.site, offered, reserved, at))


def free(
    db: Connection, site: str, offered: Iterator[str], reserved: Collection[str], at: int, count: int = DRAWN
) -> list[str]:
    """The first `count` of the names offered that are nobody's, each once; fewer if there are hardly any."""
    found: dict[str, None] = {}
    for _ in range(_ROUNDS):
        claims = [Claim(site, "", name) for name in dict.fromkeys(islice(offered, 2 * count))]
        held = holders(db, claims, at)
        found |= {one.name: None for one in claims if not held[one] and not is_reserved(one.name, reserved)}
        if len(found) >= count:
            break
    return list(found)[:count]


def reserved_names(site: Site | None, members: Iterable[Member]) -> frozenset[str]:
    """The folded names that no guest may have on a site: its staff's, the words for them, and the site's title."""
    title = None if site is None else site.settings.title
    names = [role.value for role in Role if role is not Role.GUEST] + [member.name for member in members]
    return frozenset(map(fold, [*names, title] if title else names))


def is_reserved(name: str, reserved: Collection[str]) -> bool:
    """Whether a name looks like one of the `reserved` ones."""
    return not keys(name).isdisjoint(reserved)


def draw(db: Connection, site: str, reserved: Collection[str], at: int) -> list[str]:
    """Friendly names that are free on a site."""
    return free(db, site, nicks(), reserved, at)
