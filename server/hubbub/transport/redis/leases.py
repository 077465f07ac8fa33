"""Leases: which worker reads which partition. They serve locality and order only: two owners are harmless, since rows
are locked and ids are unique.

Each worker increments a counter in Redis. A worker whose counter stands still for a few looks in a row counts as dead,
and its partitions are free. So no clock matters, not even Redis's own (G11), and no worker seems dead after Redis was
away."""

import json
from collections.abc import Collection

from hubbub.transport.redis import keys
from hubbub.transport.redis.connect import Argument, RedisClient
from hubbub.transport.redis.scripts import Script

RENEW_EVERY = 0.25  # s
DEAD_AFTER = 4  # renewals in which another worker has not counted: 1 s, and well below 2 s until its work is taken over


class Leases:
    """This worker's share of the partitions."""

    def __init__(self, client: RedisClient, name: str, *, dead_after: int = DEAD_AFTER) -> None:
        self._client = client
        self._dead_after = dead_after
        self._name = name
        self._beats: dict[str, tuple[int, int]] = {}  # what each other worker has counted to, and how often it was so

    async def renew(self, at_hand: Collection[int]) -> set[int]:
        """Renews the leases; returns the partitions now held, a fair share. One above it is given up once it has no
        work in progress (`at_hand`)."""
        dead = [name for name, (_, seen) in self._beats.items() if seen > self._dead_after]
        arguments: list[Argument] = [self._name, keys.PARTITIONS, json.dumps(dead), json.dumps(sorted(at_hand))]
        held, told = await self._client.run(Script.RENEW, [keys.BEATS, keys.LEASES], arguments)
        before, self._beats = self._beats, {}
        for name, beat in zip(map(bytes.decode, told[::2]), map(int, told[1::2]), strict=True):
            last, seen = before.get(name, (None, 0))
            if name != self._name:
                self._beats[name] = beat, seen + 1 if beat == last else 1
        return set(held)

    async def release(self) -> None:
        """Releases all partitions, so that the others do not have to wait."""
        await self._client.client.hdel(keys.BEATS, self._name)
