"""The composition root: the only place that chooses adapters and knows how the parts fit together."""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from hubbub.domain.errors import Refused
from hubbub.domain.events import THREAD, Topic
from hubbub.domain.origins import parse_origin
from hubbub.live.hub import Hub
from hubbub.live.log_cache import LogCache
from hubbub.live.thread_log_reader import ThreadLogReader
from hubbub.logs import describe
from hubbub.protocol.messages import site_push
from hubbub.services.authors import Authors
from hubbub.services.copies import keep_up_to_date
from hubbub.services.empty_threads import EmptyThreadReports
from hubbub.services.history import History
from hubbub.services.identity import Identity
from hubbub.services.members import Members
from hubbub.services.rate_limits import RateLimits
from hubbub.services.sites import Sites
from hubbub.settings import BadSetting, Settings
from hubbub.storage.engine import Database
from hubbub.storage.faults import is_away
from hubbub.storage.growth import Growth
from hubbub.storage.migrate import is_usable, upgrade
from hubbub.transport.base import Bus, CommandBus, Publication
from hubbub.transport.memory import MemoryBus, MemoryCommandBus
from hubbub.transport.redis.bus import RedisBus
from hubbub.transport.redis.command_bus import RedisCommandBus
from hubbub.transport.redis.connect import connect
from hubbub.transport.redis.queue import RedisQueue
from hubbub.web.application import make_application
from hubbub.web.health import worker_application
from hubbub.web.node import Node
from hubbub.web.pages.cache import page_cache
from hubbub.worker.loop import CommitLoop
from hubbub.worker.schedule import Schedule

WAIT = 1.0  # s between attempts to reach storage at the start

log = structlog.get_logger()


@asynccontextmanager
async def embedded(settings: Settings, url: str, *, demo: bool = False) -> AsyncIterator[Node]:
    """One process: web node and worker over its own database. `url` is where the server listens; a `demo` says on its
    pages what there is to try."""
    with closing(Database(settings.database_url)) as database:
        await database.write(upgrade)
        command_bus, bus = MemoryCommandBus(), MemoryBus()
        node = replace(_node(settings, url, database, command_bus, bus), demo=demo)
        await node.sites.load()
        await node.members.load()
        committing = CommitLoop(command_bus, bus, database, daily=_daily(settings))
        try:
            loops = (
                committing.run(),
                Schedule(bus, database).run(),
                node.hub.run(),
                EmptyThreadReports(node.history, command_bus).run(),
            )
            async with _running(*loops):
                yield node
        finally:
            await committing.finished()


@asynccontextmanager
async def web(settings: Settings, url: str, waiting: AbstractAsyncContextManager[None]) -> AsyncIterator[Node]:
    """One of many web nodes. Commands go to the workers over Redis, events come back over it. `waiting` is entered
    while storage is away at the start."""
    client = connect(check_many(settings))
    database = Database(settings.database_url)
    await _await_storage(database, waiting)
    command_bus = RedisCommandBus(client)
    bus = RedisBus(client)
    node = _node(settings, url, database, command_bus, bus)
    hub = node.hub
    await node.sites.load()
    await node.members.load()
    loops = (
        command_bus.run(),
        bus.run(hub.compare_heads),
        hub.run(),
        keep_up_to_date(node.sites.load, "site"),
        keep_up_to_date(node.members.load, "member"),
        EmptyThreadReports(node.history, command_bus).run(),
    )
    try:
        async with _running(*loops):
            yield node
    finally:
        await client.aclose()
        database.close()


@asynccontextmanager
async def worker(settings: Settings, waiting: AbstractAsyncContextManager[None]) -> AsyncIterator[Starlette]:
    """One of many workers. Yields the application that answers health checks. `waiting` as in `web`."""
    client = connect(check_many(settings))
    database = Database(settings.database_url)
    await _await_storage(database, waiting)
    queue, bus = RedisQueue(client), RedisBus(client)
    committing = CommitLoop(queue, bus, database, wait_for_storage=True, daily=_daily(settings))
    try:
        async with _running(queue.run(), committing.run(), Schedule(bus, database).run()):
            yield worker_application(database, client.client.ping)
    finally:
        await committing.finished()
        await queue.close()
        await client.aclose()
        database.close()


async def publish(redis_url: str, publications: Sequence[Publication]) -> None:
    """Publishes what a command of the command line committed. If that fails, the web nodes find it by comparing
    heads."""
    client = connect(redis_url)
    try:
        await RedisBus(client).publish(publications)
    finally:
        await client.aclose()


@asynccontextmanager
async def _running(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs the loops while the body runs. A loop that fails ends the process, so that it is restarted as a whole."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _await_storage(database: Database, waiting: AbstractAsyncContextManager[None]) -> None:
    """Waits for storage, so that processes may be started in any order. BadSetting if its schema is too old."""
    usable = await _is_usable(database)
    if usable is None:
        async with waiting:
            while usable is None:
                await asyncio.sleep(WAIT)
                usable = await _is_usable(database)
    if not usable:
        raise BadSetting("the database's schema is older than this version; run: hubbub migrate")


async def _is_usable(database: Database) -> bool | None:
    """Whether this version works with the schema; None while storage is away."""
    try:
        return await database.read(is_usable)
    except Exception as error:
        if not is_away(error):
            raise
        log.warning("waiting_for_storage", error=describe(error))
        return None


def check_many(settings: Settings) -> str:
    """The Redis URL. BadSetting if the settings fit one process only."""
    if settings.redis_url is None:
        raise BadSetting("many processes need HUBBUB_REDIS_URL; for one process use: hubbub serve")
    if settings.embedded:
        raise BadSetting("many processes need PostgreSQL: set HUBBUB_DATABASE_URL; for one process use: hubbub serve")
    if settings.secret_key is None:
        raise BadSetting("many processes need one HUBBUB_SECRET_KEY, the same for all; for one use: hubbub serve")
    connect(settings.redis_url)  # which says what is wrong with it
    return settings.redis_url


def _daily(settings: Settings) -> int:
    return settings.daily_author if settings.rate_limits else 0


def _node(settings: Settings, url: str, database: Database, command_bus: CommandBus, bus: Bus) -> Node:
    limits = RateLimits(enabled=settings.rate_limits, daily=settings.daily_address)
    history = History(database)
    members = Members(database, command_bus)
    hub = Hub(bus, LogCache({THREAD: ThreadLogReader(history, lambda name: sites.view(name))}))

    sites = Sites(database, command_bus, own_origins(settings.public_url, url))
    sites.changed = partial(_tell_readers, hub, history, sites)
    return Node(
        database=database,
        command_bus=command_bus,
        identity=Identity(settings.secret(), members.check),
        members=members,
        authors=Authors(database),
        history=history,
        sites=sites,
        limits=limits,
        hub=hub,
        bus=bus,
        growth=Growth(database),
        pages=page_cache(),
        home=settings.public_url or (url if url.startswith("http") else "http://localhost"),
    )


async def _tell_readers(hub: Hub, history: History, sites: Sites, changed: Collection[str]) -> None:
    """After a change of sites: sends away who may read no longer, and tells the others what is another now."""

    async def site_of(topic: Topic) -> str:
        return (await history.ref(topic.name)).site if topic.kind == THREAD else topic.name

    async def may_read(topic: Topic, origin: str | None) -> bool:
        try:
            sites.check_origin(await site_of(topic), origin)
        except Refused:
            return False
        return True

    await hub.recheck(may_read)
    topics: dict[str, list[Topic]] = {name: [] for name in changed}
    for topic in hub.topics if changed else ():
        with suppress(Refused):  # the thread was forgotten
            topics.get(await site_of(topic), []).append(topic)
    for name, followed in topics.items():
        hub.announce(followed, partial(site_push, site=sites.view(name)))


def own_origins(public_url: str | None, url: str) -> frozenset[str]:
    """The origins of this server's own pages. Without a public URL only loopback ones: anybody can point a name at this
    machine (DNS rebinding)."""
    if public_url is not None:
        scheme, host = urlsplit(public_url)[:2]
        return frozenset({parse_origin(f"{scheme}://{host}")})
    port = urlsplit(url).port
    where = "" if port is None else f":{port}"
    return frozenset(parse_origin(f"http://{host}{where}") for host in ("127.0.0.1", "localhost", "[::1]"))


def web_application(node: Node, proxies: Sequence[str], more: Sequence[BaseRoute] = ()) -> Starlette:
    """The ASGI application of a running node; `more` are routes beside those that every node has."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.node = node
        yield

    return make_application(lifespan, proxies, node.root, more)
