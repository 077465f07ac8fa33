"""The names under which a batch's guests write, on sites where each name is its owner's."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from hubbub.domain.errors import Refused
from hubbub.names.folding import fold, keys
from hubbub.services.names import Claim, holders, is_reserved, reserved_names, taken
from hubbub.storage.people import lock_names, members_of
from hubbub.storage.sites import all_sites


@dataclass(slots=True)
class Names:
    """What the batch's claims of names come to."""

    _refused: dict[Claim, Refused] = field(default_factory=dict)
    _first: dict[Claim, Collection[str]] = field(default_factory=dict)  # new to their name → what is reserved there
    _given: dict[tuple[str, str], str] = field(default_factory=dict)

    def load(self, db: Connection, claims: Collection[Claim], at: int) -> None:
        """Judges the claims. Those who write under their name already cost one query; where some don't, their names are
        locked first, so that of two workers one sees what the other has given."""
        held = holders(db, claims, at)
        new = {claim for claim in claims if claim.author not in held[claim]}
        if not new:
            return
        lock_names(db, {(claim.site, fold(claim.name)) for claim in new})
        held, reserved = holders(db, new, at), _reserved(db, {claim.site for claim in new})
        for claim in new:
            if held[claim] - {claim.author} or is_reserved(claim.name, reserved[claim.site]):
                self._refused[claim] = taken(db, claim, reserved[claim.site], at)
            else:
                self._first[claim] = reserved[claim.site]

    def take(self, db: Connection, claim: Claim, at: int) -> None:
        """Gives an author a name. Refused `name_taken`, which of two who are new to it meets the second."""
        refused = self._refused.get(claim)
        if refused is not None:
            raise refused
        if claim not in self._first:
            return
        if {self._given.get((claim.site, key), claim.author) for key in keys(claim.name)} != {claim.author}:
            raise taken(db, claim, self._first[claim], at)
        self._given[claim.site, fold(claim.name)] = claim.author


def _reserved(db: Connection, names: Collection[str]) -> Mapping[str, Collection[str]]:
    sites = {site.name: site for site in all_sites(db)}
    staff = members_of(db, names)
    return {name: reserved_names(sites.get(name), [one for one in staff if one.site == name]) for name in names}
