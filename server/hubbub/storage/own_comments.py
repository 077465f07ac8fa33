"""All comments of one author on a site, for them to take along or to erase."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update

from hubbub.storage.bulk import among, to_json
from hubbub.storage.held import erase_held
from hubbub.storage.last_posts import forget_last_posts
from hubbub.storage.schema import author, comment, event, revision, thread
from hubbub.storage.seen import erase_seen

_OWN = (
    select(comment.c.id, comment.c.thread)
    .join(thread, thread.c.id == comment.c.thread)
    .where(thread.c.site == bindparam("site"), comment.c.author_id == bindparam("author"), comment.c.body != "")
    .order_by(comment.c.at, comment.c.id)
)
_DETAILS = (
    select(comment, thread.c.key, thread.c.url, thread.c.title)
    .join(thread, thread.c.id == comment.c.thread)
    .where(among(comment.c.id, "ids"))
    .order_by(comment.c.at, comment.c.id)
)
_WIPE = (
    update(comment)
    .where(among(comment.c.id, "ids"))
    .values(author_name="", author_website=None, author_email=None, body="", html="", state_reason=None)
)
_WIPE_REASONS = update(event).where(among(event.c.thread, "threads"), among(event.c.comment, "ids")).values(reason=None)
_WIPE_REVISIONS = delete(revision).where(among(revision.c.comment, "ids"))
_WIPE_NAMES = update(event).where(
    among(event.c.thread, "threads"), among(event.c.by_id, "authors"), event.c.comment.is_not(None)
)


class OwnComment(NamedTuple):
    """A comment, and the thread that it is in."""

    id: str
    thread: str


def own_comments(db: Connection, site: str, author_id: str) -> list[OwnComment]:
    """An author's comments that have a text, removed or not, oldest first. Reads all comments: no index is worth it."""
    if db.scalar(select(author.c.id).where(author.c.site == site, author.c.id == author_id)) is None:
        return []
    return [OwnComment(*row) for row in db.execute(_OWN, {"site": site, "author": author_id})]


def comment_details(db: Connection, ids: Collection[str]) -> list[dict[str, Any]]:
    """All that is kept of these comments, each with `key`, `url` and `title` of its page, oldest first."""
    return [dict(row._mapping) for row in db.execute(_DETAILS, {"ids": to_json(ids)})]


def wipe_comments(db: Connection, ids: Collection[str], threads: Collection[str], authors: Collection[str]) -> None:
    """Removes the texts of these comments, earlier ones too, the reasons of their removal, and the names of these
    authors from the comments and from the logs of these threads."""
    db.execute(_WIPE, {"ids": to_json(ids)})
    db.execute(_WIPE_REVISIONS, {"ids": to_json(ids)})
    db.execute(_WIPE_REASONS, {"threads": to_json(threads), "ids": to_json(ids)})
    db.execute(_WIPE_NAMES.values(by=None), {"threads": to_json(threads), "authors": to_json(authors)})


def forget_author(db: Connection, site: str, author_id: str) -> None:
    """Removes what a site knows of an author."""
    db.execute(delete(author).where(author.c.site == site, author.c.id == author_id))
    erase_held(db, site, author_id)
    forget_last_posts(db, author_id)
    erase_seen(db, author_id)
