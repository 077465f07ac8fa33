"""What a reader does with events: the rule of the protocol, in the fewest words, for "old snapshot + events = new"."""

from collections.abc import Iterable
from dataclasses import replace

from hubbub.domain.events import Event
from tests.unit.worker.tables import State


def merge(old: State, events: Iterable[Event]) -> State:
    """`old` with `events` that follow it, or overlap with it, put in.

    A comment event puts its comment in the place of the one with that id, a thread event its thread, and any event its
    counts in the place of the comments' own (of a removed one the answers alone); how many are seen is counted from the
    comments, since a thread event may tell the count of another moment.
    """
    thread, comments = old.thread, dict(old.comments)
    for event in events:
        if event.comment is not None:
            comments[event.comment.id] = event.comment
        elif event.thread is not None:
            thread = event.thread
        for id_, counts in (event.counts or {}).items():
            if id_ in comments:
                known = comments[id_]
                now = replace(known.counts, replies=counts.replies) if known.removed else counts
                comments[id_] = replace(known, counts=now)
        last = max((comment.number for comment in comments.values()), default=0)
        seen = sum(not comment.removed for comment in comments.values())
        thread = replace(thread, head=max(event.seq, old.thread.head), last_number=last, comments=seen)
    return State(thread, comments)
