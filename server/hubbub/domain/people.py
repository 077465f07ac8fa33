"""People as a site knows them."""

import unicodedata
from dataclasses import dataclass

from hubbub.domain.model import Author


@dataclass(frozen=True, slots=True)
class KnownAuthor:
    """Somebody who has commented on a site, under the name of their last comment; `comments` are those that everybody
    sees, times are in ms. `standing` is None for all but those whom the staff decided about."""

    site: str
    author: Author
    email: str | None
    first_seen: int
    last_seen: int
    comments: int
    standing: str | None = None


def fold_name(name: str) -> str:
    """A name as names are compared: without regard to case, width and ligatures (Unicode TR 15, NFKC)."""
    return unicodedata.normalize("NFKC", name).casefold()
