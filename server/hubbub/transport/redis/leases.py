"""Which worker reads which partition. For locality alone: two owners are harmless, as rows are locked and ids unique.

Leases expire by Redis's own count of time, not by any node's wall clock (G11).
"""

import math

from redis.asyncio import Redis

from hubbub.transport.redis import keys

LEASE_MS = 1500  # a killed worker's partitions are free after this; the rest of 2 s is for taking them over
RENEW_EVERY = 0.4  # s

_KEEP = """
local mine = 0
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  mine = 1
elseif ARGV[3] == '1' and redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  mine = 1
end
return mine
"""
_DROP = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Leases:
    """This worker's share of the partitions."""

    def __init__(self, client: Redis, name: str) -> None:
        self._client = client
        self._name = name
        self._keep = client.register_script(_KEEP)
        self._drop = client.register_script(_DROP)
        self.held: set[int] = set()

    async def renew(self) -> None:
        """Keeps what is held, takes what is free up to a fair share, gives up what is over it. Raises RedisError."""
        share = math.ceil(keys.PARTITIONS / await self._workers())
        held: set[int] = set()
        start = sum(self._name.encode()) % keys.PARTITIONS  # so that not all begin with the same
        for offset in range(keys.PARTITIONS):
            partition = (start + offset) % keys.PARTITIONS
            wanted = len(held) < share
            if not wanted and partition in self.held:
                await self._drop(keys=[keys.lease(partition)], args=[self._name])
            elif wanted and await self._keep(keys=[keys.lease(partition)], args=[self._name, LEASE_MS, "1"]):
                held.add(partition)
        self.held = held

    async def release(self) -> None:
        """Gives everything up, so that the others need not wait for it to expire."""
        for partition in self.held:
            await self._drop(keys=[keys.lease(partition)], args=[self._name])
        self.held = set()
        await self._client.zrem(keys.WORKERS, self._name)

    async def _workers(self) -> int:
        """How many workers live, this one included, by Redis's clock."""
        seconds, micros = await self._client.time()
        now = seconds * 1000 + micros // 1000
        async with self._client.pipeline(transaction=False) as pipeline:
            pipeline.zadd(keys.WORKERS, {self._name: now})
            pipeline.zremrangebyscore(keys.WORKERS, 0, now - LEASE_MS)
            pipeline.zcard(keys.WORKERS)
            return max(1, int((await pipeline.execute())[-1]))
