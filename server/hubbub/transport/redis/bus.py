"""Bus over Redis pub/sub: a message for each node that has readers of the thread. On a cluster it is sharded pub/sub
with a connection for each partition, which follows its slot; elsewhere one connection is enough."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping, Sequence

import structlog
from redis.exceptions import RedisError

from hubbub.transport.base import Handler
from hubbub.transport.commands import Publication
from hubbub.transport.redis import keys, wire
from hubbub.transport.redis.connect import Argument, Server
from hubbub.transport.redis.scripts import Script
from hubbub.transport.redis.subscriber import OnReturn, Subscriber

PATIENCE = 0.25  # s that a join waits for its subscription's confirmation; comparing heads makes good what is missed
COUNTED_MS = 5000  # a node tells every two seconds
COUNTING = 16  # scripts that count at once, of the pool's CONNECTIONS, which commands need too
TOLD = 50  # events in one message
AT_ONCE = 500  # threads or messages in one script, so that it delays others by some milliseconds at most

log = structlog.get_logger()


class RedisBus:
    """See Bus. `on_return` runs whenever messages may have been lost."""

    def __init__(self, server: Server, on_return: OnReturn) -> None:
        self._server = server
        self._node = uuid.uuid4().hex
        self.handler: Handler | None = None
        homes = [f"hubbub:{{p{partition}}}" for partition in range(keys.PARTITIONS if server.sharded else 1)]
        self._subscribers = [Subscriber(server, home, self._take, on_return) for home in homes]

    @property
    def healthy(self) -> bool:
        """Whether messages arrive just now, as far as is known."""
        return all(subscriber.healthy for subscriber in self._subscribers)

    async def run(self) -> None:
        """Listens for ever; only who subscribes needs it."""
        async with asyncio.TaskGroup() as group:
            for subscriber in self._subscribers:
                group.create_task(subscriber.run())

    async def count(self, readers: Mapping[str, int]) -> Mapping[str, int]:
        """See Bus. A node that told nothing for COUNTED_MS counts as gone, by Redis's clock; where Redis fails, only
        this node's own readers are known."""
        totals = dict(readers)
        waiting = _by_partition(list(readers))

        async def ask() -> None:
            for threads in waiting:  # which all that ask share
                told: list[Argument] = [self._node, COUNTED_MS, *(readers[thread] for thread in threads)]
                found = await self._server.run(Script.COUNT, [keys.watching(thread) for thread in threads], told)
                totals.update(zip(threads, found, strict=True))

        try:
            await asyncio.gather(*(ask() for _ in range(COUNTING)))
        except (RedisError, OSError) as error:
            log.warning("readers_not_counted", error=str(error) or type(error).__name__)
        return totals

    async def publish(self, publications: Sequence[Publication]) -> None:
        """See Bus."""
        packed: dict[str, list[tuple[str, bytes]]] = {}
        for publication in publications:
            messages = packed.setdefault(publication.thread, [])
            messages += ((keys.events(publication.thread), wire.pack(part)) for part in _parts(publication))
        sending = [
            self._server.publish([message for thread in threads for message in packed[thread]])
            for threads in _by_partition(list(packed))
        ]
        for result in await asyncio.gather(*sending, return_exceptions=True):
            if isinstance(result, BaseException):
                log.warning("not_published", error=str(result) or type(result).__name__)

    async def subscribe(self, thread: str) -> None:
        """See Bus."""
        subscriber = self._subscriber(thread)
        await subscriber.subscribe(keys.events(thread), PATIENCE if subscriber.healthy else 0)

    async def unsubscribe(self, thread: str) -> None:
        """See Bus."""
        await self._subscriber(thread).unsubscribe(keys.events(thread))

    def _subscriber(self, thread: str) -> Subscriber:
        return self._subscribers[keys.partition_of_name(thread) % len(self._subscribers)]

    def _take(self, data: bytes) -> None:
        if self.handler is not None:
            self.handler(wire.publication(data))


def _parts(publication: Publication) -> Iterator[Publication]:
    """The same in messages of megabytes at the most: Redis hangs up on a subscriber for whom it must keep too much."""
    events = publication.events
    for start in range(0, len(events), TOLD) or (0,):
        yield Publication(publication.thread, publication.epoch, events[start : start + TOLD])


def _by_partition(threads: Sequence[str]) -> Iterator[Sequence[str]]:
    """The threads in lists of one partition each, none too long."""
    found: dict[int, list[str]] = {}
    for thread in threads:
        found.setdefault(keys.partition_of_name(thread), []).append(thread)
    for together in found.values():
        for start in range(0, len(together), AT_ONCE):
            yield together[start : start + AT_ONCE]
