"""The checks of `hubbub doctor` for Redis and the workers."""

import asyncio
from collections.abc import Iterator
from time import monotonic
from typing import Any, NamedTuple

from redis.exceptions import RedisError

from hubbub.cli.options import Finding
from hubbub.transport.redis import keys
from hubbub.transport.redis.connect import RedisClient, connect
from hubbub.transport.redis.leases import RENEW_EVERY

OLDEST = 7  # functions in scripts, sharded pub/sub, and what XAUTOCLAIM does with deleted entries
SLOW = 0.05  # s for an answer; each comment takes several
LONG = 1000  # commands that wait: about what a worker writes in a fifth of a second


class State(NamedTuple):
    """The state of Redis: its INFO, the seconds for an answer, the commands that wait, the workers that are alive."""

    info: dict[str, Any]
    lag: float
    backlog: int
    workers: int


def redis_findings(url: str) -> Iterator[Finding]:
    """One finding for each thing that can be wrong."""
    try:
        state = asyncio.run(_look(url))
    except (RedisError, OSError) as error:
        yield False, f"Redis does not answer: {error}", "Check HUBBUB_REDIS_URL and that it runs."
        return
    version = str(state.info["redis_version"])
    new_enough = int(version.partition(".")[0]) >= OLDEST
    yield new_enough, f"Redis answers; it is version {version}.", f"Hubbub needs Redis {OLDEST}.0 or later."
    policy = state.info.get("maxmemory_policy", "unknown")
    advice = "Others throw away comments on their way: set maxmemory-policy to noeviction."
    yield policy == "noeviction", f"Its policy for full memory is {policy}.", advice
    advice = "Bring Redis nearer, or find what slows it down: redis-cli --latency, SLOWLOG GET."
    yield state.lag < SLOW, f"It answers within {state.lag * 1000:.1f} ms.", advice
    advice = "No comment is stored: start one with: hubbub worker"
    yield state.workers > 0, f"Workers that live: {state.workers}.", advice
    advice = "Start another worker, or look at why PostgreSQL is slow."
    yield state.backlog < LONG, f"Commands that wait for a worker: {state.backlog}.", advice


async def _look(url: str) -> State:
    server = connect(url)
    try:
        before = await _beats(server)
        started = monotonic()
        info: dict[str, Any] = await server.client.info()
        lag = monotonic() - started
        if "redis_version" not in info:  # a cluster answers for each node
            info = next(iter(info.values()))
        streams = [keys.stream(number, priority=False) for number in range(keys.PARTITIONS)]
        backlog = sum([int(await server.client.xlen(stream)) for stream in streams])
        await asyncio.sleep(3 * RENEW_EVERY)
        after = await _beats(server)
        return State(info, lag, backlog, sum(after[name] != before.get(name) for name in after))
    finally:
        await server.aclose()


async def _beats(server: RedisClient) -> dict[Any, Any]:
    """Each worker's heartbeat counter. A worker that is alive goes on counting."""
    return await server.client.hgetall(keys.BEATS)
