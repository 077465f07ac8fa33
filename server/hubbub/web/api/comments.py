"""GET /api/v1/threads/{id}/comments: a thread's comments page by page. Raises Refused."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.domain.actor import of_site
from hubbub.domain.cursors import make_cursor, read_cursor
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


async def comments(request: Request) -> Response:
    """A page of comments, and the cursor of the next one; null behind the last."""
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
    cursor = make_cursor(order, [answer.last]) if answer.more else None
    return await compressed_json(
        request, JSON.object({"comments": answer.comments, "cursor": JSON.encode(cursor)}), headers
    )


def _page_of(request: Request) -> tuple[str, Page]:
    query = request.query_params
    order = query.get("order", "newest")
    if order not in ("newest", "oldest"):
        raise bad_request("`order` must be newest or oldest.")
    if query.get("view", "flat") != "flat":
        raise bad_request("`view` must be flat.")
    limit = number_of(request, "limit", most=PAGE_COMMENTS_MAX, least=1) or PAGE_COMMENTS
    last = read_cursor(query["cursor"], order, 1)[0] if "cursor" in query else None
    return order, Page(limit, before=last) if order == "newest" else Page(limit, newest_first=False, after=last)


ROUTES = [Route("/api/v1/threads/{thread}/comments", comments, methods=["GET"])]
