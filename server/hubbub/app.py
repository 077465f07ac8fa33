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
from hubbub.settings import BadSetting, Settings
from hubbub.storage.engine import Database
from hubbub.storage.migrate import upgrade
from hubbub.transport.base import Bus, Ingest
from hubbub.transport.memory import MemoryBus, MemoryIngest
from hubbub.transport.redis.bus import RedisBus
from hubbub.transport.redis.connect import client as connect
from hubbub.transport.redis.ingest import RedisIngest
from hubbub.transport.redis.queue import RedisQueue
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


@asynccontextmanager
async def web(settings: Settings, url: str) -> AsyncIterator[Node]:
    """One of many web nodes: commands go to the workers over Redis, events come back over it."""
    redis_url = _check_many(settings)
    client = connect(redis_url)
    database = Database(settings.database_url)
    ingest = RedisIngest(client)
    hub: Hub | None = None

    async def compare() -> None:
        if hub is not None:
            await hub.compare_heads()

    bus = RedisBus(client, compare)
    node = _node(settings, url, database, ingest, bus)
    hub = node.hub
    bus.handler = hub.deliver
    await node.sites.load()
    loops = (ingest.send(), ingest.run(), ingest.subscriber.run(), bus.subscriber.run(), hub.run(), node.sites.run())
    running = [asyncio.create_task(loop) for loop in loops]
    try:
        yield node
    finally:
        await _stop(running)
        await client.aclose()
        database.close()


@asynccontextmanager
async def worker(settings: Settings) -> AsyncIterator[None]:
    """One of many persistence workers."""
    client = connect(_check_many(settings))
    database = Database(settings.database_url)
    queue, bus = RedisQueue(client), RedisBus(client, _nothing)
    relay = Relay(queue, bus, database, patient=True)
    running = [asyncio.create_task(queue.run()), asyncio.create_task(relay.run())]
    try:
        yield
    finally:
        await _stop(running)
        await relay.finished()
        await queue.close()
        await client.aclose()
        database.close()


async def _nothing() -> None:
    """A worker only publishes."""


def _check_many(settings: Settings) -> str:
    """The Redis URL; BadSetting where what is set fits one process only."""
    if settings.redis_url is None:
        raise BadSetting("many processes need HUBBUB_REDIS_URL; for one process use: hubbub serve")
    if settings.database_url.startswith("sqlite"):
        raise BadSetting("many processes need PostgreSQL: set HUBBUB_DATABASE_URL; for one process use: hubbub serve")
    if settings.secret_key is None:
        raise BadSetting("many processes need one HUBBUB_SECRET_KEY, the same for all; for one use: hubbub serve")
    return settings.redis_url


def _node(settings: Settings, url: str, database: Database, ingest: Ingest, bus: Bus) -> Node:
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
