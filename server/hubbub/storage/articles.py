"""The articles that threads belong to, where they are hosted here."""

from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from hubbub.domain.model import Article, Thread
from hubbub.storage.schema import article, thread
from hubbub.storage.threads import to_thread

_COLUMNS = tuple(field.name for field in fields(Article))


def to_article(row: Row[Any]) -> Article:
    """A row of `article`."""
    return Article(**{name: getattr(row, name) for name in _COLUMNS})


def article_of(db: Connection, thread_id: str) -> Article | None:
    """The article a thread belongs to, if it is hosted here."""
    row = db.execute(select(article).where(article.c.thread == thread_id)).first()
    return None if row is None else to_article(row)


def hosted_articles(db: Connection, limit: int) -> list[tuple[Thread, Article]]:
    """The threads of all sites that carry an article, newest article first."""
    order = func.coalesce(article.c.published, 0).desc(), article.c.thread
    newest = select(article.c.thread).order_by(*order).limit(limit)  # first, for else all of the texts would be sorted
    query = select(thread, article).join(article).where(article.c.thread.in_(newest)).order_by(*order)
    return [(to_thread(row), to_article(row)) for row in db.execute(query)]


def put_article(db: Connection, thread_id: str, new: Article) -> None:
    """The article of a thread, in place of the one before."""
    db.execute(delete(article).where(article.c.thread == thread_id))
    values = {name: getattr(new, name) for name in _COLUMNS}
    db.execute(insert(article).values(thread=thread_id, **values))
