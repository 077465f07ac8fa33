"""Dates comments anew: for what is brought in as a whole and has a history, as the demo's comments have."""

from collections.abc import Mapping

from sqlalchemy import Connection, text

_COMMENT = text("UPDATE comment SET at = :at WHERE id = :id")
_POSTED = text("UPDATE event SET at = :at WHERE thread = :thread AND seq = (SELECT seq FROM comment WHERE id = :id)")
_FIRST = text("UPDATE event SET at = :at WHERE thread = :thread AND seq = 1")
_CLOSED = text("UPDATE event SET at = :at WHERE thread = :thread AND kind = 'thread.closed' AND by_id = :by")
_CLOSING = text("UPDATE thread SET closed_at = :at WHERE id = :thread AND closed_by_id = :by")
_SEEN = text(
    "UPDATE author SET first_seen = (SELECT min(at) FROM comment WHERE author_id = author.id),"
    " last_seen = (SELECT max(at) FROM comment WHERE author_id = author.id)"
    " WHERE site = :site AND id IN (SELECT author_id FROM comment WHERE thread = :thread)"
)


def date_comments(db: Connection, site: str, thread: str, times: Mapping[str, int]) -> None:
    """Sets when comments of a thread were written (id → ms), with their events and when their authors were seen."""
    rows = [{"id": id_, "at": at, "thread": thread} for id_, at in times.items()]
    db.execute(_COMMENT, rows)
    db.execute(_POSTED, rows)
    db.execute(_FIRST, {"thread": thread, "at": min(times.values())})
    db.execute(_SEEN, {"site": site, "thread": thread})


def date_closing(db: Connection, thread: str, by: str, at: int) -> None:
    """Sets when the actor with the id `by` closed a thread."""
    for statement in (_CLOSED, _CLOSING):
        db.execute(statement, {"thread": thread, "by": by, "at": at})
