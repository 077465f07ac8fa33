"""Whose request it is: the peer's address, or the one that a trusted proxy forwards (X-Forwarded-For)."""

from collections.abc import Sequence

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hubbub.web.forwarded import Address, Proxies, hops_of, network_of, parse, read_hop

log = structlog.get_logger("hubbub.access")


class ClientAddress:
    """Finds the client's address. X-Forwarded-For counts only from `proxies`: networks, or `unix` for every client of a
    Unix socket."""

    def __init__(self, app: ASGIApp, proxies: Sequence[str]) -> None:
        self._app = app
        self._proxies = Proxies(proxies)
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sets scope["hubbub.address"], and scope["hubbub.proxied"]: whether it came from a trusted proxy."""
        if scope["type"] in ("http", "websocket"):
            client = scope.get("client")
            peer = parse(client[0]) if client else None
            scope["hubbub.proxied"] = self._proxies.unix if client is None else peer in self._proxies
            if scope["hubbub.proxied"]:
                peer = self._client(peer, hops_of(Headers(scope=scope).getlist("x-forwarded-for")))
            scope["hubbub.address"] = network_of(peer)
        await self._app(scope, receive, send)

    def _client(self, proxy: Address | None, hops: list[str]) -> Address | None:
        """The last address that is not a trusted proxy: anybody may have made up the entries before it. If an entry is
        no address, the proxy that wrote it counts as the client."""
        while hops:
            said = hops.pop()
            found = read_hop(said)
            if found is None:
                self._warn(said)
                return proxy
            if found not in self._proxies:
                return found
            proxy = found
        return proxy

    def _warn(self, said: str) -> None:
        if not self._warned:
            self._warned = True
            hint = "all clients of whom the proxy says no address share the proxy's own limits"
            log.warning("forwarded_address_unreadable", entry=said[:100], hint=hint)
