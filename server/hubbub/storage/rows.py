"""Rows to the domain's objects and back."""

from typing import Any

from sqlalchemy import Row

from hubbub.domain.model import Article, Author, Comment, Event, Kind, Role, Site, Thread


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


def to_comment(row: Row[Any]) -> Comment:
    """A row of `comment`, text and all, whether removed or not: views decide what is shown."""
    return Comment(
        id=row.id,
        thread=row.thread,
        number=row.number,
        seq=row.seq,
        parent=row.parent,
        author=Author(row.author_id, row.author_name, row.author_website, Role(row.author_role)),
        body=row.body,
        html=row.html,
        at=row.at,
        edited_at=row.edited_at,
        removed=row.removed,
    )


def to_article(row: Row[Any]) -> Article:
    """A row of `article`."""
    return Article(row.section, row.published, row.author, row.source, row.source_url, row.body, row.html)


def to_event(row: Row[Any], comments: dict[str, Comment], thread: Thread) -> Event:
    """A row of `event`, with what it is about in its current state, so that what was removed since stays removed."""
    comment = comments[row.comment] if row.comment else None
    about = thread if comment is None else None
    return Event(row.seq, Kind(row.kind), row.at, comment, about, row.reason, row.by)


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
