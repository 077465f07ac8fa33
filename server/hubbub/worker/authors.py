"""What one batch adds to the authors that sites know."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from hubbub.domain.model import Comment
from hubbub.domain.people import fold_name
from hubbub.storage.people import add_to_authors


@dataclass(slots=True)
class Authors:
    """Collects, for each author, the change of their visible comments and their latest name."""

    _rows: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def count(self, site: str, comment: Comment, change: int, email: str | None = None) -> None:
        """Counts `change` more visible comments of the author of `comment`."""
        author = comment.author
        row = self._rows.get((site, author.id))
        if row is None:
            row = {
                "site": site,
                "id": author.id,
                "first_seen": comment.at,
                "last_seen": -1,
                "email": None,
                "comments": 0,
            }
            self._rows[site, author.id] = row
        row["comments"] += change
        if comment.at >= row["last_seen"]:
            row["last_seen"] = comment.at
            row.update(name=author.name, website=author.website, role=author.role)
            row["email"] = email or row["email"]

    def write(self, db: Connection) -> None:
        """Stores what was counted, by one statement."""
        for row in self._rows.values():
            row["folded"] = fold_name(row["name"])
        add_to_authors(db, list(self._rows.values()))
