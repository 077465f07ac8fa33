"""What the Redis bus asks of its server at once."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import cast

from hubbub.transport.redis.bus import COUNTING, RedisBus
from hubbub.transport.redis.connect import CONNECTIONS, Server


class Busy:
    """A server that answers each script in a later turn, and counts how many wait."""

    sharded = False

    def __init__(self) -> None:
        self.waiting = self.most = 0

    async def run(self, _script: object, keys: Sequence[str], _arguments: object) -> list[int]:
        """Seven readers in each thread."""
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await asyncio.sleep(0)
        self.waiting -= 1
        return [7] * len(keys)


async def test_counting_very_many_threads_leaves_connections_to_commands() -> None:
    server = Busy()
    threads = [f"thread-{number}" for number in range(60_000)]
    bus = RedisBus(cast(Server, server), partial(asyncio.sleep, 0))
    assert await bus.count(dict.fromkeys(threads, 1)) == dict.fromkeys(threads, 7)
    assert server.most == COUNTING < CONNECTIONS / 2
