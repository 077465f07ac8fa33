"""Checks of the Origin and Host headers: which page sent a request, and under which name of this server."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from hubbub.domain.errors import Refused, forbidden
from hubbub.domain.origins import host_name, may_be_rebound
from hubbub.web.node import node_of

OWN = "This server does not know itself by this address: its operator has to set HUBBUB_PUBLIC_URL to it."


def check_page(connection: HTTPConnection) -> str | None:
    """The origin of the page that sent the request; None for a program. Refused `forbidden` if no site allows the
    origin, if there are several, or if a page under a foreign name may have sent it (see `check_host`)."""
    origins = connection.headers.getlist("origin")
    if not origins:
        if connection.scope.get("method") in (
            "GET",
            "HEAD",
        ):  # browsers send an Origin with all other methods and with handshakes
            check_host(connection)
        return None
    if len(origins) > 1:
        raise forbidden("A request comes from one origin.")
    sites, origin = node_of(connection).sites, origins[0]
    if not sites.knows_origin(origin):
        raise refusal(connection, origin)
    return origin


def refusal(connection: HTTPConnection, origin: str) -> Refused:
    """The refusal of a page at `origin`; it is logged for the operator."""
    host = connection.headers.get("host")
    own = origin in (f"http://{host}", f"https://{host}")
    node_of(connection).sites.tell(origin, connection.query_params.get("site"), own=own)
    return forbidden(OWN if own else "This page's address is not among the allowed origins.")


def check_host(connection: HTTPConnection) -> None:
    """Refused `forbidden` under a name that somebody may have pointed at this server (DNS rebinding). A page there
    sends no Origin, since the browser takes this server for its own. Trusted proxies know the names that they serve."""
    host = connection.headers.get("host", "")
    if not may_be_rebound(host) or connection.scope["hubbub.proxied"]:
        return
    sites = node_of(connection).sites
    if host_name(host) not in {urlsplit(origin).hostname for origin in sites.own_origins}:
        sites.tell(f"http://{host}", None, own=True)
        raise forbidden(OWN)
