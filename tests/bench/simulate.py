"""Where sizing needs more than arithmetic: a hot thread's flushes on one node, and readers who come back at once.

Times are seconds unless a name says otherwise; the same seed gives the same figures.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from tests.bench.figures import percentile

TICK = 0.005  # s of rest after a flush at least (live/channel.py)
FURTHER_US = 0.15  # CPU for each further event in a frame: what a flood costs a delivery, less the first
PLACES = 20  # readers of a flush whose latency is looked at, evenly spread over it
BACKLOG = 4096  # connections the kernel holds while a node accepts (server.py)
FIRST_RETRY = 1.0  # s after which TCP knocks again where the backlog was full; then twice as long each time


@dataclass(frozen=True, slots=True)
class Flushes:
    """From an event's arrival at the node to a reader's socket, and the share of the core that writing took."""

    p50: float
    p99: float
    last_p99: float
    busy: float


def flushes(readers: int, rate: float, delivery_us: float, *, seconds: float = 60.0, seed: int = 1) -> Flushes:
    """A node with so many readers of one thread whose events come at random, `rate` a second: what waits is written to
    all readers as one frame, then the node rests as long as that took."""
    latencies: list[float] = []
    last: list[float] = []
    written = 0.0
    for start, took, arrivals in _flushes(readers, rate, delivery_us, seconds, seed):
        written += took
        for arrived in arrivals:
            latencies += [start - arrived + took * (place + 0.5) / PLACES for place in range(PLACES)]
            last.append(start - arrived + took)
    return Flushes(percentile(latencies, 0.5), percentile(latencies, 0.99), percentile(last, 0.99), written / seconds)


def _flushes(
    readers: int, rate: float, delivery_us: float, seconds: float, seed: int
) -> Iterator[tuple[float, float, list[float]]]:
    """Each flush: when it began, how long it took, when its events had come."""
    rng = random.Random(seed)
    arrivals = [rng.uniform(0, seconds) for _ in range(max(1, round(rate * seconds)))]
    arrivals.sort()
    at, free = 0, 0.0
    while at < len(arrivals):
        start = max(free, arrivals[at])
        until = at
        while until < len(arrivals) and arrivals[until] <= start:
            until += 1
        took = readers * (delivery_us + (until - at - 1) * FURTHER_US) / 1e6
        yield start, took, arrivals[at:until]
        at, free = until, start + took + max(TICK, took)


def storm(readers: int, nodes: int, spread: float, join_us: float, *, idle: float = 1.0, seed: int = 1) -> float:
    """Seconds until the last of a lost node's `readers` is back on the `nodes` left, which have the share `idle` of
    their core for that; each comes at a random moment of `spread`, and again as TCP does where a backlog is full."""
    rng = random.Random(seed)
    knocks: list[tuple[float, int, int]] = []  # when, on which node, for which time
    for reader in range(readers):
        heappush(knocks, (rng.uniform(0, spread), reader % nodes, 0))
    each = join_us / 1e6 / idle
    free = [0.0] * nodes  # when a node will have worked off its backlog
    while knocks:
        now, node, time = heappop(knocks)
        if (free[node] - now) / each > BACKLOG:
            wait = FIRST_RETRY * 2 ** min(time, 5)
            heappush(knocks, (now + wait, node, time + 1))
        else:
            free[node] = max(free[node], now) + each
    return max(free)
