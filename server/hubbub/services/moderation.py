"""Moderating threads and comments, and setting threads up: commands for the worker, from those who may."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec.structs import asdict

from hubbub.domain import keys
from hubbub.domain.actor import check_author_or_moderator, check_moderator, check_owner, check_site
from hubbub.domain.errors import ErrorCode, Refused, bad_request, not_found
from hubbub.domain.limits import ARTICLE_CHARS, NAME_CHARS, REASON_CHARS, TITLE_CHARS
from hubbub.domain.model import Article
from hubbub.domain.text import clean_body, clean_line, clean_website
from hubbub.domain.times import from_rfc3339, now_ms
from hubbub.markup import render_article
from hubbub.protocol.commands import ThreadBody
from hubbub.services.caller import Caller
from hubbub.services.history import History, ThreadRef
from hubbub.services.limits import THREADS_ADDRESS, RateLimits
from hubbub.services.posting import Posting
from hubbub.services.sites import Sites
from hubbub.services.typed import typed
from hubbub.transport.base import Ingest
from hubbub.transport.commands import (
    ArticleDetails,
    CloseThread,
    EnsureThread,
    PutThread,
    RemoveComment,
    ReopenThread,
    RestoreComment,
)

T = TypeVar("T")


class Moderation:
    """Makes the commands of moderators, owners, and of a page that is opened for the first time. All raise Refused."""

    def __init__(self, ingest: Ingest, history: History, posting: Posting, sites: Sites, limits: RateLimits) -> None:
        self._ingest = ingest
        self._history = history
        self._posting = posting
        self._sites = sites
        self._limits = limits

    async def close(self, caller: Caller, thread_id: str, reason: str | None) -> CloseThread:
        """No more comments, for `reason`."""
        ref = await self._ref(caller, thread_id)
        return CloseThread(ref.id, check_moderator(caller.actor, ref.site), clean_reason(reason))

    async def reopen(self, caller: Caller, thread_id: str) -> ReopenThread:
        """Comments again."""
        ref = await self._ref(caller, thread_id)
        return ReopenThread(ref.id, check_moderator(caller.actor, ref.site))

    async def remove(self, caller: Caller, comment_id: str, reason: str | None) -> RemoveComment:
        """A comment out of sight, by a moderator, or by its author in the edit window."""
        comment, ref = await self._posting.locate(caller, comment_id)
        actor = check_site(caller.actor, ref.site)
        check_author_or_moderator(actor, comment, now_ms())
        return RemoveComment(comment.id, comment.thread, actor, clean_reason(reason))

    async def restore(self, caller: Caller, comment_id: str) -> RestoreComment:
        """A removed comment back in sight."""
        comment, ref = await self._posting.locate(caller, comment_id)
        return RestoreComment(comment.id, comment.thread, check_moderator(caller.actor, ref.site))

    async def put_thread(self, caller: Caller, site: str, key: str, body: ThreadBody) -> PutThread:
        """A thread's title and address, and the article it belongs to: as a whole if `body.body` is given, else what
        is said of it."""
        self._sites.check_origin(site, caller.origin)
        check_owner(caller.actor, self._sites.get(site).name)
        details = _details(body)
        clean = clean_key(key)
        known = await self._history.find(site, key)
        return PutThread(
            site=site,
            key=known.key if known else clean,
            title=_line(body.title, "title", TITLE_CHARS),
            url=_link(body.url),
            article=None if body.body is None else _article(body.body, details),
            details=None if body.body is not None or details == ArticleDetails() else details,
        )

    async def open(self, caller: Caller, site: str, key: str) -> ThreadRef:
        """The thread of a page, made on first use from an allowed origin. A program (no origin) makes none."""
        self._sites.check_origin(site, caller.origin)
        clean = clean_key(key)
        known = await self._history.find(self._sites.get(site).name, key)
        if known is not None:
            return known
        if caller.origin is None:
            raise not_found("thread")
        self._limits.check((THREADS_ADDRESS, caller.address))
        foreign = caller.origin not in self._sites.own_origins
        url = caller.origin + clean if foreign and clean.startswith("/") else None
        done = await self._ingest.append(EnsureThread(site, clean, url))
        assert done.thread is not None
        return self._history.remember(done.thread)

    async def opened(self, caller: Caller, site: str, key: str, use: Callable[[ThreadRef], Awaitable[T]]) -> T:
        """What `use` makes of the thread of a page (see `open`); of a new one where the thread was forgotten since this
        node found it, as nobody had read it for long."""
        ref = await self.open(caller, site, key)
        try:
            return await use(ref)
        except Refused as refused:
            if refused.code != ErrorCode.NOT_FOUND:
                raise
        self._history.forget(ref)
        return await use(await self.open(caller, site, key))

    async def _ref(self, caller: Caller, thread_id: str) -> ThreadRef:
        ref = await self._history.ref(thread_id)
        self._sites.check_origin(ref.site, caller.origin)
        return ref


def clean_reason(reason: str | None) -> str | None:
    """Why, as it is stored; None where nothing was said. Refused `bad_request` for what can't be shown."""
    return typed(lambda: clean_line(reason, "reason", REASON_CHARS)) if reason and reason.strip() else None


def _line(value: str | None, field: str, most: int) -> str | None:
    return typed(lambda: clean_line(value, field, most)) if value and value.strip() else None


def _link(value: str | None) -> str | None:
    return typed(lambda: clean_website(value)) if value else None


def clean_key(key: str) -> str:
    """A page's key as it is stored; Refused `bad_request` for one that can't be."""
    return typed(lambda: keys.clean_key(key))


def _article(typed_text: str, details: ArticleDetails) -> Article:
    text = typed(lambda: clean_body(typed_text, ARTICLE_CHARS))
    return Article(**asdict(details), body=text, html=typed(lambda: render_article(text)))


def _details(body: ThreadBody) -> ArticleDetails:
    try:
        published = None if body.published is None else from_rfc3339(body.published)
    except ValueError:
        raise bad_request("`published` must be a time such as 2026-11-22T10:00:00Z.") from None
    return ArticleDetails(
        section=_line(body.section, "section", NAME_CHARS),
        published=published,
        author=_line(body.author, "author", NAME_CHARS),
        source=_line(body.source, "source", TITLE_CHARS),
        source_url=_link(body.source_url),
    )
