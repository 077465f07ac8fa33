"""Every question asked of storage: one function each, named for what it answers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Select, String, bindparam, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from hubbub.domain.model import Article, Comment, Event, Kind, Site, Thread
from hubbub.storage.bulk import among, to_json
from hubbub.storage.rows import COMMENT, EVENT, to_article, to_comment, to_event, to_site, to_thread
from hubbub.storage.schema import article, comment, dead_letter, event, site, thread

PAGE_BYTES = 1024 * 1024  # of comments in a page: a thousand usual events, or some twenty that are all entities

T = TypeVar("T")


class _OnlyPostgresql(FunctionElement[int]):
    """A number that PostgreSQL works out; 0 in SQLite."""

    inherit_cache = True


@compiles(_OnlyPostgresql, "postgresql")
def _for_postgresql(element: _OnlyPostgresql, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_OnlyPostgresql, "sqlite")
def _for_sqlite(_element: _OnlyPostgresql, _compiler: SQLCompiler, **_options: Any) -> str:
    return "0"


def _in_order(rows: Select[Any], place: Column[int], *, newest_first: bool = False) -> Select[Any]:
    """`rows` as `_fitting` takes them, up to the one at which there are more than `most` bytes before. That is for
    PostgreSQL, which sends all it finds at once; SQLite reads no further than it is asked to."""

    def order(by: ColumnElement[int]) -> ColumnElement[int]:
        return by.desc() if newest_first else by

    size = func.greatest(func.octet_length(comment.c.html), func.octet_length(comment.c.body))
    read = func.sum(size).over(order_by=order(place), rows=(None, -1))
    found = rows.add_columns(_OnlyPostgresql(func.coalesce(read, 0)).label("read")).subquery()
    *columns, before = found.c
    by = found.corresponding_column(place)
    assert by is not None, f"expected {place} among the columns"
    return select(*columns).where(before <= bindparam("most")).order_by(order(by))


# Built once: putting a statement together costs more than carrying it out.
_THREAD = select(thread).where(thread.c.id == bindparam("id"))
_THREADS = select(thread).where(among(thread.c.id, "ids"))
_HEADS = select(thread.c.id, thread.c.epoch, thread.c.head).where(among(thread.c.id, "ids"))
_PAGES = select(thread.c.site, thread.c.key, thread.c.id).where(
    among(thread.c.site, "sites"), among(thread.c.key, "keys")
)
_BY_KEYS = select(thread).where(thread.c.site == bindparam("site", type_=String), among(thread.c.key, "keys"))
_COMMENTS = select(*COMMENT).where(among(comment.c.id, "ids"))
# Seqs and numbers have no holes, so a page is asked for by both its ends. With a LIMIT instead, PostgreSQL reads all of
# the rest for each page until it has statistics of the thread, which a thread that just became busy lacks.
_EVENTS = _in_order(
    select(*EVENT, *COMMENT)
    .select_from(event.outerjoin(comment, comment.c.id == event.c.comment))
    .where(event.c.thread == bindparam("id"), event.c.seq.between(bindparam("first"), bindparam("last"))),
    event.c.seq,
)
_BETWEEN = select(*COMMENT).where(
    comment.c.thread == bindparam("id"), comment.c.number.between(bindparam("first"), bindparam("last"))
)
_OLDEST = _in_order(_BETWEEN, comment.c.number)
_NEWEST = _in_order(_BETWEEN, comment.c.number, newest_first=True)
_MODERATED = select(event.c.comment).where(
    among(event.c.thread, "threads"),
    event.c.seq > bindparam("first"),
    among(event.c.comment, "ids"),
    event.c.kind == Kind.EDITED,
    event.c.by.is_not(None),
)
_COUNTS = select(thread.c.key, thread.c.comments).where(
    thread.c.site == bindparam("site", type_=String), among(thread.c.key, "keys")
)


@dataclass(frozen=True, slots=True)
class Page:
    """Which comments: those with a number below `before` and above `after`, in order, `limit` of them, or fewer where
    their HTML would be over `most_bytes` together."""

    limit: int
    newest_first: bool = True
    before: int | None = None
    after: int | None = None
    most_bytes: int = PAGE_BYTES


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A thread at one moment with a page of its comments; `more` if the page's order goes on."""

    thread: Thread
    comments: list[Comment]
    more: bool


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in seq order, from just after the asked place; `more` if they don't reach `thread.head`."""

    thread: Thread
    events: list[Event]
    more: bool


def sites(db: Connection) -> list[Site]:
    """All sites."""
    return [to_site(row) for row in db.execute(select(site))]


def site_by_name(db: Connection, name: str) -> Site | None:
    """The site with this name, its row locked where others write at the same time."""
    row = db.execute(select(site).where(site.c.name == name).with_for_update()).first()
    return None if row is None else to_site(row)


def is_used(db: Connection, name: str) -> bool:
    """Whether anything has happened in a site's threads."""
    return db.execute(select(thread.c.id).where(thread.c.site == name, thread.c.head > 0).limit(1)).first() is not None


def thread_by_id(db: Connection, thread_id: str) -> Thread | None:
    """The thread with this id."""
    row = db.execute(_THREAD, {"id": thread_id}).first()
    return None if row is None else to_thread(row)


def thread_by_key(db: Connection, site_name: str, *keys: str) -> Thread | None:
    """The thread of a site's page: of the first of these keys that has one."""
    rows = db.execute(_BY_KEYS, {"site": site_name, "keys": to_json(keys)})
    return min(map(to_thread, rows), key=lambda found: keys.index(found.key), default=None)


def threads_by_page(db: Connection, pages: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The thread's id of each of these pages (site, key) that has one."""
    wanted = set(pages)
    if not wanted:
        return {}
    names, keys = ({page[part] for page in wanted} for part in (0, 1))
    rows = db.execute(_PAGES, {"sites": to_json(names), "keys": to_json(keys)})
    return {(site_name, key): found for site_name, key, found in rows if (site_name, key) in wanted}


def comment_by_id(db: Connection, comment_id: str) -> Comment | None:
    """The comment with this id, removed or not."""
    row = db.execute(select(*COMMENT).where(comment.c.id == comment_id)).first()
    return None if row is None else to_comment(row)


def threads_by_id(db: Connection, thread_ids: Sequence[str]) -> dict[str, Thread]:
    """These threads, by id, in one query."""
    return {row.id: to_thread(row) for row in db.execute(_THREADS, {"ids": to_json(thread_ids)})}


def heads(db: Connection, thread_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """(epoch, head) of each of these threads, in one query."""
    return {found: (epoch, head) for found, epoch, head in db.execute(_HEADS, {"ids": to_json(thread_ids)})}


def snapshot(db: Connection, thread_id: str, page: Page) -> Snapshot | None:
    """A thread and a page of its comments, from one moment."""
    found = thread_by_id(db, thread_id)
    if found is None:
        return None
    first = 1 if page.after is None else page.after + 1
    last = found.last_number if page.before is None else min(page.before - 1, found.last_number)
    if page.newest_first:
        bounds = {"first": max(first, last - page.limit + 1), "last": last}
    else:
        bounds = {"first": first, "last": min(last, first + page.limit - 1)}
    query = _NEWEST if page.newest_first else _OLDEST
    with db.execute(query, {"id": thread_id, **bounds, "most": page.most_bytes}) as rows:
        comments = _fitting(map(to_comment, rows), lambda one: one, page.most_bytes)
    return Snapshot(found, comments, len(comments) < last - first + 1)


def _fitting(found: Iterable[T], about: Callable[[T], Comment | None], most_bytes: int) -> list[T]:
    """The first of them, at least one, that have no more bytes than that together; no more than those are read. A
    comment has those of its HTML, or of what was typed where that is more: it is read as well, even if few see it."""
    fitting: list[T] = []
    size = 0
    for one in found:
        shown = about(one)
        size += max(len(shown.html.encode()), len(shown.body.encode())) if shown else 0
        if size > most_bytes and fitting:
            break
        fitting.append(one)
    return fitting


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
        events = _fitting((to_event(row, found) for row in rows), lambda one: one.comment, most_bytes)
    return EventPage(found, events, bool(events) and events[-1].seq < found.head)


def comments_by_id(db: Connection, ids: Iterable[str]) -> dict[str, Comment]:
    """These comments, by id."""
    wanted = list(ids)
    found = [to_comment(row) for row in db.execute(_COMMENTS, {"ids": to_json(wanted)})] if wanted else []
    return {one.id: one for one in found}


def moderated(db: Connection, comments: Sequence[Comment]) -> set[str]:
    """Those of these comments that somebody else than their author has edited."""
    if not comments:
        return set()
    ids, threads = to_json({one.id for one in comments}), to_json({one.thread for one in comments})
    first = min(one.seq for one in comments)
    return set(db.scalars(_MODERATED, {"ids": ids, "threads": threads, "first": first}))


def counts(db: Connection, site_name: str, keys: Sequence[str]) -> dict[str, int]:
    """How many comments are seen in each of these threads; a key without a thread is left out."""
    rows = db.execute(_COUNTS, {"site": site_name, "keys": to_json(keys)})
    return {row.key: row.comments for row in rows}


def dead_letters(db: Connection) -> int:
    """How many commands no transaction could take."""
    return int(db.scalar(select(func.count()).select_from(dead_letter)) or 0)


def article_of(db: Connection, thread_id: str) -> Article | None:
    """The article a thread belongs to, if it is hosted here."""
    row = db.execute(select(article).where(article.c.thread == thread_id)).first()
    return None if row is None else to_article(row)


def hosted(db: Connection, limit: int) -> list[tuple[Thread, Article]]:
    """The threads of all sites that carry an article, newest article first."""
    order = func.coalesce(article.c.published, 0).desc(), article.c.thread
    newest = select(article.c.thread).order_by(*order).limit(limit)  # first, for else all of the texts would be sorted
    query = select(thread, article).join(article).where(article.c.thread.in_(newest)).order_by(*order)
    return [(to_thread(row), to_article(row)) for row in db.execute(query)]
