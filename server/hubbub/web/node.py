"""The services that request handlers use, made by the composition root."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from hubbub.live.hub import Hub
from hubbub.services.authors import Authors
from hubbub.services.base import Services
from hubbub.services.identity import Identity
from hubbub.services.members import Members
from hubbub.storage.growth import Growth
from hubbub.transport.base import Bus
from hubbub.web.pages.cache import PageCache


@dataclass(frozen=True, slots=True)
class Node(Services):
    """One web node's parts."""

    identity: Identity
    members: Members
    authors: Authors
    hub: Hub
    bus: Bus
    growth: Growth
    pages: PageCache
    home: str  # where readers reach this server, as far as it knows: an origin, and a path where it is below one
    demo: bool = False  # whether its pages show what there is to try
    addresses: Counter[str] = field(default_factory=Counter)  # live connections of each
    running: set[asyncio.Task[None]] = field(default_factory=set)  # commands whose answers are due

    @property
    def origin(self) -> str:
        """The origin of `home`."""
        scheme, host, *_ = urlsplit(self.home)
        return f"{scheme}://{host}"

    @property
    def root(self) -> str:
        """The path that `home` is below: "" or as in /comments."""
        return urlsplit(self.home).path


def node_of(connection: HTTPConnection) -> Node:
    """The node that serves this request."""
    return cast(Node, connection.app.state.node)
