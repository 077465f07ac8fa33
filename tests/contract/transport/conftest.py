"""The ports' adapters, each as a pair of ends over the real thing."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from hubbub.transport.base import Bus, Ingest, Queue
from hubbub.transport.commands import Done, PostComment, Publication
from hubbub.transport.memory import MemoryBus, MemoryIngest
from hubbub.transport.redis import bus, ingest, subscriber
from hubbub.transport.redis import connect as connecting
from hubbub.transport.redis.bus import RedisBus
from hubbub.transport.redis.connect import connect
from hubbub.transport.redis.ingest import RedisIngest
from hubbub.transport.redis.queue import RedisQueue
from tests.support.redis_service import Cluster, redis_cluster, redis_server, tell
from tests.support.services import Service
from tests.support.waiting import until


@pytest.fixture(scope="session")
def redis() -> Iterator[Service]:
    """A real Redis without persistence."""
    with redis_server() as server:
        yield server


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A real Redis Cluster."""
    with redis_cluster() as running:
        yield running


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes again, is refused, is lost or counts as dead for the time it takes alone: on a busy machine that is
    soon too long."""
    monkeypatch.setattr(ingest, "OLDEST_MS", 60_000)
    monkeypatch.setattr(ingest, "ANSWER_WITHIN", 60.0)
    monkeypatch.setattr(ingest, "TAKEN_WITHIN", 60.0)
    monkeypatch.setattr(ingest, "SILENCE", 60.0)
    monkeypatch.setattr(bus, "PATIENCE", 20.0)
    monkeypatch.setattr(subscriber, "SILENCE", 60.0)
    monkeypatch.setattr(connecting, "PUBLISH_TIMEOUT", 20.0)
    monkeypatch.setitem(connecting._OPTIONS, "socket_timeout", 20.0)
    monkeypatch.setitem(connecting._OPTIONS, "socket_connect_timeout", 20.0)


@dataclass
class Ends:
    """Both ends of both ports, and what the bus has brought."""

    ingest: Ingest
    queue: Queue
    bus: Bus
    brought: list[Publication] = field(default_factory=list)


@dataclass
class Node:
    """A web node's ends over Redis; `returns` counts how often messages may have been lost."""

    ingest: RedisIngest
    bus: RedisBus
    brought: list[Publication] = field(default_factory=list)
    returns: int = 0


@asynccontextmanager
async def running(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs loops as tasks meanwhile; they have to end at once when they are cancelled."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        async with asyncio.timeout(20):
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ended), ended


@asynccontextmanager
async def web_node(url: str) -> AsyncIterator[Node]:
    """A web node's ends over a Redis."""
    server = connect(url)

    async def returned() -> None:
        node.returns += 1

    node = Node(RedisIngest(server), RedisBus(server, returned))
    node.bus.handler = node.brought.append
    try:
        async with running(node.ingest.run(), node.bus.run()):
            yield node
    finally:
        await server.aclose()


@asynccontextmanager
async def worker_end(url: str) -> AsyncIterator[RedisQueue]:
    """A worker's end over a Redis, let go of in order."""
    server = connect(url)
    queue = RedisQueue(server)
    try:
        async with running(queue.run()):
            yield queue
        await queue.close()
    finally:
        await server.aclose()


async def connected(node: Node) -> None:
    """Waits for both of its subscriptions: from here on, another return of the bus is none for the first time."""
    await until(lambda: node.returns > 0 and node.ingest.healthy, "connected")


@asynccontextmanager
async def redis_ends(url: str) -> AsyncIterator[Ends]:
    """A web node and a worker over one Redis."""
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(web_node(url))
        queue = await stack.enter_async_context(worker_end(url))
        await connected(node)  # or what is appended before comes again
        yield Ends(node.ingest, queue, node.bus, node.brought)


class Clerk:
    """A worker that carries out everything; `taken` are the commands' names in order, `done` their comments' ids, and
    `requests` what they were asked as."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self.taken: list[str] = []
        self.done: list[str] = []
        self.requests: set[str | None] = set()

    async def run(self) -> None:
        """For ever."""
        while True:
            for delivery in await self._queue.take(500):
                self.taken.append(type(delivery.command).__name__)
                if isinstance(delivery.command, PostComment):
                    self.done.append(delivery.command.id)
                    self.requests.add(delivery.command.request)
                delivery.answer(Done(seq=len(self.done)))


@asynccontextmanager
async def clerk(url: str) -> AsyncIterator[Clerk]:
    """A whole worker over a Redis."""
    async with worker_end(url) as queue:
        working = Clerk(queue)
        async with running(working.run()):
            yield working


@pytest.fixture
def own_redis() -> Iterator[Service]:
    """A Redis of the test's own, to be hurt."""
    with redis_server() as server:
        yield server


@pytest.fixture(params=["memory", "redis", "cluster"])
async def ends(request: pytest.FixtureRequest) -> AsyncIterator[Ends]:
    """One adapter's ends."""
    if request.param == "memory":
        both, bus = MemoryIngest(), MemoryBus()
        found = Ends(both, both, bus)
        bus.handler = found.brought.append
        yield found
        return
    server: Service | Cluster = request.getfixturevalue(request.param)
    if isinstance(server, Cluster):
        server.flush()
    else:
        tell(server, "FLUSHALL")
    async with redis_ends(server.url) as ends:
        yield ends
