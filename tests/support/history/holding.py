"""The rules about comments that are held back, in threads that hold all: G12 (held stays held) as far as answers and
storage tell, and G19 (one that is delayed is let through)."""

from collections.abc import Iterator

from tests.support.history.records import Acknowledged, HeldBack, Moderation, Violation
from tests.support.history.thread import NEVER, ThreadHistory


def check(thread: ThreadHistory) -> Iterator[Violation]:
    """What is wrong with what became of the thread's comments."""
    if thread.holding is None:
        return
    for rule in (held_first, decided_once, let_through, kept):
        for guarantee, message in rule(thread):
            yield Violation(guarantee, f"thread {thread.storage.thread}: {message}")


def _done(thread: ThreadHistory, kind: str) -> dict[str, Moderation]:
    """The acknowledged ones of a kind, by their comments; of several the first."""
    done = [one for one in thread.moderations if one.kind == kind and isinstance(one.outcome, Acknowledged)]
    return {one.comment: one for one in reversed(done) if one.comment is not None}


def held_first(thread: ThreadHistory) -> Iterator[tuple[str, str]]:
    """An author is answered a number only once the comment may be seen, and that it waits only while it does."""
    decided = {**_done(thread, "refuse"), **_done(thread, "approve")}
    for post, answer, at in thread.acknowledged:
        if at < thread.seen_from[post.id]:
            yield "G12", f"{post.id} was answered as #{answer.number} before it was let through"
    for post in thread.posts:
        done = decided.get(post.id)
        waits = isinstance(post.outcome, HeldBack) and not post.outcome.refused
        if waits and done is not None and done.completed_at is not None and done.completed_at < post.invoked_at:
            late = post.invoked_at - done.completed_at
            yield "G12", f"{post.id} was answered as held {late:.3f} s after the acknowledgement of {done.kind}"


def decided_once(thread: ThreadHistory) -> Iterator[tuple[str, str]]:
    """Of those who let a comment through and those who refuse it, only one is told that it was done."""
    for comment_id in sorted(_done(thread, "approve").keys() & _done(thread, "refuse").keys()):
        yield "G12", f"{comment_id} was let through and refused, and both were acknowledged"


def let_through(thread: ThreadHistory) -> Iterator[tuple[str, str]]:
    """What was let through is in storage, as it was answered. That it is there once, and in its order, others tell."""
    places = {comment_id: seq for seq, comment_id in thread.posted}
    for comment_id, done in _done(thread, "approve").items():
        answer, row = done.outcome, thread.stored.get(comment_id)
        assert isinstance(answer, Acknowledged)
        if row is None or comment_id not in places:
            yield "G12", f"{comment_id} was let through as #{answer.number}, and is lost"
        elif row.number != answer.number or answer.seq not in (None, places[comment_id]):
            stored = f"#{row.number}, seq {places[comment_id]}"
            yield "G12", f"{comment_id} was let through as #{answer.number}, seq {answer.seq}, but stored as {stored}"


def kept(thread: ThreadHistory) -> Iterator[tuple[str, str]]:
    """In the end each comment waits, or was let through, or was refused; what is due waits no longer."""
    storage, waiting = thread.storage, set(thread.storage.waiting)
    logged = {entry.comment.id for entry in storage.events if entry.comment is not None}
    told = thread.stored.keys() | logged
    for comment_id in sorted(told):
        if thread.seen_from.get(comment_id, 0) == NEVER:
            yield "G12", f"storage shows {comment_id}, which was never let through"
    for comment_id in sorted(told & waiting):
        yield "G12", f"{comment_id} was let through, and still waits"
    for comment_id in sorted(waiting & _done(thread, "refuse").keys()):
        yield "G12", f"{comment_id} was refused, and still waits"
    maybe = {one.comment for one in thread.moderations if one.kind == "refuse" and not one.refused_for_good}
    for comment_id, attempts in thread.attempts.items():
        answers = [post.outcome for post in attempts if isinstance(post.outcome, HeldBack)]
        if answers and comment_id not in told | waiting | maybe:
            yield "G12", f"{comment_id} was held back, and is lost"
        if any(one.refused for one in answers) and comment_id not in maybe:
            yield "G12", f"{comment_id} was answered as refused, and nobody refused it"
    if thread.holding is not None and thread.holding.delay is not None:
        for comment_id in storage.waiting:
            yield "G19", f"{comment_id} was to be let through by itself, and still waits"
