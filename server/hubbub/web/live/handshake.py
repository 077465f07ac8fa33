"""GET /api/v1/live: the WebSocket handshake. An accepted connection is attached to the hub and needs no task."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from hubbub.domain.errors import ErrorCode, Refused, bad_request
from hubbub.domain.sizes import FRAME_BYTES
from hubbub.live.connection import Connection, Variant
from hubbub.live.frames import deflated, plain
from hubbub.live.uvicorn_protocol import LiveProtocol
from hubbub.metrics import CONNECTIONS, REFUSED
from hubbub.protocol.codec import JSON, Codec
from hubbub.protocol.conversation import Conversation, choose_codec
from hubbub.protocol.messages import refusal
from hubbub.web.live.requests import RequestHandler
from hubbub.web.node import Node, node_of
from hubbub.web.origin_checks import check_page
from hubbub.web.responses import error_response

CONNECTIONS_PER_ADDRESS = 200  # an office or a school behind one address, not a flood


async def live(websocket: WebSocket) -> None:
    """Refuses the handshake (403, 400, 429), or accepts it and attaches the connection."""
    node, address = node_of(websocket), websocket.scope["hubbub.address"]
    try:
        origin = check_page(websocket)
        codec = _check(node, websocket, address)
    except Refused as refused:
        await websocket.send_denial_response(error_response(refused))
        return
    link = websocket.scope.get("extensions", {}).get("hubbub.link")
    assert isinstance(link, LiveProtocol), f"expected to be served by hubbub.server, got {link!r}"
    await websocket.accept(codec.subprotocol if websocket.scope["subprotocols"] else None)
    handler = _attach(node, link, Conversation(codec, origin, address))
    if not link.disconnected:
        link.attach(handler.connection, handler.receive, lambda: _too_large(handler.connection))
    else:
        handler.connection.lost()


def _check(node: Node, websocket: WebSocket, address: str) -> Codec:
    offered = websocket.scope["subprotocols"]
    codec = choose_codec(offered) if offered else JSON
    if codec is None:
        raise bad_request("The subprotocol must be hubbub.v1.json or hubbub.v1.msgpack.")
    if node.limits.enabled and node.addresses[address] >= CONNECTIONS_PER_ADDRESS:
        raise Refused(ErrorCode.RATE_LIMITED, "Too many connections from your network.", 10)
    return codec


def _attach(node: Node, link: LiveProtocol, conversation: Conversation) -> RequestHandler:
    """Counts the connection until it is lost."""
    connection = Connection(link, Variant(conversation.codec, deflated if link.deflates else plain), conversation)
    node.addresses[conversation.address] += 1
    node.hub.connections.add(connection)
    CONNECTIONS.inc()

    def detach() -> None:
        node.addresses[conversation.address] -= 1
        if not node.addresses[conversation.address]:
            del node.addresses[conversation.address]
        node.hub.connections.discard(connection)
        node.members.watchers.discard(handler.check_rights)
        CONNECTIONS.dec()

    handler = RequestHandler(node, connection)
    connection.on_lost = detach
    return handler


def _too_large(connection: Connection) -> bytes:
    refused = Refused(ErrorCode.TOO_LARGE, f"A message may have {FRAME_BYTES // 1024} KiB.")
    REFUSED.labels(refused.code).inc()
    return connection.variant.frame(refusal(connection.variant.codec, None, refused))


async def without_upgrade(request: Request) -> Response:
    """426 (RFC 9110, 15.5.22): usually a proxy that does not pass the Upgrade header on."""
    refused = bad_request("This address is for WebSockets, and no Upgrade came: does your proxy pass it on?")
    answer = error_response(refused)
    answer.status_code = 426
    answer.headers["Upgrade"] = "websocket"
    answer.headers["Connection"] = "Upgrade"
    return answer


ROUTES = [WebSocketRoute("/api/v1/live", live), Route("/api/v1/live", without_upgrade, methods=["GET"])]
