"""/api/v1/threads and /api/v1/counts: snapshots, events, articles. Every handler raises Refused."""

from collections.abc import Sequence
from functools import partial
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.domain.actor import Actor, of_site
from hubbub.domain.errors import Refused, bad_request
from hubbub.domain.events import thread_topic
from hubbub.domain.keys import clean_key
from hubbub.domain.model import Thread
from hubbub.domain.permissions import Permission
from hubbub.domain.sizes import ARTICLE_CHARS, COUNTS_KEYS, PAGE_COMMENTS, PAGE_COMMENTS_MAX, PAGE_EVENTS
from hubbub.protocol.codec import JSON
from hubbub.protocol.requests.threads import ThreadBody
from hubbub.protocol.views import event_view, thread_view
from hubbub.services.caller import Caller
from hubbub.services.history import ThreadRef
from hubbub.services.rate_limits import REQUESTS_ADDRESS
from hubbub.services.threads import prepare_put_thread, with_thread
from hubbub.storage.comments import Page
from hubbub.web.compression import matches_etag
from hubbub.web.node import node_of
from hubbub.web.requester import Requester
from hubbub.web.requests import caller_of, number_of, read_body, text_of
from hubbub.web.responses import compressed_json, json_response

_HIGHEST = 2**53 - 1  # a seq or number that JSON's readers everywhere can tell from the next


async def show(request: Request) -> Response:
    """A thread and a page of its comments; made on first use from an allowed origin."""
    node, caller = node_of(request), caller_of(request)
    node.limits.check((REQUESTS_ADDRESS, caller.address))
    answer = partial(_snapshot, request, caller)
    thread_id = request.query_params.get("thread")
    if thread_id is None:
        return await with_thread(node, caller, text_of(request, "site"), text_of(request, "key"), answer)
    ref = await node.history.ref(thread_id)
    node.sites.check_origin(ref.site, caller.origin)
    return await answer(ref)


async def _snapshot(request: Request, caller: Caller, ref: ThreadRef) -> Response:
    node = node_of(request)
    page = _page_of(request)
    now = await node.history.thread(ref.id)
    viewer = of_site(caller.actor, ref.site)
    site = node.sites.tag(ref.site)
    headers = {"ETag": etag(now, viewer, site), "Cache-Control": "no-cache"}
    if matches_etag(request, headers["ETag"]):
        return Response(status_code=304, headers={**headers, "Vary": "Accept-Encoding"})
    snapshot = await node.history.page(ref.id, page, JSON, viewer)
    own = await node.history.own(snapshot.thread, viewer)
    headers["ETag"] = etag(snapshot.thread, viewer, site)
    body = JSON.object(
        {
            "thread": JSON.encode(thread_view(snapshot.thread, node.hub.watching(thread_topic(ref.id)))),
            "comments": snapshot.comments,
            "more": JSON.encode(snapshot.more),
            "site": JSON.encode(node.sites.view(ref.site)),
        }
        | ({} if own is None else {"own": JSON.encode(own)})
    )
    return await compressed_json(request, body, headers)


def etag(thread: Thread, viewer: Actor | None, site: str = "") -> str:
    """The ETag of an answer about a thread, and about its site with that tag. It differs between viewers, who see
    different texts and votes of their own. It is weak: `watching` and the compression are not in it (RFC 9110,
    8.8.1)."""
    whose = ""
    if viewer is not None:
        whose = f".{blake2b(viewer.id.encode(), digest_size=8).hexdigest()}"
        if viewer.may(Permission.READ_SOURCE):
            whose += ".all"
        if thread.held:
            whose += f".{thread.held}"
    votes = f"+{thread.unscored}" if thread.unscored else ""
    return f'W/"{thread.epoch}.{thread.head}{votes}{whose}{site}"'


def _page_of(request: Request) -> Page:
    order = request.query_params.get("order", "newest")
    if order not in ("newest", "oldest"):
        raise bad_request("`order` must be newest or oldest.")
    limit = number_of(request, "limit", most=PAGE_COMMENTS_MAX, least=1)
    before, after = (number_of(request, name, most=_HIGHEST) for name in ("before", "after"))
    return Page(limit or PAGE_COMMENTS, order == "newest", before, after)


async def events(request: Request) -> Response:
    """The events after a position in the log; 409 `reset` if the position is unknown."""
    node, caller = node_of(request), caller_of(request)
    node.limits.check((REQUESTS_ADDRESS, caller.address))
    ref = await node.history.ref(request.path_params["thread"])
    node.sites.check_origin(ref.site, caller.origin)
    after = number_of(request, "after", most=_HIGHEST)
    page = await node.history.events_since(ref.id, text_of(request, "epoch"), after or 0, PAGE_EVENTS)
    view = {
        "epoch": page.thread.epoch,
        "head": page.thread.head,
        "events": [event_view(event) for event in page.events],
        "more": page.more,
    }
    if number_of(request, "site", most=1):
        view["site"] = node.sites.view(ref.site)
    return await compressed_json(request, JSON.encode(view))


async def put(request: Request) -> Response:
    """Sets a thread's title, address and article, by the site's owner."""
    node, caller = node_of(request), caller_of(request)
    site, key = text_of(request, "site"), text_of(request, "key")
    body = await read_body(request, ThreadBody, limit=ARTICLE_CHARS * 6)  # JSON may need six bytes a character
    command = await prepare_put_thread(node, caller, site, key, body)
    done = await Requester.of(request).submit(node, command)
    assert done.thread is not None
    return json_response({"thread": thread_view(done.thread, node.hub.watching(thread_topic(done.thread.id)))})


async def counts(request: Request) -> Response:
    """How many comments each page of a site has. Invalid keys are left out."""
    node, site = node_of(request), text_of(request, "site")
    caller = caller_of(request)
    node.sites.check_origin(site, caller.origin)
    node.limits.check((REQUESTS_ADDRESS, caller.address))
    keys = request.query_params.getlist("key")
    if not 1 <= len(keys) <= COUNTS_KEYS:
        raise bad_request(f"Name from 1 to {COUNTS_KEYS} keys.")
    node.sites.get(site)
    view = {"counts": await node.history.counts(site, _good(keys))}
    return await compressed_json(request, JSON.encode(view))


def _good(keys: Sequence[str]) -> list[str]:
    """The valid keys among these, so that one page's mistake does not affect the others. Refused if there are none."""
    good: list[str] = []
    for key in keys:
        try:
            clean_key(key)
        except Refused as refused:
            wrong = refused
        else:
            good.append(key)
    if not good:
        raise wrong
    return good


ROUTES = [
    Route("/api/v1/threads", show, methods=["GET"]),
    Route("/api/v1/threads", put, methods=["PUT"]),
    Route("/api/v1/threads/{thread}/events", events, methods=["GET"]),
    Route("/api/v1/counts", counts, methods=["GET"]),
]
