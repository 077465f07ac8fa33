"""Which worker reads which partition. For locality and order alone: two owners are harmless, as rows are locked and ids
unique.

Each worker counts in Redis as long as it lives; one whose count another sees standing still a few times in a row is
dead, and what it held is free. So no clock matters, Redis's own included (G11), and nobody seems dead after Redis was
away.
"""

import json
from collections.abc import Collection

from hubbub.transport.redis import keys
from hubbub.transport.redis.connect import Argument, Server
from hubbub.transport.redis.scripts import Script

RENEW_EVERY = 0.25  # s
DEAD_AFTER = 4  # renewals in which another worker has not counted: 1 s, and well below 2 s until its work is taken over


class Leases:
    """This worker's share of the partitions."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name
        self._beats: dict[str, tuple[int, int]] = {}  # what each other worker has counted to, and how often it was so

    async def renew(self, at_hand: Collection[int]) -> set[int]:
        """The partitions held from here on: a fair share. What is over it, is given up once it is not `at_hand`."""
        dead = [name for name, (_, seen) in self._beats.items() if seen > DEAD_AFTER]
        arguments: list[Argument] = [self._name, keys.PARTITIONS, json.dumps(dead), json.dumps(sorted(at_hand))]
        held, told = await self._server.run(Script.RENEW, [keys.BEATS, keys.LEASES], arguments)
        before, self._beats = self._beats, {}
        for name, beat in zip(map(bytes.decode, told[::2]), map(int, told[1::2]), strict=True):
            last, seen = before.get(name, (None, 0))
            if name != self._name:
                self._beats[name] = beat, seen + 1 if beat == last else 1
        return set(held)

    async def release(self) -> None:
        """Gives everything up, so that the others need not wait."""
        await self._server.client.hdel(keys.BEATS, self._name)
