"""GET /api/v1/threads/{id}/comments: a thread's comments page by page. Raises Refused."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.domain.actor import of_site
from hubbub.domain.cursors import make_cursor, read_any_cursor
from hubbub.domain.errors import bad_request
from hubbub.domain.sizes import PAGE_COMMENTS, PAGE_COMMENTS_MAX
from hubbub.protocol.codec import JSON
from hubbub.services.rate_limits import REQUESTS_ADDRESS
from hubbub.storage.comments import Page
from hubbub.web.api.threads import etag
from hubbub.web.compression import matches_etag
from hubbub.web.node import node_of
from hubbub.web.requests import caller_of, number_of
from hubbub.web.responses import compressed_json

_BACK = " back"  # in cursors that lead against their order


async def comments(request: Request) -> Response:
    """A page of comments, and the cursor of the next one; null behind the last. The page around a number, and the pages
    before it, also have the cursor of the page before; null before the first."""
    node, caller = node_of(request), caller_of(request)
    node.limits.check((REQUESTS_ADDRESS, caller.address))
    ref = await node.history.ref(request.path_params["thread"])
    node.sites.check_origin(ref.site, caller.origin)
    order, page = _page_of(request)
    epoch, head = await node.history.head(ref.id)
    viewer = of_site(caller.actor, ref.site)
    headers = {"ETag": etag(epoch, head, viewer), "Cache-Control": "no-cache"}
    if matches_etag(request, headers["ETag"]):
        return Response(status_code=304, headers={**headers, "Vary": "Accept-Encoding"})
    answer = await node.history.page(ref.id, page, JSON, viewer)
    headers["ETag"] = etag(answer.thread.epoch, answer.thread.head, viewer)
    fields = {"comments": answer.comments}
    fields["cursor"] = JSON.encode(make_cursor(order, [answer.last]) if answer.more else None)
    if page.around is not None or page.backwards:
        previous = make_cursor(f"{order}{_BACK}", [answer.first]) if answer.earlier else None
        fields["previous"] = JSON.encode(previous)
    return await compressed_json(request, JSON.object(fields), headers)


def _page_of(request: Request) -> tuple[str, Page]:
    query = request.query_params
    order = query.get("order", "newest")
    if order not in ("newest", "oldest"):
        raise bad_request("`order` must be newest or oldest.")
    if query.get("view", "flat") != "flat":
        raise bad_request("`view` must be flat.")
    limit = number_of(request, "limit", most=PAGE_COMMENTS_MAX, least=1) or PAGE_COMMENTS
    newest, around = order == "newest", number_of(request, "around", most=2**53 - 1)
    if "cursor" not in query:
        return order, Page(limit, newest, around=around)
    if around is not None:
        raise bad_request("Send either `around` or `cursor`.")
    direction, (number,) = read_any_cursor(query["cursor"], (order, f"{order}{_BACK}"), 1)
    backwards = direction != order
    before, after = (number, None) if newest != backwards else (None, number)
    return order, Page(limit, newest, before, after, backwards=backwards)


ROUTES = [Route("/api/v1/threads/{thread}/comments", comments, methods=["GET"])]
