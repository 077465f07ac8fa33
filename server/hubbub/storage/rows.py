"""Rows to the domain's objects and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from hubbub.domain.model import Article, Author, Comment, Event, Kind, Role, Site, Thread
from hubbub.storage import schema

# What a newer version stored stays a plain string.
_KINDS: Mapping[str, str] = {kind.value: kind for kind in Kind}
_ROLES: Mapping[str, str] = {role.value: role for role in Role}


def to_site(row: Row[Any]) -> Site:
    """A row of `site`."""
    return Site(row.name, tuple(row.origins.splitlines()), row.images)


def to_thread(row: Row[Any]) -> Thread:
    """A row of `thread`."""
    return Thread(
        id=row.id,
        site=row.site,
        key=row.key,
        title=row.title,
        url=row.url,
        closed=row.closed,
        reason=row.reason,
        epoch=row.epoch,
        head=row.head,
        last_number=row.last_number,
        comments=row.comments,
    )


# By place rather than by name: these are made by the hundred thousand, and each look-up of a name costs.
COMMENT = [
    schema.comment.c[name]
    for name in (
        *("id", "thread", "number", "seq", "parent", "author_id", "author_name", "author_website", "author_role"),
        *("body", "html", "at", "edited_at", "removed"),
    )
]
EVENT = [schema.event.c[name] for name in ("seq", "kind", "at", "reason", "by")]


def to_comment(values: Sequence[Any]) -> Comment:
    """The columns `COMMENT`, text and all, whether removed or not: views decide what is shown."""
    made, thread, number, seq, parent, author, name, website, role, body, html, at, edited_at, removed = values
    by = Author(author, name, website, _ROLES.get(role, role))
    return Comment(made, thread, number, seq, parent, by, body, html, at, edited_at, removed)


def to_event(values: Sequence[Any], thread: Thread) -> Event:
    """The columns `EVENT` and `COMMENT`: what happened, with what it is about in its current state, so that what was
    removed since stays removed. Events without a comment are about `thread`."""
    seq, kind, at, reason, by, comment_id, *_ = values
    kind = _KINDS.get(kind, kind)
    if comment_id is None:
        return Event(seq, kind, at, None, thread, reason, by)
    return Event(seq, kind, at, to_comment(values[len(EVENT) :]), None, reason, by)


def to_article(row: Row[Any]) -> Article:
    """A row of `article`."""
    return Article(row.section, row.published, row.author, row.source, row.source_url, row.body, row.html)


def thread_values(thread: Thread) -> dict[str, Any]:
    """The columns of `thread` that change."""
    return {
        "title": thread.title,
        "url": thread.url,
        "closed": thread.closed,
        "reason": thread.reason,
        "head": thread.head,
        "last_number": thread.last_number,
        "comments": thread.comments,
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
        "removed": comment.removed,
        "fingerprint": fingerprint,
    }
