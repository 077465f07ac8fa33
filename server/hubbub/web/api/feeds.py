"""Atom feeds (RFC 4287) of a thread and of a site: the newest visible comments. Every handler raises Refused."""

import re
import uuid
from collections.abc import Sequence
from hashlib import blake2b
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.domain.errors import not_found
from hubbub.domain.model import Comment, Thread
from hubbub.domain.times import to_rfc3339
from hubbub.languages.texts import known, translate
from hubbub.services.rate_limits import REQUESTS_ADDRESS
from hubbub.storage.feeds import newest_of_site, newest_of_thread
from hubbub.web.compression import LEAST, compress_any, matches_etag, takes_gzip
from hubbub.web.node import Node, node_of
from hubbub.web.requests import caller_of

MEDIA_TYPE = "application/atom+xml"
_NAMESPACE = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


async def thread_feed(request: Request) -> Response:
    """The newest comments of a thread."""
    node, caller = node_of(request), caller_of(request)
    node.limits.check((REQUESTS_ADDRESS, caller.address))
    ref = await node.history.ref(request.path_params["thread"])
    node.sites.check_origin(ref.site, caller.origin)
    found = await node.database.read(newest_of_thread, ref.id)
    if found is None:
        raise not_found("thread")
    thread, comments = found
    title = translate(_language(node, thread.site), "Comments on {0}", _title(thread))
    feed = _feed(title, _urn(f"thread {ref.id}"), _page(node, thread), request, node)
    return await _answer(request, feed, [(thread, one) for one in comments], node)


async def site_feed(request: Request) -> Response:
    """The newest comments of all threads of a site."""
    node, caller = node_of(request), caller_of(request)
    node.limits.check((REQUESTS_ADDRESS, caller.address))
    site = node.sites.get(request.path_params["name"]).name
    node.sites.check_origin(site, caller.origin)
    title = translate(_language(node, site), "Comments on {0}", node.sites.settings_of(site).title or site)
    feed = _feed(title, _urn(f"site {site} {node.home}"), f"{node.home}/", request, node)
    return await _answer(request, feed, await node.database.read(newest_of_site, site), node)


def _feed(title: str, urn: str, page: str, request: Request, node: Node) -> Element:
    feed = Element("feed", xmlns=_NAMESPACE)
    _add(feed, "id", urn)
    _add(feed, "title", title)
    SubElement(feed, "link", rel="self", type=MEDIA_TYPE, href=f"{node.home}{request.url.path}")
    SubElement(feed, "link", rel="alternate", type="text/html", href=_clean(page))
    _add(feed, "generator", "Hubbub")
    return feed


async def _answer(request: Request, feed: Element, shown: Sequence[tuple[Thread, Comment]], node: Node) -> Response:
    _add(feed, "updated", to_rfc3339(max((one.edited_at or one.at for _, one in shown), default=0)))
    for thread, comment in shown:
        _add_entry(feed, thread, comment, node)
    body = tostring(feed, encoding="utf-8", xml_declaration=True)
    tag = f'W/"{blake2b(body, digest_size=10).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if matches_etag(request, tag):
        return Response(status_code=304, headers=headers)
    if len(body) >= LEAST and takes_gzip(request):
        body, headers["Content-Encoding"] = await compress_any(body), "gzip"
    return Response(body, 200, headers, MEDIA_TYPE)


def _add_entry(feed: Element, thread: Thread, comment: Comment, node: Node) -> None:
    entry = SubElement(feed, "entry")
    _add(entry, "id", f"urn:uuid:{comment.id}")
    _add(entry, "title", translate(_language(node, thread.site), "{0} on {1}", comment.author.name, _title(thread)))
    author = SubElement(entry, "author")
    _add(author, "name", comment.author.name)
    if comment.author.website:
        _add(author, "uri", comment.author.website)
    _add(entry, "published", to_rfc3339(comment.at))
    _add(entry, "updated", to_rfc3339(comment.edited_at or comment.at))
    page = thread.url or f"{node.home}/t/{thread.id}?around={comment.number}"
    SubElement(entry, "link", rel="alternate", type="text/html", href=_clean(f"{page}#comment-{comment.number}"))
    _add(entry, "content", comment.html, type="html")


def _add(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = _clean(text)


def _clean(text: str) -> str:
    """`text` without the characters that no XML may have; the writer escapes the others."""
    return _NOT_XML.sub("", text)


def _language(node: Node, site: str) -> str:
    return known(node.sites.settings_of(site).language)


def _title(thread: Thread) -> str:
    return thread.title or thread.key


def _page(node: Node, thread: Thread) -> str:
    """Where people read the thread: the publisher's page, or ours where its address is unknown."""
    return thread.url or f"{node.home}/t/{thread.id}"


def _urn(name: str) -> str:
    """An id that stays the same (RFC 4287, 4.2.6), made from what a feed is about."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"hubbub {name}").urn


ROUTES = [
    Route("/api/v1/sites/{name}/feed.atom", site_feed, methods=["GET"]),
    Route("/api/v1/threads/{thread}/feed.atom", thread_feed, methods=["GET"]),
]
