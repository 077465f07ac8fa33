"""Finds and makes threads, and prepares the requests about them."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from msgspec.structs import asdict

from hubbub.commands.threads import (
    ArticleDetails,
    CloseThread,
    EnsureThread,
    PinComment,
    PutThread,
    ReopenThread,
    SetMode,
)
from hubbub.domain.actor import check
from hubbub.domain.errors import ErrorCode, Refused, bad_request, not_found
from hubbub.domain.ids import comment_id
from hubbub.domain.keys import clean_key
from hubbub.domain.model import Article
from hubbub.domain.permissions import Permission
from hubbub.domain.sizes import ARTICLE_CHARS, NAME_CHARS, TITLE_CHARS, WEBSITE_CHARS
from hubbub.domain.text import clean_body, clean_line, clean_reason, clean_website
from hubbub.domain.times import from_rfc3339
from hubbub.markup import render_article
from hubbub.protocol.requests.threads import Close, Mode, Pin, Reopen, ThreadBody
from hubbub.services.base import Services, Target
from hubbub.services.caller import Caller
from hubbub.services.history import ThreadRef
from hubbub.services.rate_limits import THREADS_ADDRESS

T = TypeVar("T")


def prepare_close(services: Services, target: Target, request: Close) -> CloseThread:
    """Closes a thread. Raises Refused."""
    return CloseThread(target.thread.id, target.actor, clean_reason(request.reason))


def prepare_reopen(services: Services, target: Target, request: Reopen) -> ReopenThread:
    """Opens a closed thread again."""
    return ReopenThread(target.thread.id, target.actor)


def prepare_pin(services: Services, target: Target, request: Pin) -> PinComment:
    """Pins a comment. Raises Refused."""
    comment = None if request.comment is None else comment_id(request.comment)
    return PinComment(target.thread.id, target.actor, comment)


def prepare_mode(services: Services, target: Target, request: Mode) -> SetMode:
    """Changes what holds for new comments of a thread. Raises Refused."""
    at = request.close_at
    close_at = _time(at, "close_at") if isinstance(at, str) else at
    return SetMode(target.thread.id, target.actor, close_at, request.slow, request.who, request.hold, request.delay)


async def prepare_put_thread(services: Services, caller: Caller, site: str, key: str, body: ThreadBody) -> PutThread:
    """Sets a thread's title and address, and the article it belongs to: as a whole if `body.body` is given, else what
    is said of it. Raises Refused."""
    services.sites.check_origin(site, caller.origin)
    actor = check(caller.actor, Permission.PUT_THREAD, services.sites.get(site).name)
    details = _details(body)
    clean = clean_key(key)
    known = await services.history.find(site, key)
    return PutThread(
        site=site,
        key=known.key if known else clean,
        title=_line(body.title, "title", TITLE_CHARS),
        url=_link(body.url),
        article=None if body.body is None else _article(body.body, details),
        details=None if body.body is not None or details == ArticleDetails() else details,
        actor=actor,
    )


async def open_thread(services: Services, caller: Caller, site: str, key: str) -> ThreadRef:
    """The thread of a page, made on first use from an allowed origin. A program (no origin) makes none. Raises
    Refused."""
    services.sites.check_origin(site, caller.origin)
    clean = clean_key(key)
    known = await services.history.find(services.sites.get(site).name, key)
    if known is not None:
        return known
    if caller.origin is None:
        raise not_found("thread")
    services.limits.check((THREADS_ADDRESS, caller.address))
    foreign = caller.origin not in services.sites.own_origins
    url = caller.origin + clean if foreign and clean.startswith("/") else None
    done = await services.command_bus.submit(EnsureThread(site, clean, url))
    assert done.thread is not None
    return services.history.remember(done.thread)


async def with_thread(
    services: Services, caller: Caller, site: str, key: str, use: Callable[[ThreadRef], Awaitable[T]]
) -> T:
    """What `use` makes of a page's thread (see `open_thread`). Where this node knows the thread but storage has
    forgotten it, since nobody read it for long, `use` gets a new one."""
    ref = await open_thread(services, caller, site, key)
    try:
        return await use(ref)
    except Refused as refused:
        if refused.code != ErrorCode.NOT_FOUND:
            raise
    services.history.forget(ref)
    return await use(await open_thread(services, caller, site, key))


def _line(value: str | None, field: str, most: int) -> str | None:
    return clean_line(value, field, most) if value and value.strip() else None


def _link(value: str | None) -> str | None:
    return clean_website(value) if value else None


def _poster(value: str | None) -> str | None:
    """The address of a picture: https, or a path of this server."""
    if value and value.startswith("/") and not value.startswith(("//", "/\\")):
        return clean_line(value, "poster", WEBSITE_CHARS)
    link = _link(value)
    if link is not None and not link.startswith("https://"):
        raise bad_request("`poster` must begin with https://, or with / for a path of this server.")
    return link


def _article(typed_text: str, details: ArticleDetails) -> Article:
    text = clean_body(typed_text, ARTICLE_CHARS)
    return Article(**asdict(details), body=text, html=render_article(text))


def _time(value: str, field: str) -> int:
    try:
        return from_rfc3339(value)
    except ValueError:
        raise bad_request(f"`{field}` must be a time such as 2026-11-22T10:00:00Z.") from None


def _details(body: ThreadBody) -> ArticleDetails:
    return ArticleDetails(
        section=_line(body.section, "section", NAME_CHARS),
        published=None if body.published is None else _time(body.published, "published"),
        author=_line(body.author, "author", NAME_CHARS),
        source=_line(body.source, "source", TITLE_CHARS),
        source_url=_link(body.source_url),
        poster=_poster(body.poster),
        poster_text=_line(body.poster_text, "poster_text", TITLE_CHARS),
        theme=body.theme,
    )
