"""The mode of a thread: who may write in it, and how often."""

import math
from dataclasses import dataclass, field

from sqlalchemy import Connection

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused, forbidden
from hubbub.domain.model import Thread, Who
from hubbub.domain.permissions import Permission
from hubbub.storage.last_posts import begin_slow_mode, end_slow_mode, last_post_at
from hubbub.storage.people import author_by_id


@dataclass(slots=True)
class Modes:
    """Checks the posts of a batch in threads with a mode. `posted` is when authors wrote in threads with slow mode."""

    posted: dict[tuple[str, str], int] = field(default_factory=dict)  # thread, author → ms

    def check(self, db: Connection, thread: Thread, actor: Actor, at: int) -> None:
        """Refused `forbidden` or `slow_mode` where the actor may not write in `thread` at the time `at` (ms)."""
        mode = thread.mode
        if actor.may(Permission.ANY_MODE):
            return
        if mode.who == Who.STAFF:
            raise forbidden("Only the site's team may comment here for now.")
        if mode.who == Who.KNOWN:
            author = author_by_id(db, thread.site, actor.id)
            if author is None or not author.comments:
                raise forbidden("Only those who have commented on this site before may comment here for now.")
        if mode.slow:
            self._check_pace(db, thread, actor, at)

    def _check_pace(self, db: Connection, thread: Thread, actor: Actor, at: int) -> None:
        last = self.posted.get((thread.id, actor.id))
        if last is None:
            last = last_post_at(db, thread.id, actor.id)
        if last is not None and at < (free := last + thread.mode.slow * 1000):
            wait = math.ceil((free - at) / 1000)
            message = f"Slow mode: one comment every {thread.mode.slow} s. Please wait {wait} s."
            raise Refused(ErrorCode.SLOW_MODE, message, wait)

    def note(self, thread: Thread, actor: Actor, at: int) -> None:
        """An author has written in a `thread` with slow mode."""
        self.posted[thread.id, actor.id] = at

    def change_pace(self, db: Connection, thread: Thread, slow: int, at: int) -> None:
        """Slow mode begins in a thread, changes, or ends."""
        if not slow:
            end_slow_mode(db, thread.id)
        elif not thread.mode.slow:
            begin_slow_mode(db, thread, at - slow * 1000)
