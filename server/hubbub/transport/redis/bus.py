"""Bus over Redis pub/sub: a message for each node that has readers of the topic. On a cluster it is sharded pub/sub
with a connection for each partition, which follows its slot; elsewhere one connection is enough."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping, Sequence

import structlog
from redis.exceptions import RedisError

from hubbub.domain.events import Topic
from hubbub.logs import describe
from hubbub.transport.base import Handler, Publication
from hubbub.transport.redis import keys, wire
from hubbub.transport.redis.connect import Argument, RedisClient
from hubbub.transport.redis.scripts import Script
from hubbub.transport.redis.subscriber import OnReturn, Subscriber

COUNTING = 16  # scripts that count at once, of the pool's CONNECTIONS, which commands need too
MESSAGE_EVENTS = 50  # events in one message
SCRIPT_TOPICS = 500  # topics or messages in one script, so that it delays others by some milliseconds at most

log = structlog.get_logger()


class RedisBus:
    """See Bus."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client
        self._node = uuid.uuid4().hex
        self._handlers: dict[Topic, Handler] = {}
        homes = [f"hubbub:{{p{partition}}}" for partition in range(keys.PARTITIONS if client.sharded else 1)]
        self._subscribers = [Subscriber(client, home, self._take) for home in homes]

    @property
    def healthy(self) -> bool:
        """See Bus."""
        return all(subscriber.healthy for subscriber in self._subscribers)

    async def run(self, on_return: OnReturn) -> None:
        """Listens until cancelled. `on_return` runs whenever messages may have been lost. A process that only publishes
        does not need it."""
        async with asyncio.TaskGroup() as group:
            for subscriber in self._subscribers:
                group.create_task(subscriber.run(on_return))

    async def count(self, readers: Mapping[Topic, int]) -> Mapping[Topic, int]:
        """See Bus. A node that reported nothing for a while (by Redis's clock) counts as gone. If Redis fails, only
        this node's own readers are known."""
        totals = dict(readers)
        waiting = _by_partition(list(readers))
        kept_ms = round(self._client.timings.counted * 1000)

        async def ask() -> None:
            for topics in waiting:  # which all that ask share
                told: list[Argument] = [self._node, kept_ms, *(readers[topic] for topic in topics)]
                found = await self._client.run(Script.COUNT, [keys.watching(topic) for topic in topics], told)
                totals.update(zip(topics, found, strict=True))

        try:
            await asyncio.gather(*(ask() for _ in range(COUNTING)))
        except (RedisError, OSError) as error:
            log.warning("readers_not_counted", error=describe(error))
        return totals

    async def publish(self, publications: Sequence[Publication]) -> None:
        """See Bus."""
        packed: dict[Topic, list[tuple[str, bytes]]] = {}
        for publication in publications:
            messages = packed.setdefault(publication.topic, [])
            messages += ((keys.events(publication.topic), wire.pack_publication(part)) for part in _parts(publication))
        sending = [
            self._client.publish([message for topic in topics for message in packed[topic]])
            for topics in _by_partition(list(packed))
        ]
        for result in await asyncio.gather(*sending, return_exceptions=True):
            if isinstance(result, BaseException):
                log.warning("not_published", error=describe(result))

    async def subscribe(self, topic: Topic, handler: Handler) -> None:
        """See Bus. Returns after a timeout even if Redis did not confirm."""
        self._handlers[topic] = handler
        subscriber = self._subscriber(topic)
        await subscriber.subscribe(keys.events(topic), self._client.timings.confirm if subscriber.healthy else 0)

    async def unsubscribe(self, topic: Topic) -> None:
        """See Bus."""
        self._handlers.pop(topic, None)
        await self._subscriber(topic).unsubscribe(keys.events(topic))

    def _subscriber(self, topic: Topic) -> Subscriber:
        return self._subscribers[keys.partition_of_topic(topic) % len(self._subscribers)]

    def _take(self, data: bytes) -> None:
        publication = wire.publication(data)
        handler = self._handlers.get(publication.topic)
        if handler is not None:
            handler(publication)


def _parts(publication: Publication) -> Iterator[Publication]:
    """Splits publications into messages of at most some megabytes: Redis disconnects a subscriber that it must buffer
    too much for."""
    events = publication.events
    for start in range(0, len(events), MESSAGE_EVENTS) or (0,):
        own = () if start else publication.own
        yield Publication(publication.topic, publication.epoch, events[start : start + MESSAGE_EVENTS], own)


def _by_partition(topics: Sequence[Topic]) -> Iterator[Sequence[Topic]]:
    """Groups topics by partition, in lists of bounded length."""
    found: dict[int, list[Topic]] = {}
    for topic in topics:
        found.setdefault(keys.partition_of_topic(topic), []).append(topic)
    for together in found.values():
        for start in range(0, len(together), SCRIPT_TOPICS):
            yield together[start : start + SCRIPT_TOPICS]
