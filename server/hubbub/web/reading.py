"""What the pages show, read from storage in one transaction each."""

from dataclasses import dataclass

from sqlalchemy import Connection

from hubbub.domain.errors import not_found
from hubbub.domain.limits import PAGE_COMMENTS
from hubbub.domain.model import Article, Comment, Thread
from hubbub.protocol.views import CommentView, comment_view
from hubbub.storage.articles import article_of, hosted_articles
from hubbub.storage.comments import Page, comments_by_id, read_snapshot
from hubbub.web.html import summary_of

FRONT = 50  # articles


@dataclass(frozen=True, slots=True)
class Shown:
    """A comment as everybody sees it, with the number of the one it answers and whether that is on the same page."""

    view: CommentView
    parent: int | None
    near: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A thread, its article if it has one, and a page of comments, newest first.

    `older` and `newer` are the `before` of the pages next to this one (None: there is none; 0: the newest comments).
    """

    thread: Thread
    article: Article | None
    comments: list[Shown]
    before: int | None
    older: int | None
    newer: int | None

    @property
    def title(self) -> str:
        """What the thread is about, as far as it is known."""
        return self.thread.title or self.thread.key

    @property
    def summary(self) -> str:
        """What search engines and previews show; empty without an article."""
        return summary_of(self.article.html) if self.article else ""


@dataclass(frozen=True, slots=True)
class Teaser:
    """An article on the front page."""

    thread: Thread
    article: Article
    summary: str


def read_thread(db: Connection, thread_id: str, before: int | None) -> Reading:
    """The comments below number `before`, or the newest ones; Refused `not_found` if there is no such thread."""
    snapshot = read_snapshot(db, thread_id, Page(PAGE_COMMENTS, before=before))
    if snapshot is None:
        raise not_found("thread")
    comments = snapshot.comments
    return Reading(
        thread=snapshot.thread,
        article=article_of(db, thread_id),
        comments=_shown(db, comments),
        before=before,
        older=comments[-1].number if snapshot.more else None,
        newer=None if before is None else _newer(before, snapshot.thread.last_number),
    )


def _newer(before: int, last: int) -> int | None:
    if before > last:
        return None
    following = before + PAGE_COMMENTS
    return following if following <= last else 0


def _shown(db: Connection, comments: list[Comment]) -> list[Shown]:
    near = {comment.id: comment.number for comment in comments}
    far = {comment.parent for comment in comments if comment.parent and comment.parent not in near}
    numbers = near | {id_: parent.number for id_, parent in comments_by_id(db, far).items()}
    return [
        Shown(comment_view(comment), numbers.get(comment.parent or ""), comment.parent in near) for comment in comments
    ]


def read_front(db: Connection) -> list[Teaser]:
    """The newest articles of all sites, newest first."""
    return [Teaser(thread, article, summary_of(article.html)) for thread, article in hosted_articles(db, FRONT)]
