"""What a batch knows of people: the authors that sites know, their comments of the day, and whether the tokens of staff
are still valid (G13)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from hubbub.commands import AnyWrite
from hubbub.commands.posting import PostComment
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Comment
from hubbub.domain.people import Staff
from hubbub.domain.permissions import STAFF, Permission
from hubbub.names.folding import fold, is_nobody
from hubbub.storage.people import add_comments, add_to_authors, comments_of, members_of

DAY = 24 * 3600  # s


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
                "original": None if is_nobody(author.name) else author.name,
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
            row["folded"] = fold(row["name"])
        add_to_authors(db, list(self._rows.values()))


@dataclass(slots=True)
class Quota:
    """The daily limit: comments a day (UTC) of the authors of one batch. It is counted in storage, so it holds for all
    workers and across restarts. `most` 0 means no limit. Staff are not counted."""

    most: int = 0
    _day: int = 0
    _before: dict[str, int] = field(default_factory=dict)
    _new: Counter[str] = field(default_factory=Counter)

    def load(self, db: Connection, posts: Sequence[PostComment], at: int) -> None:
        """Reads, in one query, how many comments the batch's authors have written on the day of `at` (ms)."""
        authors = {post.actor.id for post in posts if not post.actor.may(Permission.NO_QUOTA)}
        self._day = at // 1000 // DAY
        if self.most and authors:
            self._before = comments_of(db, self._day, authors)

    def take(self, actor: Actor, at: int) -> None:
        """Counts one more. Raises Refused `rate_limited`, with the seconds that are left of the day."""
        if not self.most or actor.may(Permission.NO_QUOTA):
            return
        if self._before.get(actor.id, 0) + self._new[actor.id] >= self.most:
            message = f"That was comment {self.most:,} today; please come back tomorrow."
            raise Refused(ErrorCode.RATE_LIMITED, message, (self._day + 1) * DAY - at // 1000)
        self._new[actor.id] += 1

    def write(self, db: Connection) -> None:
        """Stores what was counted."""
        add_comments(db, self._day, self._new)


def load_staff(db: Connection, commands: Sequence[AnyWrite]) -> Staff:
    """Reads the staff of the sites whose staff sent commands. Guests cost no query."""
    actors = [actor for command in commands if (actor := _member_behind(command)) is not None]
    return Staff.of(members_of(db, {actor.site for actor in actors})) if actors else Staff()


def with_rights(staff: Staff, command: AnyWrite) -> AnyWrite:
    """The command with the actor's present rights. Refused `unauthorized` if the actor has none any more."""
    actor = _member_behind(command)
    if actor is None:
        return command
    now = staff.check(actor)
    return command if now == actor else replace(command, actor=now)


def _member_behind(command: AnyWrite) -> Actor | None:
    """Who of the staff sent a command, if anybody did."""
    actor: Actor | None = getattr(command, "actor", None)
    return actor if actor is not None and actor.role in STAFF else None
