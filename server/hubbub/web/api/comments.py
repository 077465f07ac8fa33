"""Comments page by page: a thread's in a list or as a tree, and the answers to one. Every handler raises Refused."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.domain.actor import of_site
from hubbub.domain.cursors import make_cursor, read_any_cursor, read_cursor
from hubbub.domain.errors import bad_request
from hubbub.domain.sizes import PAGE_COMMENTS, PAGE_COMMENTS_MAX
from hubbub.protocol.codec import JSON
from hubbub.services.history import AnyPage, ThreadRef
from hubbub.services.rate_limits import REQUESTS_ADDRESS
from hubbub.storage.comments import Page
from hubbub.storage.trees import ZERO, AnswersPage, BestPage, TreePage
from hubbub.web.api.threads import etag
from hubbub.web.compression import matches_etag
from hubbub.web.node import node_of
from hubbub.web.requests import caller_of, number_of
from hubbub.web.responses import compressed_json

_BACK = " back"  # in cursors that lead against their order
_HIGHEST = 2**31 - 1  # no comment has a higher number: PostgreSQL's Integer


@dataclass(frozen=True, slots=True)
class _Asked:
    """A page, and the order that its cursors are for. `both_ways`: its answer has `previous` too."""

    order: str
    page: AnyPage
    both_ways: bool = False


async def comments(request: Request) -> Response:
    """A page of a thread, and the cursor of the next one; null behind the last. The page around a number, and the pages
    before it, also have the cursor of the page before; null before the first."""
    node = node_of(request)
    node.limits.check((REQUESTS_ADDRESS, caller_of(request).address))
    ref = await node.history.ref(request.path_params["thread"])
    tree, order = _view(request) == "tree", _order(request)
    if "around" in request.query_params and (tree or order == "best"):
        raise bad_request("`around` is for the flat view, newest or oldest first.")
    asked = _best(request, tree) if order == "best" else _tree(request, order) if tree else _flat(request, order)
    return await _answer(request, ref, asked)


async def replies(request: Request) -> Response:
    """A page of the answers to a comment, oldest first, and the cursor of the next one."""
    node = node_of(request)
    node.limits.check((REQUESTS_ADDRESS, caller_of(request).address))
    ref = await node.history.thread_of(request.path_params["comment"])
    after = number_of(request, "after", most=_HIGHEST)
    if "cursor" in request.query_params:
        if after is not None:
            raise bad_request("Send either `after` or `cursor`.")
        (after,) = read_cursor(request.query_params["cursor"], "replies", 1)
    page = AnswersPage(request.path_params["comment"].lower(), _limit(request), min(after or 0, _HIGHEST))
    return await _answer(request, ref, _Asked("replies", page))


async def _answer(request: Request, ref: ThreadRef, asked: _Asked) -> Response:
    node, caller = node_of(request), caller_of(request)
    node.sites.check_origin(ref.site, caller.origin)
    now = await node.history.thread(ref.id)
    viewer = of_site(caller.actor, ref.site)
    headers = {"ETag": etag(now, viewer), "Cache-Control": "no-cache"}
    if matches_etag(request, headers["ETag"]):
        return Response(status_code=304, headers={**headers, "Vary": "Accept-Encoding"})
    answer = await node.history.page(ref.id, asked.page, JSON, viewer)
    headers["ETag"] = etag(answer.thread, viewer)
    fields = {"comments": answer.comments}
    fields["cursor"] = JSON.encode(make_cursor(asked.order, answer.end) if answer.more else None)
    if asked.both_ways:
        previous = make_cursor(f"{asked.order}{_BACK}", [answer.first]) if answer.earlier else None
        fields["previous"] = JSON.encode(previous)
    return await compressed_json(request, JSON.object(fields), headers)


def _flat(request: Request, order: str) -> _Asked:
    limit, cursor = _limit(request), request.query_params.get("cursor")
    newest, around = order == "newest", number_of(request, "around", most=2**53 - 1)
    if cursor is None:
        return _Asked(order, Page(limit, newest, around=around), both_ways=around is not None)
    if around is not None:
        raise bad_request("Send either `around` or `cursor`.")
    direction, (number,) = read_any_cursor(cursor, (order, f"{order}{_BACK}"), 1)
    backwards = direction != order
    before, after = (number, None) if newest != backwards else (None, number)
    return _Asked(order, Page(limit, newest, before, after, backwards=backwards), backwards)


def _tree(request: Request, order: str) -> _Asked:
    cursor = request.query_params.get("cursor")
    after = None if cursor is None else min(read_cursor(cursor, f"{order} tree", 1)[0], _HIGHEST)
    return _Asked(f"{order} tree", TreePage(_limit(request), order == "newest", after))


def _best(request: Request, tree: bool) -> _Asked:
    order, cursor = "best tree" if tree else "best", request.query_params.get("cursor")
    rank, number = (0, 0) if cursor is None else read_cursor(cursor, order, 2)
    return _Asked(order, BestPage(_limit(request), tree, (min(rank, 2 * ZERO), min(number, _HIGHEST))))


def _view(request: Request) -> str:
    view = request.query_params.get("view", "flat")
    if view not in ("flat", "tree"):
        raise bad_request("`view` must be flat or tree.")
    return view


def _order(request: Request) -> str:
    order = request.query_params.get("order", "newest")
    if order not in ("newest", "oldest", "best"):
        raise bad_request("`order` must be newest, oldest or best.")
    return order


def _limit(request: Request) -> int:
    return number_of(request, "limit", most=PAGE_COMMENTS_MAX, least=1) or PAGE_COMMENTS


ROUTES = [
    Route("/api/v1/threads/{thread}/comments", comments, methods=["GET"]),
    Route("/api/v1/comments/{comment}/replies", replies, methods=["GET"]),
]
