"""The daily limit of comments by an author. It is counted in storage, so it holds for all workers and across
restarts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from hubbub.commands.posting import PostComment
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.permissions import Permission
from hubbub.storage import bounds

DAY = 24 * 3600  # s


@dataclass(slots=True)
class Quota:
    """Comments a day (UTC) of the authors of one batch. `most` 0 means no limit. Staff are not counted."""

    most: int = 0
    _day: int = 0
    _before: dict[str, int] = field(default_factory=dict)
    _new: Counter[str] = field(default_factory=Counter)

    def load(self, db: Connection, posts: Sequence[PostComment], at: int) -> None:
        """Reads, in one query, how many comments the batch's authors have written on the day of `at` (ms)."""
        authors = {post.actor.id for post in posts if not post.actor.may(Permission.NO_QUOTA)}
        self._day = at // 1000 // DAY
        if self.most and authors:
            self._before = bounds.comments_of(db, self._day, authors)

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
        bounds.add_comments(db, self._day, self._new)
