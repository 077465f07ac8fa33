"""The pages people read without any script: the front page, hosted articles, and comments for an iframe."""

from collections.abc import Awaitable, Callable
from functools import wraps
from math import ceil
from typing import NamedTuple

import structlog
from cachetools import LRUCache
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.domain.errors import ErrorCode, Refused, http_status, unavailable
from hubbub.metrics import REFUSED
from hubbub.services.cache import lru_cache_of_bytes
from hubbub.services.limits import REQUESTS_ADDRESS
from hubbub.services.moderation import clean_key
from hubbub.storage.faults import reason
from hubbub.web import reading
from hubbub.web.compression import compress_any
from hubbub.web.exchange import caller_of, number_of, text_of
from hubbub.web.html import ancestors_of, page, render
from hubbub.web.nameplates import PLAIN, nameplate_of
from hubbub.web.state import Node, node_of
from hubbub.web.who_asks import check_host

KEPT_PAGES = 16 * 1024 * 1024  # bytes of finished pages
_HIGHEST = 2**53 - 1
_HEADINGS: dict[str, str] = {
    ErrorCode.NOT_FOUND: "There is nothing here",
    ErrorCode.BAD_REQUEST: "This address is not right",
    ErrorCode.RATE_LIMITED: "Too many pages at once",
    ErrorCode.UNAVAILABLE: "Back in a moment",
}

log = structlog.get_logger()
Handler = Callable[[Request], Awaitable[Response]]


def _for_people(handler: Handler) -> Handler:
    """Refusals as a page; every page counts against its address's requests."""

    @wraps(handler)
    async def handle(request: Request) -> Response:
        try:
            check_host(request)
            node_of(request).limits.check((REQUESTS_ADDRESS, caller_of(request).address))
            return await handler(request)
        except Refused as refused:
            return _refusal(request, refused)
        except DBAPIError as error:
            log.error("storage_unavailable", error=reason(error))
            return _refusal(request, unavailable("The comments can't be read just now; please try again.", 1))

    return handle


def _render(node: Node, template: str, **context: object) -> bytes:
    """A template with what it shows, its links below the path that this server is at."""
    return render(template, root=node.root, **context)


def _refusal(request: Request, refused: Refused) -> Response:
    REFUSED.labels(refused.code).inc()
    heading = _HEADINGS.get(refused.code, "This did not work")
    response = page(
        request,
        _render(node_of(request), "message.html", heading=heading, message=refused.message, nameplate=PLAIN),
        http_status(refused.code),
    )
    if refused.retry_after is not None:
        response.headers["Retry-After"] = str(ceil(refused.retry_after))
    return response


@_for_people
async def front(request: Request) -> Response:
    """The newest hosted articles, or how to embed the first thread where there are none."""
    teasers = await node_of(request).database.read(reading.read_front)
    if not teasers:
        return page(request, _render(node_of(request), "welcome.html", host=node_of(request).home, nameplate=PLAIN))
    sites = {teaser.thread.site for teaser in teasers}
    nameplate = nameplate_of(sites.pop()) if len(sites) == 1 else PLAIN
    return page(request, _render(node_of(request), "front.html", teasers=teasers, nameplate=nameplate))


class _Kept(NamedTuple):
    epoch: str
    head: int
    body: bytes
    zipped: bytes


# By thread, page and template. Ids are random and an epoch names one log, so entries are right for every node.
_kept: LRUCache[tuple[str, int | None, str], _Kept] = lru_cache_of_bytes(KEPT_PAGES, lambda kept: len(kept.body) + len(kept.zipped))


async def _thread_page(node: Node, thread_id: str, before: int | None, template: str) -> _Kept:
    """A thread as HTML; rendered again only when something has happened in it."""
    epoch, head = await node.history.head(thread_id)
    key = (thread_id, before, template)
    kept = _kept.get(key)
    if kept is None or (kept.epoch, kept.head) != (epoch, head):
        found = await node.database.read(reading.read_thread, thread_id, before)
        thread = found.thread
        names = {"site": thread.site, "key": thread.key, "nameplate": nameplate_of(thread.site)}
        body = _render(node, template, reading=found, **names)
        kept = _Kept(thread.epoch, thread.head, body, await compress_any(body))
        _kept[key] = kept
    return kept


@_for_people
async def article(request: Request) -> Response:
    """/t/{id}: the article with its comments."""
    before = number_of(request, "before", most=_HIGHEST)
    found = await _thread_page(node_of(request), request.path_params["thread"], before, "thread.html")
    return page(request, found.body, zipped=found.zipped)


@_for_people
async def embed(request: Request) -> Response:
    """/embed?site=&key=: the comments alone, for an iframe on the site's pages."""
    node, before = node_of(request), number_of(request, "before", most=_HIGHEST)
    site, sent = node.sites.get(text_of(request, "site")), text_of(request, "key")
    key = clean_key(sent)
    ref = await node.history.find(site.name, sent)
    try:
        shown = await _thread_page(node, ref.id, before, "embed.html") if ref else None
    except Refused:
        shown = None  # forgotten, as nobody had read it for long
    if shown is None:  # the widget makes the thread when it joins
        body, zipped = _render(node, "embed.html", reading=None, site=site.name, key=key), None
    else:
        _, _, body, zipped = shown
    return page(request, body, ancestors=ancestors_of(site), zipped=zipped)


@_for_people
async def nothing(request: Request) -> Response:
    """Any other address a person may come to."""
    raise Refused(ErrorCode.NOT_FOUND, "The page may have moved, or its address was mistyped.")


ROUTES = [
    Route("/", front, methods=["GET"]),
    Route("/t/{thread}", article, methods=["GET"]),
    Route("/embed", embed, methods=["GET"]),
    # Last of all routes, and of one segment, so that /api keeps its own answers.
    Route("/{anything}", nothing, methods=["GET"]),
    Route("/t/{anything:path}", nothing, methods=["GET"]),
]
