"""Votes and reactions: an author's last word on a comment, the sums on the comment, and which sums have changed since
readers were told. All of it is written under the lock of the thread's row."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, String, bindparam, delete, select, text

from hubbub.domain.model import Comment, Counts, Opinion
from hubbub.storage.bulk import among, to_json, updating
from hubbub.storage.clock import Now
from hubbub.storage.comments import to_counts
from hubbub.storage.schedule import put_missing
from hubbub.storage.schema import comment, thread, unscored, vote

SCORE_AFTER_MS = 1000  # a thread's sums are told at most once a second

Pair = tuple[str, str]  # the ids of an author and of a comment

_OWN = select(vote.c.comment, vote.c.value, vote.c.reactions).where(
    vote.c.author == bindparam("author", type_=String), among(vote.c.comment, "comments")
)
_SAID = (
    select(comment.c.thread, vote.c.comment, vote.c.value, vote.c.reactions)
    .select_from(vote.join(comment, comment.c.id == vote.c.comment).join(thread, thread.c.id == comment.c.thread))
    .where(vote.c.author == bindparam("author", type_=String), thread.c.site == bindparam("site", type_=String))
    .order_by(comment.c.thread, comment.c.number)
)
_PAIRS_SQLITE = text(
    "SELECT vote.author, vote.comment, vote.value, vote.reactions FROM json_each(:pairs) AS pair JOIN vote"
    " ON vote.author = json_extract(pair.value, '$[0]') AND vote.comment = json_extract(pair.value, '$[1]')"
)
_PAIRS_POSTGRESQL = text(
    "SELECT vote.author, vote.comment, vote.value, vote.reactions"
    " FROM json_array_elements(CAST(:pairs AS json)) AS pair (value) JOIN vote"
    " ON vote.author = pair.value ->> 0 AND vote.comment = pair.value ->> 1"
)
_PUT = (
    "INSERT INTO vote (author, comment, value, reactions, at) {rows} ON CONFLICT (author, comment)"
    " DO UPDATE SET value = excluded.value, reactions = excluded.reactions, at = excluded.at"
)
_PUT_EACH = text(_PUT.format(rows="VALUES (:author, :comment, :value, :reactions, :at)"))
_PUT_TOGETHER = text(
    _PUT.format(
        rows="SELECT * FROM json_to_recordset(CAST(:rows AS json))"
        " AS said (author text, comment text, value int, reactions text, at bigint)"
    )
)
_FORGET = delete(vote).where(
    vote.c.author == bindparam("of", type_=String), vote.c.comment == bindparam("about", type_=String)
)
_UPDATE_COUNTS = updating(comment, ("up", "down", "reactions", "replies"))
_MARK = "INSERT INTO unscored (thread, comment) {rows} ON CONFLICT (thread, comment) DO NOTHING"
_MARK_EACH = text(_MARK.format(rows="VALUES (:thread, :comment)"))
_MARK_TOGETHER = text(
    _MARK.format(rows="SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS changed (thread text, comment text)")
)
_UNSCORED = (
    select(comment.c.id, comment.c.removed, comment.c.up, comment.c.down, comment.c.reactions, comment.c.replies)
    .select_from(unscored.join(comment, comment.c.id == unscored.c.comment))
    .where(unscored.c.thread == bindparam("thread", type_=String))
    .order_by(comment.c.number)
    .limit(bindparam("most"))
)
_TOLD = delete(unscored).where(
    unscored.c.thread == bindparam("thread", type_=String), among(unscored.c.comment, "comments")
)


def own_opinions(db: Connection, author: str, comments: Collection[str]) -> dict[str, Opinion]:
    """What an author says to these comments; those to which they say nothing are left out."""
    rows = db.execute(_OWN, {"author": author, "comments": to_json(comments)})
    return {about: _to_opinion(value, reactions) for about, value, reactions in rows}


def said_by(db: Connection, site: str, author: str) -> list[tuple[str, str, Opinion]]:
    """All that an author says on a site: thread, comment, and what."""
    rows = db.execute(_SAID, {"site": site, "author": author})
    return [(in_thread, about, _to_opinion(value, reactions)) for in_thread, about, value, reactions in rows]


def opinions(db: Connection, pairs: Collection[Pair]) -> dict[Pair, Opinion]:
    """What these authors say to these comments; nothing is left out."""
    if not pairs:
        return {}
    query = _PAIRS_SQLITE if db.dialect.name == "sqlite" else _PAIRS_POSTGRESQL
    rows = db.execute(query, {"pairs": to_json(pairs)})
    return {(author, about): _to_opinion(value, reactions) for author, about, value, reactions in rows}


def put_opinions(db: Connection, said: Mapping[Pair, Opinion], at: int) -> None:
    """Stores each author's last word; nothing is no row."""
    rows = [
        {"author": author, "comment": about, "value": one.vote, "reactions": " ".join(one.reactions), "at": at}
        for (author, about), one in said.items()
        if one != Opinion()
    ]
    _run(db, _PUT_EACH, _PUT_TOGETHER, rows)
    nothing = [{"of": author, "about": about} for (author, about), one in said.items() if one == Opinion()]
    if nothing:
        db.execute(_FORGET, nothing)


def update_counts(db: Connection, changed: Iterable[Comment]) -> None:
    """The counts of comments as they are now."""
    rows = [
        {
            "this": one.id,
            "up": one.counts.up,
            "down": one.counts.down,
            "reactions": msgspec.json.encode(one.counts.reactions).decode() if one.counts.reactions else None,
            "replies": one.counts.replies,
        }
        for one in changed
    ]
    _UPDATE_COUNTS.run(db, rows)


def mark_unscored(db: Connection, changed: Sequence[Comment]) -> None:
    """Notes that the sums of these comments have changed."""
    rows = [{"thread": one.thread, "comment": one.id} for one in changed]
    _run(db, _MARK_EACH, _MARK_TOGETHER, rows)


def plan_score(db: Connection, plan: str, kind: str, thread_id: str, payload: str) -> None:
    """Plans to tell a thread's changed sums, unless that is planned."""
    put_missing(db, plan, Now() + SCORE_AFTER_MS, kind, thread_id, payload)


def take_unscored(db: Connection, thread_id: str, most: int) -> tuple[dict[str, Counts], bool]:
    """The counts of a thread's comments whose sums have changed, in order, `most` at most, and whether there are
    others. Of removed ones nothing is told."""
    rows = db.execute(_UNSCORED, {"thread": thread_id, "most": most + 1}).all()
    taken = rows[:most]
    db.execute(_TOLD, {"thread": thread_id, "comments": to_json([row.id for row in taken])})
    found = {row.id: to_counts(row.up, row.down, row.reactions, row.replies) for row in taken if not row.removed}
    return found, len(rows) > most


def _run(db: Connection, each: Any, together: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    if db.dialect.name == "sqlite":
        db.execute(each, rows)
    else:
        db.execute(together, {"rows": to_json(rows)})


def _to_opinion(value: int, reactions: str) -> Opinion:
    return Opinion(value, tuple(reactions.split()))
