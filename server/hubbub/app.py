"""The composition root: the only place that chooses adapters and knows how the parts fit together."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from starlette.applications import Starlette

from hubbub.domain.origins import parse_origin
from hubbub.live.hub import Hub
from hubbub.services.history import History
from hubbub.services.identity import Identity
from hubbub.services.limits import RateLimits
from hubbub.services.moderation import Moderation
from hubbub.services.posting import Posting
from hubbub.services.sites import Sites
from hubbub.settings import Settings
from hubbub.storage.engine import Database
from hubbub.storage.migrate import upgrade
from hubbub.transport.memory import MemoryBus, MemoryIngest
from hubbub.web.application import make_application
from hubbub.web.state import Node
from hubbub.worker.relay import Relay


@asynccontextmanager
async def embedded(settings: Settings, url: str) -> AsyncIterator[Node]:
    """Web node and worker in this process, over its own database; `url` is where the server listens."""
    database = Database(settings.database_url)
    await database.write(upgrade)
    ingest, bus = MemoryIngest(), MemoryBus()
    node = _node(settings, url, database, ingest, bus)
    bus.handler = node.hub.deliver
    await node.sites.load()
    relay = Relay(ingest, bus, database)
    running = [asyncio.create_task(relay.run()), asyncio.create_task(node.hub.run())]
    try:
        yield node
    finally:
        await _stop(running)
        await relay.finished()
        database.close()


def _node(settings: Settings, url: str, database: Database, ingest: MemoryIngest, bus: MemoryBus) -> Node:
    limits = RateLimits(enabled=settings.rate_limits)
    history = History(database)
    sites = Sites(database, ingest)
    sites.own_origins = own_origins(settings.public_url, url)
    posting = Posting(database, history, sites, limits)
    return Node(
        database=database,
        ingest=ingest,
        identity=Identity(settings.secret()),
        history=history,
        sites=sites,
        limits=limits,
        posting=posting,
        moderation=Moderation(ingest, history, posting, sites, limits),
        hub=Hub(bus, history),
    )


def own_origins(public_url: str | None, url: str) -> frozenset[str]:
    """The origins of this server's own pages. Without a public URL only loopback ones: a name that anybody can point at
    this machine (DNS rebinding) must not count as ours."""
    if public_url is not None:
        return frozenset({parse_origin(public_url)})
    port = urlsplit(url).port
    return frozenset(parse_origin(f"http://{host}:{port}") for host in ("127.0.0.1", "localhost", "[::1]"))


def web_application(node: Node, proxies: Sequence[str]) -> Starlette:
    """The ASGI application around a node that runs."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.node = node
        yield

    return make_application(lifespan, proxies)


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
