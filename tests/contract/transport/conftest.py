"""The ports' adapters, each as a pair of ends over the real thing."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from hubbub.commands.base import Done
from hubbub.commands.posting import PostComment
from hubbub.domain.events import Topic
from hubbub.transport.base import Bus, CommandBus, Publication, Queue
from hubbub.transport.memory import MemoryBus, MemoryCommandBus
from hubbub.transport.redis.bus import RedisBus
from hubbub.transport.redis.command_bus import RedisCommandBus
from hubbub.transport.redis.connect import connect
from hubbub.transport.redis.queue import RedisQueue
from hubbub.transport.redis.timings import Timings
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


# Nothing comes again, is refused, is lost or counts as dead for the time it takes alone: on a busy machine that is soon
# too long.
UNHURRIED = Timings(
    connect=20.0, answer=20.0, publish=20.0, silence=60.0, confirm=20.0, answered_within=60.0, oldest=60.0
)


@dataclass
class Ends:
    """Both ends of both ports, and what the bus has brought."""

    command_bus: CommandBus
    queue: Queue
    bus: Bus
    brought: list[Publication] = field(default_factory=list)

    async def subscribe(self, topic: Topic) -> None:
        """What is published about it is brought from here on."""
        await self.bus.subscribe(topic, self.brought.append)


@dataclass
class Node:
    """A web node's ends over Redis; `returns` counts how often messages may have been lost."""

    command_bus: RedisCommandBus
    bus: RedisBus
    brought: list[Publication] = field(default_factory=list)
    returns: int = 0

    async def subscribe(self, topic: Topic) -> None:
        """What is published about it is brought from here on."""
        await self.bus.subscribe(topic, self.brought.append)


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
async def web_node(url: str, timings: Timings = Timings(), **options: int) -> AsyncIterator[Node]:
    """A web node's ends over a Redis; `options` are RedisCommandBus's."""
    client = connect(url, timings)

    async def returned() -> None:
        node.returns += 1

    node = Node(RedisCommandBus(client, **options), RedisBus(client))
    try:
        async with running(node.command_bus.run(), node.bus.run(returned)):
            yield node
    finally:
        await client.aclose()


@asynccontextmanager
async def worker_end(url: str, timings: Timings = Timings(), **options: int) -> AsyncIterator[RedisQueue]:
    """A worker's end over a Redis, let go of in order; `options` are RedisQueue's."""
    client = connect(url, timings)
    queue = RedisQueue(client, **options)
    try:
        async with running(queue.run()):
            yield queue
        await queue.close()
    finally:
        await client.aclose()


async def connected(node: Node) -> None:
    """Waits for both of its subscriptions: from here on, another return of the bus is none for the first time."""
    await until(lambda: node.returns > 0 and node.command_bus.healthy, "connected")


@asynccontextmanager
async def redis_ends(url: str) -> AsyncIterator[Ends]:
    """A web node and a worker over one Redis."""
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(web_node(url, UNHURRIED))
        queue = await stack.enter_async_context(worker_end(url, UNHURRIED))
        await connected(node)  # or what is appended before comes again
        yield Ends(node.command_bus, queue, node.bus, node.brought)


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
async def clerk(url: str, timings: Timings = Timings(), **options: int) -> AsyncIterator[Clerk]:
    """A whole worker over a Redis."""
    async with worker_end(url, timings, **options) as queue:
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
        both, bus = MemoryCommandBus(), MemoryBus()
        yield Ends(both, both, bus)
        return
    server: Service | Cluster = request.getfixturevalue(request.param)
    if isinstance(server, Cluster):
        server.flush()
    else:
        tell(server, "FLUSHALL")
    async with redis_ends(server.url) as ends:
        yield ends
