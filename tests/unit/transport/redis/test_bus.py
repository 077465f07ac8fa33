"""What the Redis bus asks of its server at once."""

import asyncio
from collections.abc import Sequence
from typing import cast

from hubbub.domain.events import Event, Kind, thread_topic
from hubbub.transport.base import Publication
from hubbub.transport.redis import wire
from hubbub.transport.redis.bus import COUNTING, MESSAGE_EVENTS, RedisBus
from hubbub.transport.redis.connect import CONNECTIONS, RedisClient
from hubbub.transport.redis.timings import Timings


class Busy:
    """A server that answers each script in a later turn, and counts how many wait."""

    sharded = False
    timings = Timings()

    def __init__(self) -> None:
        self.waiting = self.most = 0
        self.published: list[Publication] = []

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Keeps them."""
        self.published += [wire.publication(data) for _, data in messages]

    async def run(self, _script: object, keys: Sequence[str], _arguments: object) -> list[int]:
        """Seven readers in each thread."""
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await asyncio.sleep(0)
        self.waiting -= 1
        return [7] * len(keys)


async def test_counting_very_many_threads_leaves_connections_to_commands() -> None:
    server = Busy()
    threads = [thread_topic(f"thread-{number}") for number in range(60_000)]
    bus = RedisBus(cast(RedisClient, server))
    assert await bus.count(dict.fromkeys(threads, 1)) == dict.fromkeys(threads, 7)
    assert server.most == COUNTING < CONNECTIONS / 2


async def test_many_events_of_a_thread_travel_in_messages_of_bounded_size() -> None:
    server = Busy()
    events = tuple(Event(seq, Kind.REOPENED, 0) for seq in range(1, 2 * MESSAGE_EVENTS + 2))
    await RedisBus(cast(RedisClient, server)).publish([Publication(thread_topic("t"), "epoch", events)])
    assert [len(part.events) for part in server.published] == [MESSAGE_EVENTS, MESSAGE_EVENTS, 1]
    assert tuple(event for part in server.published for event in part.events) == events
