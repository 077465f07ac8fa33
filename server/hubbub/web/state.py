"""What the request handlers need, put together by the composition root."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from hubbub.live.hub import Hub
from hubbub.services.history import History
from hubbub.services.identity import Identity
from hubbub.services.limits import RateLimits
from hubbub.services.moderation import Moderation
from hubbub.services.posting import Posting
from hubbub.services.sites import Sites
from hubbub.storage.engine import Database
from hubbub.storage.growth import Growth
from hubbub.transport.base import Bus, Ingest
from hubbub.web.pages.cache import PageCache


@dataclass(frozen=True, slots=True)
class Node:
    """One web node's parts."""

    database: Database
    ingest: Ingest
    identity: Identity
    history: History
    sites: Sites
    limits: RateLimits
    posting: Posting
    moderation: Moderation
    hub: Hub
    bus: Bus
    growth: Growth
    pages: PageCache
    home: str  # where readers reach this server, as far as it knows: an origin, and a path where it is below one
    addresses: Counter[str] = field(default_factory=Counter)  # live connections of each
    running: set[asyncio.Task[None]] = field(default_factory=set)  # commands whose answers are due

    @property
    def root(self) -> str:
        """The path that `home` is below: "" or as in /comments."""
        return urlsplit(self.home).path


def node_of(connection: HTTPConnection) -> Node:
    """The node that serves this request."""
    return cast(Node, connection.app.state.node)
