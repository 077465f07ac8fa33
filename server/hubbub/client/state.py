"""Merges snapshots and events: old snapshot + events = new snapshot. Pure, no I/O."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from hubbub.domain.events import KINDS, Kind
from hubbub.protocol.views import CommentView, CountsView, EventView, ThreadView


class Gap(Exception):
    """An event came before one that precedes it."""

    def __init__(self, expected: int, got: int) -> None:
        super().__init__(f"expected event {expected}, got {got}")
        self.expected = expected
        self.got = got


class Reset(msgspec.Struct, frozen=True, tag_field="kind", tag="reset"):
    """A thread at one moment. As an item of a reader's iteration: what came before is void, go on from here.

    `comments` are the newest ones, in any order; `more` says that the thread has older ones.
    """

    thread: ThreadView
    comments: list[CommentView]
    more: bool = False


class ThreadState:
    """One thread as known from a snapshot and the events since.

    Events may show their comment as it was or as it is by now (a replay does): after the last event both agree.
    Comments older than the snapshot's page are counted, but not held.
    """

    def __init__(self, snapshot: Reset) -> None:
        self.more = snapshot.more
        self.seq = snapshot.thread.head
        self._thread = snapshot.thread
        self._shown = snapshot.thread.comments
        self._held = {comment.id: comment for comment in snapshot.comments}
        self._oldest = min((comment.number for comment in snapshot.comments), default=0) if snapshot.more else 0
        self._older: dict[str, bool] = {}  # whether a comment that is not held is shown, once an event told

    @property
    def epoch(self) -> str:
        """Which log `seq` counts in."""
        return self._thread.epoch

    @property
    def view(self) -> ThreadView:
        """The thread as of `seq`."""
        return replace(self._thread, head=self.seq, comments=self._shown)

    @property
    def comments(self) -> list[CommentView]:
        """The comments held, oldest first; removed ones are tombstones."""
        return sorted(self._held.values(), key=lambda comment: comment.number)

    def apply(self, event: EventView) -> bool:
        """Takes in the event that follows `seq`; False for one already taken in. Gap for one that comes too early.

        One of a kind that only a newer version knows has its place in the log, and changes nothing.
        """
        if event.seq <= self.seq:
            return False
        if event.seq != self.seq + 1:
            raise Gap(self.seq + 1, event.seq)
        self.seq = event.seq
        if event.kind not in KINDS:
            return True
        if event.comment is not UNSET:
            self._take(event.kind, event.comment)
        if event.counts is not UNSET:
            self._recount(event.counts)
        if event.thread is not UNSET:
            self._thread = replace(event.thread, watching=self._thread.watching)
            self._show_pinned()
        return True

    def _show_pinned(self) -> None:
        """What is pinned may be another comment now."""
        for id_, comment in self._held.items():
            if comment.pinned != (id_ == self._thread.pinned):
                self._held[id_] = replace(comment, pinned=not comment.pinned)

    def _recount(self, changed: Mapping[str, CountsView]) -> None:
        """Other counts of comments; of a removed one, its answers alone are counted."""
        for id_, counts in changed.items():
            comment = self._held.get(id_)
            if comment is not None and comment.removed:
                self._held[id_] = replace(comment, replies=counts.replies)
            elif comment is not None:
                self._held[id_] = replace(
                    comment, score=counts.score, reactions=counts.reactions, replies=counts.replies
                )

    def watch(self, watching: int) -> None:
        """How many read the thread now (presence). It is not a part of the log."""
        self._thread = replace(self._thread, watching=watching)

    def _take(self, kind: str, comment: CommentView) -> None:
        """Holds the comment in its new form. The count follows from how it was shown before, not from the event's
        kind, since a replay shows a comment that was removed later as removed from its first event on."""
        self._shown += (not comment.removed) - self._was_shown(kind, comment.id)
        if kind == Kind.POSTED or comment.number >= self._oldest:
            self._held[comment.id] = comment
        else:
            self._older[comment.id] = not comment.removed

    def _was_shown(self, kind: str, comment_id: str) -> bool:
        held = self._held.get(comment_id)
        if held is not None:
            return not held.removed
        # Never seen here: only a shown comment can be edited or removed, and only a removed one restored.
        return self._older.get(comment_id, kind in (Kind.EDITED, Kind.REMOVED))
