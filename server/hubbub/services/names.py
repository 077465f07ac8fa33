"""Whose a name is, and names that are free."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from hubbub.domain.model import Member, Role, Site
from hubbub.names.folding import fold, is_nobody, keys
from hubbub.names.nicks import DRAWN, nicks
from hubbub.storage.people import bearers

KEPT_MS = 180 * 24 * 3600 * 1000  # as long as a guest's token: who is away for longer can't show that it was theirs
_ROUNDS = 4  # of names to look up until enough are free


class Claim(NamedTuple):
    """An author (by their id) who wants to write under a name."""

    site: str
    author: str
    name: str


def taken(db: Connection, claims: Collection[Claim], at: int) -> set[Claim]:
    """Those whose name is somebody else's: another author's, who has written under it at most KEPT_MS before `at` (ms)
    something that everybody sees. Who writes under a name already goes on, whoever else does."""
    wanted = {key for claim in claims for key in keys(claim.name)}
    holders: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for bearer in bearers(db, {claim.site for claim in claims}, wanted, at - KEPT_MS):
        holders[bearer.site, bearer.folded].add(bearer.id)

    def is_taken(claim: Claim) -> bool:
        found = {holder for key in keys(claim.name) for holder in holders[claim.site, key]}
        return bool(found) and claim.author not in found and not is_nobody(claim.name)

    return set(filter(is_taken, claims))


def free(
    db: Connection, site: str, offered: Iterator[str], reserved: Collection[str], at: int, count: int = DRAWN
) -> list[str]:
    """The first `count` of the names offered that are nobody's, each once; fewer if there are hardly any."""
    found: dict[str, None] = {}
    for _ in range(_ROUNDS):
        claims = [Claim(site, "", name) for name in dict.fromkeys(islice(offered, 2 * count))]
        others = taken(db, claims, at)
        found.update(
            {claim.name: None for claim in claims if claim not in others and not is_reserved(claim.name, reserved)}
        )
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
