"""The rules about what one reader was shown: G2 (no phantom), G4 (every event once and in order), G5 (converged in the
end), G7 (read your writes), G9 (removed means removed), G12 (held stays held), G17 (the sums of votes)."""

from collections.abc import Iterator
from dataclasses import replace

from tests.support.history.records import (
    Acknowledged,
    Counted,
    Entry,
    Events,
    Joined,
    Own,
    Reader,
    Reset,
    Shown,
    Snapshot,
    Violation,
)
from tests.support.history.thread import NEVER, ThreadHistory

Fault = tuple[str, str]


def check(thread: ThreadHistory, reader: Reader) -> Iterator[Violation]:
    """What is wrong with what `reader` was shown of its thread."""
    for guarantee, message in _Watch(thread).watch(reader):
        yield Violation(guarantee, f"reader {reader.name} of thread {reader.thread}: {message}")


class _Watch:
    """Follows a reader through everything it saw."""

    def __init__(self, thread: ThreadHistory) -> None:
        self._thread = thread
        self._tip: int | None = None  # the last event it knows of; None while a snapshot is due
        self._highest = 0  # the last event it ever knew of
        self._since = float("-inf")  # when its present connection was begun
        self._now: float | None = None  # when what is looked at came, if that is known
        self._epoch: str | None = None
        self._known: dict[str, Shown] = {}
        self._removed_by: dict[str, int] = {}  # comments its stream said were removed, and by which event

    def watch(self, reader: Reader) -> Iterator[Fault]:
        for seen in reader.seen:
            match seen:
                case Joined(at, after):
                    self._since = at
                    if after is not None and after != self._tip:
                        yield "G4", f"it came back after {after}, and had got as far as {self._tip}"
                    if after is None:
                        self._tip = None
                case Reset():
                    self._tip = None
                case Snapshot():
                    self._now = seen.at
                    yield from self._snapshot(seen)
                case Events(entries, at):
                    self._now = at
                    for entry in entries:
                        yield from self._event(entry)
                case Own(comments):
                    yield from self._own(comments, reader.author)
                case Counted():
                    yield from self._counted(seen)
        if reader.stays:
            yield from self._end()

    # What a comment tells, wherever it is seen

    def _comment(self, comment: Shown, where: str, began: float) -> Iterator[Fault]:
        yield from self._too_early(comment, where)
        stored = self._thread.stored.get(comment.id)
        if stored is None:
            yield "G2", f"{where} shows {comment.id} (#{comment.number}), which is not in storage"
            return
        if comment.number != stored.number:
            yield "G3", f"{where} shows {comment.id} as #{comment.number}, and it is #{stored.number}"
        if comment.id not in self._thread.rewritten and comment.html != stored.html:
            yield "G2", f"{where} shows {comment.id} as {comment.html!r}, and it never was but {stored.html!r}"
        for comment_id, words, removed_at, until in self._thread.removals:
            # What was asked for before a restoration may have been read after it.
            still = until == NEVER or (self._now is not None and self._now < until)
            if removed_at < began and still and words in comment.html:
                late = began - removed_at
                yield "G9", f"{where} tells the words of {comment_id}, begun {late:.3f} s after its removal"
        self._known[comment.id] = comment

    def _too_early(self, comment: Shown, where: str) -> Iterator[Fault]:
        """Whether it tells of one that is held back, or of the words of one."""
        for comment_id, seen_from in self._thread.seen_from.items():
            tells = comment_id == comment.id or self._thread.attempts[comment_id][0].body in comment.html
            if tells and seen_from == NEVER:
                yield "G12", f"{where} shows {comment_id}, which was never let through"
            elif tells and self._now is not None and self._now < seen_from:
                yield "G12", f"{where} shows {comment_id} {seen_from - self._now:.3f} s before it was let through"

    # What is told of comments beside the log

    def _own(self, comments: tuple[str, ...], author: str | None) -> Iterator[Fault]:
        for comment_id in comments:
            writers = {post.author for post in self._thread.attempts.get(comment_id, ())}
            if author is None or author not in writers:
                yield "G12", f"it was told of {comment_id}, which is held back and not its own"

    def _counted(self, counted: Counted) -> Iterator[Fault]:
        seen_from = self._thread.seen_from
        most = sum(at <= counted.at for at in seen_from.values())
        if self._thread.holding is not None and counted.count > most:
            yield "G12", f"it was told of {counted.count} comments, and {most} were let through"
        through = {
            one.comment
            for one in self._thread.moderations
            if one.kind == "approve" and isinstance(one.outcome, Acknowledged)
            if one.completed_at is not None and one.completed_at < counted.asked_at
        }
        least = len(through)
        if self._thread.holding is not None and counted.count < least:
            told = f"{counted.count} comments, and {least} were acknowledged as let through before"
            yield "G7", f"it was told of {told}"

    # A snapshot

    def _snapshot(self, shot: Snapshot) -> Iterator[Fault]:
        where = f"a snapshot at {shot.head}"
        if shot.head > self._thread.storage.head:
            yield "G2", f"{where} is ahead of storage, whose head is {self._thread.storage.head}"
        if shot.epoch == self._epoch and shot.head < self._highest:
            yield "G4", f"{where} goes back: it had got as far as {self._highest}"
        yield from self._page(shot, where)
        yield from self._own_writes(shot, where)
        self._known.clear()
        self._removed_by.clear()
        for comment in shot.comments:
            yield from self._comment(comment, where, shot.asked_at)
        self._highest = max(self._highest, shot.head) if shot.epoch == self._epoch else shot.head
        self._epoch = shot.epoch
        self._tip = shot.head

    def _page(self, shot: Snapshot, where: str) -> Iterator[Fault]:
        """The page is the newest comments of its head, all of them unless there are more."""
        then = [comment_id for seq, comment_id in self._thread.posted if seq <= shot.head]
        shown = [comment.id for comment in sorted(shot.comments, key=lambda comment: comment.number)]
        due = then if not shot.more else then[max(0, len(then) - len(shown)) :]
        if len(set(shown)) < len(shown):
            yield "G4", f"{where} shows a comment twice: {shown}"
        if missing := [comment_id for comment_id in due if comment_id not in shown]:
            yield "G4", f"{where} lacks {', '.join(missing)}"
        if early := [one for one in shown if one not in due and one in self._thread.stored]:
            yield "G4", f"{where} shows {', '.join(early)}, which came later or is on an older page"
        if shot.more and len(shown) >= len(then):
            yield "G4", f"{where} promises more comments than there are"
        if self._thread.holding is not None and shot.count not in (None, len(then)):
            yield "G12", f"{where} counts {shot.count} comments, and {len(then)} were let through"

    def _own_writes(self, shot: Snapshot, where: str) -> Iterator[Fault]:
        shown = {comment.id for comment in shot.comments}
        oldest = min((comment.number for comment in shot.comments), default=0) if shot.more else 0
        for post, answer, at in self._thread.acknowledged:
            if at >= shot.asked_at or (answer.number or 0) < oldest or post.id in shown:
                continue
            late = shot.asked_at - at
            yield "G7", f"{where}, asked for {late:.3f} s after {post.id} was acknowledged as {answer.seq}, lacks it"

    # An event

    def _event(self, entry: Entry) -> Iterator[Fault]:
        where = f"event {entry.seq}"
        if self._tip is None:
            yield "G4", f"{where} came before any snapshot"
        elif entry.seq != self._tip + 1:
            what = "came again or too late" if entry.seq <= self._tip else "left a gap"
            yield "G4", f"{where} {what}: {self._tip + 1} was due"
        self._tip = max(entry.seq, self._tip or 0)
        self._highest = max(self._highest, self._tip)
        stored = self._thread.log.get(entry.seq)
        if stored is None:
            yield "G2", f"{where} ({entry.kind}) is not in storage's log"
        elif (entry.kind, _id_of(entry)) != (stored.kind, _id_of(stored)):
            told, kept = f"{entry.kind} of {_id_of(entry)}", f"{stored.kind} of {_id_of(stored)}"
            yield "G4", f"{where} was told as {told}, and storage has {kept} there"
        if entry.comment is not None:
            yield from self._told(entry, entry.comment, where)
        for comment_id, up in entry.ups:
            if comment_id in self._known:
                self._known[comment_id] = replace(self._known[comment_id], up=up)

    def _told(self, entry: Entry, comment: Shown, where: str) -> Iterator[Fault]:
        yield from self._comment(comment, where, self._since)
        if entry.kind == "comment.removed":
            self._removed_by[comment.id] = entry.seq
        elif entry.kind == "comment.restored":
            self._removed_by.pop(comment.id, None)
        elif comment.id in self._removed_by and not comment.removed:
            yield "G9", f"{where} shows {comment.id}, which event {self._removed_by[comment.id]} removed"

    # The end

    def _end(self) -> Iterator[Fault]:
        storage = self._thread.storage
        if self._tip != storage.head:
            yield "G5", f"it ended at {self._tip}, and storage's head is {storage.head}"
        elif self._epoch != storage.epoch:
            yield "G5", f"it ended in epoch {self._epoch}, and storage is in {storage.epoch}"
        else:
            for comment_id, shown in self._known.items():
                stored = self._thread.stored.get(comment_id)
                if stored is not None and (shown.removed, shown.html) != (stored.removed, stored.html):
                    yield "G5", f"it ended with {comment_id} as {shown.html!r}, and storage shows {stored.html!r}"
                elif stored is not None and not stored.removed and shown.up != stored.up:
                    yield "G17", f"it ended with {shown.up} votes for {comment_id}, and storage shows {stored.up}"


def _id_of(entry: Entry) -> str | None:
    return None if entry.comment is None else entry.comment.id
