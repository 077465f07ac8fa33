"""What the pages show, read from storage in one transaction each."""

from dataclasses import dataclass

from sqlalchemy import Connection

from hubbub.domain.errors import not_found
from hubbub.domain.model import Article, Comment, Thread
from hubbub.domain.sizes import PAGE_COMMENTS
from hubbub.protocol.views import CommentView, comment_view
from hubbub.storage.articles import article_of, hosted_articles
from hubbub.storage.comments import Page, comments_by_id, read_snapshot
from hubbub.web.pages.html import summary_of

FRONT = 50  # articles


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment as everybody sees it. `parent` is the number of the comment it answers, `parent_here` whether that one
    is on the same page."""

    view: CommentView
    parent: int | None
    parent_here: bool


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """A thread, its article if it has one, and a page of comments, newest first.

    `older` and `newer` are the `before` of the pages next to this one (None: there is none; 0: the newest comments).
    """

    thread: Thread
    article: Article | None
    comments: list[CommentRow]
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
class ArticleSummary:
    """An article on the front page."""

    thread: Thread
    article: Article
    text: str


def read_thread_page(db: Connection, thread_id: str, before: int | None, around: int | None = None) -> ThreadPage:
    """The comments below number `before`, or those around a number, or the newest ones; Refused `not_found` if there is
    no such thread."""
    snapshot = read_snapshot(db, thread_id, Page(PAGE_COMMENTS, before=before, around=around))
    if snapshot is None:
        raise not_found("thread")
    comments = snapshot.comments
    if around is not None:
        before = comments[0].number + 1 if snapshot.earlier else None
    return ThreadPage(
        thread=snapshot.thread,
        article=article_of(db, thread_id),
        comments=_rows(db, comments, snapshot.thread.pinned),
        before=before,
        older=comments[-1].number if snapshot.more else None,
        newer=None if before is None else _newer(before, snapshot.thread.last_number),
    )


def _newer(before: int, last: int) -> int | None:
    if before > last:
        return None
    following = before + PAGE_COMMENTS
    return following if following <= last else 0


def _rows(db: Connection, comments: list[Comment], pinned: str | None) -> list[CommentRow]:
    near = {comment.id: comment.number for comment in comments}
    far = {comment.parent for comment in comments if comment.parent and comment.parent not in near}
    numbers = near | {id_: parent.number for id_, parent in comments_by_id(db, far).items()}
    return [
        CommentRow(comment_view(comment, pinned=pinned), numbers.get(comment.parent or ""), comment.parent in near)
        for comment in comments
    ]


def read_front_page(db: Connection) -> list[ArticleSummary]:
    """The newest articles of all sites, newest first."""
    return [ArticleSummary(thread, article, summary_of(article.html)) for thread, article in hosted_articles(db, FRONT)]
