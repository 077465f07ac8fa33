"""The log of each thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from hubbub.domain.events import Event, Kind
from hubbub.domain.model import Comment, Counts, Thread
from hubbub.storage.bulk import among, inserting, to_json
from hubbub.storage.comments import COMMENT, to_comment
from hubbub.storage.paging import PAGE_BYTES, fitting, in_order
from hubbub.storage.schema import comment, event
from hubbub.storage.threads import thread_by_id

# What a newer version stored stays a plain string.
_KINDS: Mapping[str, str] = {kind.value: kind for kind in Kind}
EVENT = [event.c[name] for name in ("seq", "kind", "at", "reason", "by", "by_id", "counts")]

_COUNTS = msgspec.json.Decoder(dict[str, Counts])

# Built once: putting a statement together costs more than carrying it out.
# Seqs and numbers have no holes, so a page is asked for by both its ends. With a LIMIT instead, PostgreSQL reads all of
# the rest for each page until it has statistics of the thread, which a thread that just became busy lacks.
_EVENTS = in_order(
    select(*EVENT, *COMMENT)
    .select_from(event.outerjoin(comment, comment.c.id == event.c.comment))
    .where(event.c.thread == bindparam("id"), event.c.seq.between(bindparam("first"), bindparam("last"))),
    event.c.seq,
)
_MODERATED = select(event.c.comment).where(
    among(event.c.thread, "threads"),
    event.c.seq > bindparam("first"),
    among(event.c.comment, "ids"),
    event.c.kind == Kind.EDITED,
    event.c.by.is_not(None),
)
_INSERT_EVENTS = inserting(event)


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in seq order, from just after the asked place; `more` if they don't reach `thread.head`."""

    thread: Thread
    events: list[Event]
    more: bool


def counts_json(counts: Mapping[str, Counts]) -> str:
    """Counts of comments, by id, as stored."""
    return msgspec.json.encode(counts).decode()


def to_event(values: Sequence[Any], thread: Thread) -> Event:
    """The columns `EVENT` and `COMMENT`: what happened, with what it is about in its current state, so that what was
    removed since stays removed. Events without a comment are about `thread`."""
    seq, kind, at, reason, by, by_id, stored, comment_id, *_ = values
    kind = _KINDS.get(kind, kind)
    counts = None if stored is None else _COUNTS.decode(stored)
    if comment_id is None:
        return Event(seq, kind, at, None, thread, reason, by, by_id, counts=counts)
    about = to_comment(values[len(EVENT) :])
    return Event(seq, kind, at, about, None, reason, by, by_id, thread.pinned, counts)


def events_since(
    db: Connection, thread_id: str, after: int, limit: int, most_bytes: int = PAGE_BYTES
) -> EventPage | None:
    """The events that follow seq `after`, with what they are about as it is now: `limit` of them, or fewer where
    their comments would be over `most_bytes` together."""
    found = thread_by_id(db, thread_id)
    if found is None:
        return None
    bounds = {"first": after + 1, "last": min(after + limit, found.head)}
    with db.execute(_EVENTS, {"id": thread_id, **bounds, "most": most_bytes}) as rows:
        events = fitting((to_event(row, found) for row in rows), lambda one: one.comment, most_bytes)
    return EventPage(found, events, bool(events) and events[-1].seq < found.head)


def moderated_comments(db: Connection, comments: Sequence[Comment]) -> set[str]:
    """Those of these comments that somebody else than their author has edited."""
    if not comments:
        return set()
    ids, threads = to_json({one.id for one in comments}), to_json({one.thread for one in comments})
    first = min(one.seq for one in comments)
    return set(db.scalars(_MODERATED, {"ids": ids, "threads": threads, "first": first}))


def insert_events(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """New events; a seq that is taken already fails the whole transaction."""
    _INSERT_EVENTS.run(db, rows)
