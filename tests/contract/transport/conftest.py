"""The ports' adapters, each as a pair of ends over the real thing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from hubbub.transport.base import Bus, Ingest, Queue
from hubbub.transport.commands import Publication
from hubbub.transport.memory import MemoryBus, MemoryIngest
from hubbub.transport.redis.bus import RedisBus
from hubbub.transport.redis.connect import client
from hubbub.transport.redis.ingest import RedisIngest
from hubbub.transport.redis.queue import RedisQueue
from tests.support.redis_service import redis_server
from tests.support.services import Service


@pytest.fixture(scope="session")
def redis() -> Iterator[Service]:
    """A real Redis without persistence."""
    with redis_server() as server:
        yield server


@dataclass
class Ends:
    """Both ends of both ports, and what the bus has brought."""

    ingest: Ingest
    queue: Queue
    bus: Bus
    brought: list[Publication]


@pytest.fixture(params=["memory", "redis"])
async def ends(request: pytest.FixtureRequest) -> AsyncIterator[Ends]:
    """One adapter's ends."""
    brought: list[Publication] = []
    if request.param == "memory":
        both, memory_bus = MemoryIngest(), MemoryBus()
        memory_bus.handler = brought.append
        yield Ends(both, both, memory_bus, brought)
        return
    server: Service = request.getfixturevalue("redis")
    connection = client(server.url)
    await connection.flushall()
    ingest, queue, bus = RedisIngest(connection), RedisQueue(connection), RedisBus(connection, _nothing)
    bus.handler = brought.append
    loops = (ingest.send(), ingest.run(), ingest.subscriber.run(), queue.run(), bus.subscriber.run())
    running = [asyncio.create_task(loop) for loop in loops]
    try:
        yield Ends(ingest, queue, bus, brought)
    finally:
        for task in running:
            task.cancel()
        for task in running:
            with suppress(asyncio.CancelledError):
                await task
        await queue.close()
        await connection.aclose()


async def _nothing() -> None:
    """Nothing to compare here."""
