"""The rules about what was written: G1 (stored exactly once), G3 (one order without a hole), G6 (closed is closed), and
of G2 and G9 the part that storage alone can break."""

from collections import Counter
from collections.abc import Iterator

from tests.support.history.records import Acknowledged, HeldBack, Post, Refused, Violation
from tests.support.history.thread import NEVER, ThreadHistory

LASTING = frozenset({"thread_closed", "conflict", "bad_request", "too_large", "not_found"})


def check(thread: ThreadHistory) -> Iterator[Violation]:
    """What is wrong with the thread's storage, seen from those who wrote."""
    for rule in (stored_once, one_answer, nothing_uncalled_for, one_order, numbered, closed_log, closed_time, gone):
        for guarantee, message in rule(thread):
            yield Violation(guarantee, f"thread {thread.storage.thread}: {message}")


def stored_once(thread: ThreadHistory) -> Iterator[tuple[str, str]]:
    """G1: what was acknowledged is in storage once, as it was acknowledged and in its writer's words."""
    rows = Counter(comment.id for comment in thread.storage.comments)
    logged = Counter(
        entry.comment.id for entry in thread.storage.events if entry.kind == "comment.posted" and entry.comment
    )
    for comment_id in sorted(rows.keys() | logged.keys()):
        if rows[comment_id] > 1 or logged[comment_id] > 1:
            yield "G1", f"{comment_id} is stored {rows[comment_id]} times and logged {logged[comment_id]} times"
    places = {comment_id: seq for seq, comment_id in thread.posted}
    for post, answer, _ in thread.acknowledged:
        row = thread.stored.get(post.id)
        if row is None or post.id not in places:
            where = "its row" if row is None else "its event"
            yield "G1", f"{post.id} was acknowledged as #{answer.number}, seq {answer.seq}, but {where} is lost"
        elif row.number != answer.number or answer.seq not in (None, places[post.id]):
            stored = f"#{row.number}, seq {places[post.id]}"
            yield "G1", f"{post.id} was acknowledged as #{answer.number}, seq {answer.seq}, but stored as {stored}"
        elif post.id not in thread.rewritten and post.body not in row.html:
            yield "G1", f"{post.id} was posted as {post.body!r}, but stored as {row.html!r}"


def one_answer(thread: ThreadHistory) -> Iterator[tuple[str, str]]:
    """G1: a retry gets the answer that was given before; what was refused for good is not stored behind one's back."""
    for comment_id, attempts in thread.attempts.items():
        answers = [post.outcome for post in attempts if isinstance(post.outcome, Acknowledged)]
        numbers = {answer.number for answer in answers}
        seqs = {answer.seq for answer in answers} - {None}
        if len(numbers) > 1 or len(seqs) > 1:
            yield "G1", f"{comment_id} got different answers: {', '.join(map(str, answers))}"
        taken = [post for post in attempts if isinstance(post.outcome, Acknowledged | HeldBack)]
        if taken:
            first = min(post.completed_at or NEVER for post in taken)
            yield from _refused_later(comment_id, attempts, first)
        elif comment_id in thread.stored and all(post.refused_for_good for post in attempts):
            yield "G1", f"{comment_id} was refused each time it was tried, and is stored"


def _refused_later(comment_id: str, attempts: list[Post], first: float) -> Iterator[tuple[str, str]]:
    for post in attempts:
        if post.invoked_at > first and isinstance(post.outcome, Refused) and post.outcome.code in LASTING:
            yield "G1", f"{comment_id} was acknowledged, and refused as {post.outcome.code} when tried again"


def nothing_uncalled_for(thread: ThreadHistory) -> Iterator[tuple[str, str]]:
    """G2: nothing is in storage that nobody posted."""
    for comment_id in sorted(thread.stored.keys() - thread.attempts.keys()):
        yield "G2", f"{comment_id} is in storage, and nobody posted it"


def one_order(thread: ThreadHistory) -> Iterator[tuple[str, str]]:
    """G3: events are numbered 1 to head, each number once."""
    seqs = [entry.seq for entry in thread.storage.events]
    head = thread.storage.head
    counted = Counter(seqs)
    for seq in sorted(counted.keys() | set(range(1, head + 1))):
        if counted[seq] == 0:
            yield "G3", f"the log has no event {seq}, and its head is {head}"
        elif counted[seq] > 1:
            yield "G3", f"the log has {counted[seq]} events {seq}"
        elif not 1 <= seq <= head:
            yield "G3", f"the log has an event {seq}, and its head is {head}"
    if seqs != sorted(seqs):
        yield "G3", f"the log is not told in its order: {seqs}"


def numbered(thread: ThreadHistory) -> Iterator[tuple[str, str]]:
    """G3: comments are numbered 1, 2, 3 … in the order of their events."""
    for place, (seq, comment_id) in enumerate(thread.posted, 1):
        row = thread.stored.get(comment_id)
        if row is None:
            yield "G3", f"event {seq} posts {comment_id}, which has no row"
        elif row.number != place:
            yield "G3", f"{comment_id} is #{row.number}, but comment {place} of the log (seq {seq})"
    for comment_id in sorted(thread.stored.keys() - {comment_id for _, comment_id in thread.posted}):
        yield "G3", f"{comment_id} has a row, but no event"


def closed_log(thread: ThreadHistory) -> Iterator[tuple[str, str]]:
    """G6: between a closing and a reopening the log has no new comment, and what was acknowledged is in it."""
    closed_by = None
    for seq, entry in sorted(thread.log.items()):
        if entry.kind == "thread.closed":
            closed_by = seq
        elif entry.kind == "thread.reopened":
            closed_by = None
        elif entry.kind == "comment.posted" and closed_by is not None:
            yield "G6", f"event {seq} posts a comment, and the thread was closed by event {closed_by}"
    if (closed_by is not None) != thread.storage.closed:
        states = ("open", "closed")
        yield "G6", f"the thread is {states[thread.storage.closed]}, its log leaves it {states[closed_by is not None]}"
    for done in thread.moderations:
        if isinstance(done.outcome, Acknowledged) and done.outcome.seq is not None:
            kind = {"close": "thread.closed", "reopen": "thread.reopened"}.get(done.kind)
            entry_there = thread.log.get(done.outcome.seq)
            if kind is not None and (entry_there is None or entry_there.kind != kind):
                there = "nothing" if entry_there is None else entry_there.kind
                yield "G6", f"a {done.kind} was acknowledged as event {done.outcome.seq}, where the log has {there}"


def closed_time(thread: ThreadHistory) -> Iterator[tuple[str, str]]:
    """G6: a comment first tried after a closing was acknowledged is not accepted before a reopening may have come."""
    for close in thread.moderations:
        if close.kind != "close" or not isinstance(close.outcome, Acknowledged) or close.completed_at is None:
            continue
        reopened_at = thread.undone_at(close, "reopen")
        for comment_id, attempts in thread.attempts.items():
            if attempts[0].invoked_at <= close.completed_at:
                continue
            accepted = [post.completed_at for post in attempts if isinstance(post.outcome, Acknowledged)]
            if not accepted and comment_id in thread.stored:
                accepted = [NEVER if reopened_at < NEVER else attempts[0].invoked_at]
            if any(at is not None and at < reopened_at for at in accepted):
                late = attempts[0].invoked_at - close.completed_at
                yield "G6", f"{comment_id} was first tried {late:.3f} s after a close was acknowledged, and accepted"


def gone(thread: ThreadHistory) -> Iterator[tuple[str, str]]:
    """G9: storage itself no longer tells what was removed and never restored."""
    for comment_id, words, _, until in thread.removals:
        row = thread.stored.get(comment_id)
        if until == NEVER and row is not None and (not row.removed or words in row.html):
            yield "G9", f"{comment_id} was removed, and storage shows {row.html!r} (removed: {row.removed})"
        for entry in thread.storage.events if until == NEVER else ():
            if entry.comment is not None and words in entry.comment.html:
                yield "G9", f"{comment_id} was removed, and event {entry.seq} of the log tells its words"
