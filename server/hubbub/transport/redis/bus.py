"""Bus over Redis pub/sub: a message for each node that has readers of the thread."""

import uuid
from collections.abc import Iterator, Mapping

from redis.asyncio import Redis

from hubbub.transport.base import Handler
from hubbub.transport.commands import Publication
from hubbub.transport.redis import keys, wire
from hubbub.transport.redis.subscriber import OnReturn, Subscriber

PATIENCE = 1.0  # s that a join waits for its subscription's confirmation; comparing heads makes good what is missed

COUNTED_MS = 6000  # a node tells every two seconds


class RedisBus:
    """See Bus. `on_return` runs whenever messages may have been lost."""

    def __init__(self, client: Redis, on_return: OnReturn) -> None:
        self._client = client
        self._node = uuid.uuid4().hex
        self.handler: Handler | None = None
        self.subscriber = Subscriber(client, self._take, on_return)

    @property
    def healthy(self) -> bool:
        """Whether messages arrive just now."""
        return self.subscriber.healthy

    async def count(self, readers: Mapping[str, int]) -> Mapping[str, int]:
        """See Bus. A node that told nothing for COUNTED_MS counts as gone, by Redis's clock."""
        async with self._client.pipeline(transaction=False) as pipeline:
            pipeline.time()
            for thread in readers:
                pipeline.hgetall(keys.watching(thread))
            (seconds, micros), *found = await pipeline.execute()
            now = seconds * 1000 + micros // 1000
            for thread, count in readers.items():
                pipeline.hset(keys.watching(thread), self._node, f"{count} {now}")
                pipeline.pexpire(keys.watching(thread), COUNTED_MS)
            await pipeline.execute()
        return {
            thread: count + sum(self._others(counts, now))
            for (thread, count), counts in zip(readers.items(), found, strict=True)
        }

    def _others(self, counts: Mapping[bytes, bytes], now: int) -> Iterator[int]:
        for node, told in counts.items():
            count, _, at = told.partition(b" ")
            if node != self._node.encode() and now - int(at) < COUNTED_MS:
                yield int(count)

    async def publish(self, publication: Publication) -> None:
        """See Bus."""
        await self._client.publish(keys.events(publication.thread), wire.pack(publication))

    async def subscribe(self, thread: str) -> None:
        """See Bus."""
        await self.subscriber.subscribe(keys.events(thread), PATIENCE)

    async def unsubscribe(self, thread: str) -> None:
        """See Bus."""
        await self.subscriber.unsubscribe(keys.events(thread))

    def _take(self, channel: str, data: bytes) -> None:
        if self.handler is not None:
            self.handler(wire.publication(data))
