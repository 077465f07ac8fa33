"""Threads: found by id and by key, locked, made, changed, counted."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, String, bindparam, select, update

from hubbub.domain.model import NO_MODE, Closing, Thread, ThreadMode
from hubbub.storage import empty_threads
from hubbub.storage.bulk import Query, among, inserting, to_json, updating
from hubbub.storage.schema import thread

# Built once: putting a statement together costs more than carrying it out.
_THREAD = select(thread).where(thread.c.id == bindparam("id"))
_THREADS = select(thread).where(among(thread.c.id, "ids"))
_HEADS = select(thread.c.id, thread.c.epoch, thread.c.head).where(among(thread.c.id, "ids"))
_PAGES = select(thread.c.site, thread.c.key, thread.c.id).where(
    among(thread.c.site, "sites"), among(thread.c.key, "keys")
)
_BY_KEYS = select(thread).where(thread.c.site == bindparam("site", type_=String), among(thread.c.key, "keys"))
_COUNTS = select(thread.c.key, thread.c.comments).where(
    thread.c.site == bindparam("site", type_=String), among(thread.c.key, "keys")
)
_LOCK_THREADS = Query(select(thread).where(among(thread.c.id, "ids")).order_by(thread.c.id).with_for_update())
_INSERT_THREADS = inserting(thread)
_UPDATE_THREADS = updating(
    thread,
    (
        *("title", "url", "closed", "reason", "head", "last_number", "comments", "pinned", "mode", "unscored"),
        *("closed_at", "closed_by", "closed_by_id", "held"),
    ),
)


def to_thread(row: Sequence[Any]) -> Thread:
    """The columns of `thread` in their order; others may follow."""
    made, site, key, title, url, closed, reason, epoch, head, last_number, comments, _at, pinned, mode, *rest = row
    unscored, *closing, held = rest[:5]
    return Thread(
        id=made,
        site=site,
        key=key,
        title=title,
        url=url,
        closed=bool(closed),
        reason=reason,
        epoch=epoch,
        head=head,
        last_number=last_number,
        comments=comments,
        pinned=pinned,
        mode=NO_MODE if mode is None else msgspec.json.decode(mode, type=ThreadMode),
        unscored=unscored,
        closing=_closing(*closing) if closed else None,
        held=held,
    )


def _closing(at: int | None, by: str | None, by_id: str | None) -> Closing | None:
    """None after an older node closed the thread without a word about it."""
    return None if at is None else Closing(at, by_id, by)


def thread_values(thread: Thread) -> dict[str, Any]:
    """The columns of `thread` that change."""
    closing = thread.closing
    return {
        "title": thread.title,
        "url": thread.url,
        "closed": thread.closed,
        "reason": thread.reason,
        "head": thread.head,
        "last_number": thread.last_number,
        "comments": thread.comments,
        "pinned": thread.pinned,
        "mode": None if thread.mode == NO_MODE else msgspec.json.encode(thread.mode).decode(),
        "unscored": thread.unscored,
        "closed_at": closing and closing.at,
        "closed_by": closing and closing.by,
        "closed_by_id": closing and closing.by_id,
        "held": thread.held,
    }


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


def threads_by_id(db: Connection, thread_ids: Sequence[str]) -> dict[str, Thread]:
    """These threads, by id, in one query."""
    return {row.id: to_thread(row) for row in db.execute(_THREADS, {"ids": to_json(thread_ids)})}


def thread_heads(db: Connection, thread_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """(epoch, head) of each of these threads, in one query."""
    return {found: (epoch, head) for found, epoch, head in db.execute(_HEADS, {"ids": to_json(thread_ids)})}


def comment_counts(db: Connection, site_name: str, keys: Sequence[str]) -> dict[str, int]:
    """How many comments are seen in each of these threads; a key without a thread is left out."""
    rows = db.execute(_COUNTS, {"site": site_name, "keys": to_json(keys)})
    return {row.key: row.comments for row in rows}


def lock_threads(db: Connection, ids: Iterable[str]) -> dict[str, Thread]:
    """These threads, their rows locked in id order so that two workers can't lock each other out."""
    return {row[0]: to_thread(row) for row in _LOCK_THREADS.rows(db, {"ids": to_json(set(ids))})}


def insert_threads(db: Connection, new: Sequence[Thread], at: int) -> None:
    """New threads."""
    rows = [{"id": t.id, "site": t.site, "key": t.key, "epoch": t.epoch, "created_at": at} for t in new]
    _INSERT_THREADS.run(db, [{**row, **thread_values(one)} for row, one in zip(rows, new, strict=True)])
    empty_threads.begin(db, new)


def update_threads(db: Connection, changed: Iterable[Thread]) -> None:
    """Threads as they are now."""
    _UPDATE_THREADS.run(db, [{"this": one.id, **thread_values(one)} for one in changed])


def new_epochs(db: Connection) -> None:
    """Tells every reader to load its thread anew: after a backup was restored, places in the log mean other events."""
    db.execute(update(thread).values(epoch=secrets.token_hex(4)))
