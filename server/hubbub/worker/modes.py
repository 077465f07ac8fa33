"""The mode of a thread: who may write in it, how often, and what is held back before others see it."""

import math
from dataclasses import dataclass, field

from sqlalchemy import Connection

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused, forbidden
from hubbub.domain.model import DELAY, Hold, Thread, Who
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
        if mode.who == Who.KNOWN and not _is_known(db, thread, actor):
            raise forbidden("Only those who have commented on this site before may comment here for now.")
        if mode.slow:
            self._check_pace(db, thread, actor, at)

    def why_held(self, db: Connection, thread: Thread, actor: Actor, html: str) -> str | None:
        """The rule that holds back a comment with this HTML; None where everybody sees it at once. What only a newer
        version knows holds it back."""
        hold = thread.mode.hold
        if actor.may(Permission.ANY_MODE):
            return None
        let_be = hold == Hold.NONE or (hold == Hold.LINKS and not has_link(html))
        if let_be or (hold == Hold.NEW and _is_known(db, thread, actor)):
            return DELAY if thread.mode.delay else None
        return hold

    def check_edit(self, thread: Thread, actor: Actor, before: str, after: str) -> None:
        """Refused `forbidden` where an edit would show everybody what a post of it would not."""
        hold = thread.mode.hold
        if actor.may(Permission.ANY_MODE) or hold in (Hold.NONE, Hold.NEW):
            return
        if hold != Hold.LINKS or (has_link(after) and not has_link(before)):
            raise forbidden("A moderator reads this before others see it; please write another comment.")

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


def has_link(html: str) -> bool:
    """Whether a rendered comment has a link or an image."""
    return "<a " in html or "<img " in html


def _is_known(db: Connection, thread: Thread, actor: Actor) -> bool:
    author = author_by_id(db, thread.site, actor.id)
    return author is not None and author.comments > 0
