"""Comments as a tree: a page of roots (comments that answer none) with the first answers of each; a page of answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, String, and_, bindparam, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from hubbub.domain.model import Comment, Thread
from hubbub.domain.sizes import TREE_ANSWERS
from hubbub.storage.bulk import among, to_json
from hubbub.storage.comments import Snapshot, comments_by_id
from hubbub.storage.paging import PAGE_BYTES, bytes_of
from hubbub.storage.schema import comment
from hubbub.storage.threads import thread_by_id

_TOGETHER = 8  # roots whose texts are read at once: a few more than are answered may be in memory
ZERO = 2**31  # the rank of a comment without votes: cursors have no negative numbers
_ALL = 2**31 - 1  # no number is higher: PostgreSQL's Integer

_root, _answer = comment.alias("root"), comment.alias("answer")


class _Joined(FunctionElement[str]):
    """Texts, joined by blanks; NULL where there are none."""

    inherit_cache = True
    type = String()


@compiles(_Joined, "postgresql")
def _joined_postgresql(element: _Joined, compiler: SQLCompiler, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, ' ')"


@compiles(_Joined, "sqlite")
def _joined_sqlite(element: _Joined, compiler: SQLCompiler, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, ' ')"


_first_answers = (
    select(_answer.c.id)
    .where(_answer.c.thread == _root.c.thread, _answer.c.parent == _root.c.id, _answer.c.number > 0)
    .order_by(_answer.c.number)
    .limit(TREE_ANSWERS)
    .correlate(_root)
    .subquery()
)
_GROUP = select(_root.c.id, select(_Joined(_first_answers.c.id)).correlate(_root).scalar_subquery())
_GROUPS = _GROUP.where(among(_root.c.id, "ids"))
_WITH_ANSWERS = _GROUP.where(
    _root.c.thread == bindparam("id"),
    _root.c.parent.is_(None),
    _root.c.number.between(bindparam("low"), bindparam("high")),
)
_OLDEST_ROOTS = _WITH_ANSWERS.order_by(_root.c.number).limit(bindparam("limit"))
_NEWEST_ROOTS = _WITH_ANSWERS.order_by(_root.c.number.desc()).limit(bindparam("limit"))
_rank = comment.c.down - comment.c.up
_BEST = (
    select(comment.c.id)
    .where(
        comment.c.thread == bindparam("id"),
        comment.c.number > 0,
        or_(_rank > bindparam("rank"), and_(_rank == bindparam("rank"), comment.c.number > bindparam("number"))),
    )
    .order_by(_rank, comment.c.number)
    .limit(bindparam("limit"))
)
_BEST_ROOTS = _BEST.where(comment.c.parent.is_(None))
_ANSWERS = (
    select(comment.c.id)
    .where(
        comment.c.thread == bindparam("id"),
        comment.c.parent == bindparam("parent"),
        comment.c.number > bindparam("after"),
    )
    .order_by(comment.c.number)
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class TreePage:
    """Which roots: `limit` of them in their order, behind the one with number `after`; or fewer, where they and their
    first answers would have more than `most_bytes`."""

    limit: int
    newest_first: bool = True
    after: int | None = None
    most_bytes: int = PAGE_BYTES


@dataclass(frozen=True, slots=True)
class BestPage:
    """Which comments, those with the most votes for them less those against first, of equal ones the oldest: `limit` of
    them behind the one with this rank and number. With `roots`, roots alone, each followed by its first answers."""

    limit: int
    roots: bool = False
    after: tuple[int, int] = (0, 0)
    most_bytes: int = PAGE_BYTES


@dataclass(frozen=True, slots=True)
class AnswersPage:
    """Which answers to the comment `parent`: `limit` of them, oldest first, behind the one with number `after`."""

    parent: str
    limit: int
    after: int = 0
    most_bytes: int = PAGE_BYTES


def read_tree(db: Connection, thread_id: str, page: TreePage) -> Snapshot | None:
    """A thread and a page of its roots, each followed by its first answers in order of number."""
    found = thread_by_id(db, thread_id)
    if found is None:
        return None
    low, high = (
        (1, _ALL if page.after is None else page.after - 1) if page.newest_first else ((page.after or 0) + 1, _ALL)
    )
    values = {"id": thread_id, "low": low, "high": high, "limit": page.limit + 1}
    rows = db.execute(_NEWEST_ROOTS if page.newest_first else _OLDEST_ROOTS, values).all()
    return _snapshot(
        db, found, [[root, *(answers or "").split()] for root, answers in rows], page.limit, page.most_bytes
    )


def read_best(db: Connection, thread_id: str, page: BestPage) -> Snapshot | None:
    """A thread and a page of its comments, the best first. All of the thread's are ranked for each page: an index that
    keeps them in order would cost each vote as much."""
    found = thread_by_id(db, thread_id)
    if found is None:
        return None
    rank, number = page.after
    values = {"id": thread_id, "rank": rank - ZERO, "number": number, "limit": page.limit + 1}
    ids = [row.id for row in db.execute(_BEST_ROOTS if page.roots else _BEST, values)]
    groups = {one: [one] for one in ids}
    if page.roots:
        groups |= {
            root: [root, *(answers or "").split()] for root, answers in db.execute(_GROUPS, {"ids": to_json(ids)})
        }
    snapshot = _snapshot(db, found, [groups[one] for one in ids], page.limit, page.most_bytes)
    last = snapshot.end and next(one for one in snapshot.comments if (one.number,) == snapshot.end)
    return replace(snapshot, end=(ZERO + last.counts.down - last.counts.up, last.number)) if last else snapshot


def read_answers(db: Connection, thread_id: str, page: AnswersPage) -> Snapshot | None:
    """A thread and a page of the answers to one of its comments."""
    found = thread_by_id(db, thread_id)
    if found is None:
        return None
    rows = db.execute(
        _ANSWERS, {"id": thread_id, "parent": page.parent, "after": page.after, "limit": page.limit + 1}
    ).all()
    return _snapshot(db, found, [[row.id] for row in rows], page.limit, page.most_bytes)


def _snapshot(db: Connection, found: Thread, groups: Sequence[Sequence[str]], limit: int, most: int) -> Snapshot:
    """The comments of these groups, at most `limit` groups and `most` bytes, but at least one group."""
    taken: list[list[Comment]] = []
    size = 0
    for start in range(0, min(len(groups), limit), _TOGETHER):
        some = groups[start : min(start + _TOGETHER, limit)]
        texts = comments_by_id(db, (one for group in some for one in group))
        for group in some:
            size += sum(bytes_of(texts[one]) for one in group)
            if size > most and taken:
                break
            taken.append(sorted((texts[one] for one in group), key=lambda one: one.number))
        if size > most:
            break
    comments = [one for group in taken for one in group]
    return Snapshot(found, comments, len(taken) < len(groups), end=(taken[-1][0].number,) if taken else ())
