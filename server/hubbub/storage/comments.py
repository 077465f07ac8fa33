"""Comments: by id, by page with their thread, stored and changed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from hubbub.domain.model import NO_COUNTS, Author, Comment, Counts, Decision, Role, State, Thread
from hubbub.storage.bulk import Query, among, inserting, to_json, updating
from hubbub.storage.paging import PAGE_BYTES, fitting, in_order
from hubbub.storage.schema import comment
from hubbub.storage.threads import thread_by_id

# What a newer version stored stays a plain string.
_ROLES: Mapping[str, str] = {role.value: role for role in Role}
_STATES: Mapping[str, State] = {state.value: state for state in State}
# By place rather than by name: these are made by the hundred thousand, and each look-up of a name costs.
COMMENT = [
    comment.c[name]
    for name in (
        *("id", "thread", "number", "seq", "parent", "author_id", "author_name", "author_website", "author_role"),
        *("body", "html", "at", "edited_at", "removed", "state", "state_by", "state_reason"),
        *("up", "down", "reactions", "replies"),
    )
]

# Built once: putting a statement together costs more than carrying it out.
_COMMENTS = select(*COMMENT).where(among(comment.c.id, "ids"))
_KNOWN_COMMENTS = Query(select(*COMMENT, comment.c.fingerprint).where(among(comment.c.id, "ids")))
_BETWEEN = select(*COMMENT).where(
    comment.c.thread == bindparam("id"), comment.c.number.between(bindparam("first"), bindparam("last"))
)
_OLDEST = in_order(_BETWEEN, comment.c.number)
_NEWEST = in_order(_BETWEEN, comment.c.number, newest_first=True)
_INSERT_COMMENTS = inserting(comment, ("up", "down", "reactions", "replies"))
_UPDATE_COMMENTS = updating(
    comment,
    (
        *("author_name", "author_website", "body", "html", "edited_at"),
        *("removed", "state", "state_by", "state_reason"),
    ),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Which comments: those with a number below `before` and above `after`, in order, `limit` of them, or fewer where
    their HTML would be over `most_bytes` together; or those on both sides of number `around`, or of the nearest.

    `backwards` reads against the order and answers in it: the page before another one.
    """

    limit: int
    newest_first: bool = True
    before: int | None = None
    after: int | None = None
    most_bytes: int = PAGE_BYTES
    around: int | None = None
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A thread at one moment with a page of its comments; `more` if the page's order goes on, `earlier` if it has
    comments before this page (known of pages `around` and `backwards` alone). `end` is the sort key of what the next
    page follows, where it isn't the number of the last one."""

    thread: Thread
    comments: list[Comment]
    more: bool
    earlier: bool = False
    end: tuple[int, ...] | None = None


def to_comment(values: Sequence[Any]) -> Comment:
    """The columns `COMMENT`, text and all, whether removed or not: views decide what is shown."""
    made, thread, number, seq, parent, author, name, website, role, body, html, at, edited, removed, *rest = values
    state, who, why, up, down, reactions, replies = rest
    by = Author(author, name, website, _ROLES.get(role, role))
    decision = None if state is None else _decision(removed, state, who, why)
    counts = to_counts(up, down, reactions, replies)
    return Comment(made, thread, number, seq, parent, by, body, html, at, edited, bool(removed), decision, counts)


def to_counts(up: int, down: int, reactions: str | None, replies: int) -> Counts:
    """The columns of a comment's counts."""
    if not (up or down or reactions or replies):
        return NO_COUNTS
    return Counts(up, down, msgspec.json.decode(reactions) if reactions else {}, replies)


def _decision(removed: bool, state: str, by: str | None, reason: str | None) -> Decision | None:
    """None where an older node, which writes `removed` alone, decided last; what only a newer one knows is hidden."""
    if (state != State.VISIBLE) != removed:
        return None
    return Decision(_STATES.get(state, State.REMOVED), by, reason)


def state_values(comment: Comment) -> dict[str, Any]:
    """The columns that say whether a comment is seen, and why."""
    decision = comment.decision
    if decision is None:
        return {"removed": comment.removed, "state": None, "state_by": None, "state_reason": None}
    return {
        "removed": comment.removed,
        "state": decision.state,
        "state_by": decision.by,
        "state_reason": decision.reason,
    }


def comment_values(comment: Comment, email: str | None, fingerprint: str) -> dict[str, Any]:
    """A new row of `comment`."""
    return {
        "id": comment.id,
        "thread": comment.thread,
        "number": comment.number,
        "seq": comment.seq,
        "parent": comment.parent,
        "author_id": comment.author.id,
        "author_name": comment.author.name,
        "author_website": comment.author.website,
        "author_email": email,
        "author_role": comment.author.role,
        "body": comment.body,
        "html": comment.html,
        "at": comment.at,
        "edited_at": comment.edited_at,
        "fingerprint": fingerprint,
        **state_values(comment),
    }


def comment_by_id(db: Connection, comment_id: str) -> Comment | None:
    """The comment with this id, removed or not."""
    row = db.execute(select(*COMMENT).where(comment.c.id == comment_id)).first()
    return None if row is None else to_comment(row)


def comments_by_id(db: Connection, ids: Iterable[str]) -> dict[str, Comment]:
    """These comments, by id."""
    wanted = list(ids)
    found = [to_comment(row) for row in db.execute(_COMMENTS, {"ids": to_json(wanted)})] if wanted else []
    return {one.id: one for one in found}


def read_snapshot(db: Connection, thread_id: str, page: Page) -> Snapshot | None:
    """A thread and a page of its comments, from one moment."""
    found = thread_by_id(db, thread_id)
    if found is None:
        return None
    if page.around is not None:
        return _read_around(db, found, page, page.around)
    if page.backwards:
        ahead = _read_page(db, found, replace(page, newest_first=not page.newest_first, backwards=False))
        return Snapshot(found, ahead.comments[::-1], more=True, earlier=ahead.more)
    return _read_page(db, found, page)


def _read_page(db: Connection, found: Thread, page: Page) -> Snapshot:
    first = 1 if page.after is None else page.after + 1
    last = found.last_number if page.before is None else min(page.before - 1, found.last_number)
    if page.newest_first:
        bounds = {"first": max(first, last - page.limit + 1), "last": last}
    else:
        bounds = {"first": first, "last": min(last, first + page.limit - 1)}
    comments = _read_between(db, found.id, page.newest_first, **bounds, most=page.most_bytes)
    return Snapshot(found, comments, len(comments) < last - first + 1)


def _read_around(db: Connection, found: Thread, page: Page, around: int) -> Snapshot:
    """Numbers have no gaps, so the bounds are known without a search. Each side has half of the bytes: the comment in
    the middle is there however large the others are."""
    middle = min(max(around, 1), found.last_number)
    first = max(1, min(middle - (page.limit - 1) // 2, found.last_number - page.limit + 1))
    last = min(found.last_number, first + page.limit - 1)
    comments = _read_between(db, found.id, True, first=first, last=middle, most=page.most_bytes // 2)[::-1]
    comments += _read_between(db, found.id, False, first=middle + 1, last=last, most=page.most_bytes // 2)
    older, newer = (comments[0].number > 1, comments[-1].number < found.last_number) if comments else (False, False)
    if page.newest_first:
        return Snapshot(found, comments[::-1], more=older, earlier=newer)
    return Snapshot(found, comments, more=newer, earlier=older)


def _read_between(
    db: Connection, thread_id: str, newest_first: bool, *, first: int, last: int, most: int
) -> list[Comment]:
    values = {"id": thread_id, "first": first, "last": last, "most": most}
    with db.execute(_NEWEST if newest_first else _OLDEST, values) as rows:
        return fitting(map(to_comment, rows), lambda one: one, most)


def known_comments(db: Connection, ids: Collection[str]) -> dict[str, tuple[Comment, str]]:
    """Those of these comments that exist, each with its fingerprint."""
    rows = _KNOWN_COMMENTS.rows(db, {"ids": to_json(ids)}) if ids else ()
    return {row[0]: (to_comment(row[:-1]), row[-1]) for row in rows}


def insert_comments(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """New comments, as `comment_values` gives them."""
    _INSERT_COMMENTS.run(db, rows)


def update_comments(db: Connection, changed: Iterable[Comment]) -> None:
    """Comments as they are now."""
    rows = [
        {
            "this": one.id,
            "author_name": one.author.name,
            "author_website": one.author.website,
            "body": one.body,
            "html": one.html,
            "edited_at": one.edited_at,
            **state_values(one),
        }
        for one in changed
    ]
    _UPDATE_COMMENTS.run(db, rows)
