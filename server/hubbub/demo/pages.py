"""/demo: reader, phone and moderator side by side, and what the strip on the demo's pages does.

A demo makes its visitor a moderator and stops for a moment when asked to. So it does this only for a browser on the
same machine, for a server that has no public address, and from a page of this server.
"""

import asyncio
import time
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit, urlunsplit

import structlog
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hubbub.demo.content import articles
from hubbub.demo.install import SITE
from hubbub.domain.errors import forbidden
from hubbub.domain.model import Role
from hubbub.services.identity import actor_of
from hubbub.web.node import Node, node_of
from hubbub.web.origin_checks import check_host
from hubbub.web.pages.html import html_response, render
from hubbub.web.pages.posting import check_own_page
from hubbub.web.requests import read_bytes

PLUG_SECONDS = 5  # readers are told after two; then there is time to write a line
FLUSH_SECONDS = 0.1  # until the answer has left
CUT_SECONDS = 0.01  # until the connections are closed; a little longer, and the first are back
_FORM_BYTES = 1024
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
_OTHER = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}

log = structlog.get_logger()


class Frame(NamedTuple):
    """One of the page's frames."""

    kind: str
    label: str
    address: str


def check_local(request: Request) -> None:
    """Refused `forbidden` unless the browser is on this machine, and no proxy stands between."""
    check_host(request)
    here = urlsplit(node_of(request).home).hostname in ("127.0.0.1", "localhost", "::1")
    try:
        near = ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        near = False
    if not (here and near) or any(name in request.headers for name in _FORWARDED):
        raise forbidden("The demo does this only for a browser on the server's own machine.")


async def page(request: Request) -> Response:
    """/demo. The moderator's frame is under the machine's other name, so that it has a session of its own."""
    check_local(request)
    node, key = node_of(request), articles()[0].key
    path = f"{node.root}/embed?{urlencode({'site': SITE, 'key': key})}"
    other = _other_origin(request)
    frames = [
        Frame("reader", "A reader", path),
        Frame("phone", "The same reader's phone", path),
        Frame("moderator", "A moderator", f"{other}{path}#hubbub-claim={await _code(node)}"),
    ]
    body = render("demo.html", root=node.root, site_title="Hubbub", tagline=None, frames=frames)
    return html_response(request, body, form=True, policy={"frame-src": f"'self' {other}".strip()})


def _other_origin(request: Request) -> str:
    """This server under the other name of this machine; empty if it was reached by neither."""
    url = request.url
    other = _OTHER.get(url.hostname or "")
    return "" if other is None else urlunsplit((url.scheme, f"{other}:{url.port}" if url.port else other, "", "", ""))


async def _code(node: Node) -> str:
    return node.identity.make_code(actor_of(await node.members.put(SITE, "Moderator", Role.MODERATOR)))


async def moderator(request: Request) -> Response:
    """Signs its visitor in as a moderator of the demo, by a one-time code."""
    check_local(request)
    check_own_page(request)
    node = node_of(request)
    sent = (await read_bytes(request, _FORM_BYTES)).decode(errors="replace").removeprefix("thread=")
    ref = await node.history.ref(sent)
    return RedirectResponse(f"{node.root}/t/{ref.id}#hubbub-claim={await _code(node)}", 303)


async def plug(request: Request) -> Response:
    """Cuts every live connection, then stands still. The page stays as it is (204), and shows what comes of it."""
    check_local(request)
    check_own_page(request)
    return Response(status_code=204, background=BackgroundTask(_pull, node_of(request)))


async def _pull(node: Node) -> None:
    """After the answer has left: nothing else runs in this process until the time is over."""
    log.warning("plug_pulled", connections=len(node.hub.connections), seconds=PLUG_SECONDS)
    await asyncio.sleep(FLUSH_SECONDS)
    for connection in list(node.hub.connections):
        connection.link.abort()
    await asyncio.sleep(CUT_SECONDS)
    time.sleep(PLUG_SECONDS)  # noqa: ASYNC251 (to stop the loop is what it is for)


ROUTES = [
    Route("/demo", page, methods=["GET"]),
    Route("/demo/moderator", moderator, methods=["POST"]),
    Route("/demo/plug", plug, methods=["POST"]),
]
