"""How much a load needs: `python -m tests.bench.capacity --readers 1000000 --comments 50 --threads 1`.

Arithmetic from the unit costs in costs.json, which full runs of the benchmarks measure, and what `simulate` says where
arithmetic is not enough. `--write` puts the tables and drawings of docs/scaling.md anew.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import ceil, exp, sqrt
from pathlib import Path
from typing import Self

FILE = Path(__file__).with_name("costs.json")

BUSY = 0.6  # of a core that is planned for; the rest is for bursts and for those who come back
DELAY = 0.25  # s from the commit to the last of a node's readers that a planned node may take, at the 99th percentile
FLUSHES = 3  # flushes' lengths that an event may wait at worst: for the one under way, for the rest after it, its own
BACK = 5.0  # s in which the readers of a lost node have to be back
BATCHES = 50  # transactions a second of a busy worker: each publishes a thread's events as one
PRESENCE = 2.0  # s between a node's counts of readers
CONNECTIONS = 4  # a web node's to PostgreSQL (storage/engine.py)
WORKER_CONNECTIONS = 2
CEILING = 100_000  # readers of one process: more would lose too much at once when it ends
KERNEL_KIB = 8.0  # an open TCP connection in the kernel; an assumption, not measured
PACKET = 66  # bytes of Ethernet, IP and TCP around a frame
POSTGRESQL_CORES = 32  # of one large database server
POSTGRESQL_CONNECTIONS = 500  # beyond, a pooler has to stand between


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU time of one core in us each, but for `reader_kib` and `frame_bytes`.

    A delivery is one frame to one reader. A web node pays `web_us_per_event` for each event that reaches it, whoever
    reads; a publication costs Redis something, and something for each node that it goes to.
    """

    web_us_per_delivery: float
    web_us_per_event: float
    web_us_per_post: float
    join_us: float
    reader_kib: float
    frame_bytes: float
    worker_us_per_comment: float
    redis_us_per_comment: float
    redis_us_per_publication: float
    redis_us_per_node: float
    redis_us_per_count: float
    postgresql_us_per_comment: float
    postgresql_us_per_look: float
    postgresql_us_per_head: float

    @classmethod
    def load(cls, path: Path = FILE) -> Self:
        """As the last full run of the benchmarks left them."""
        kept = json.loads(path.read_text())
        return cls(**{field.name: float(kept[field.name]) for field in fields(cls)})


def keep(costs: Mapping[str, float], measured: str, path: Path = FILE) -> None:
    """Keeps what was measured, and when and where; a cost that was not measured this time stays as it was. ValueError
    for one that nobody asks for."""
    kept = json.loads(path.read_text())
    if unknown := costs.keys() - kept.keys():
        raise ValueError(f"expected costs of {sorted(kept)}, got {sorted(unknown)}")
    kept |= {name: round(cost, 3) for name, cost in costs.items()}
    path.write_text(json.dumps({**kept, "measured": measured}, indent=2, ensure_ascii=False) + "\n")


@dataclass(frozen=True, slots=True)
class Load:
    """Readers and comments a second, both spread evenly over `threads`. The readers of a thread are on any nodes, or
    kept `together` on as few as have room."""

    readers: int
    comments: float
    threads: int = 1
    together: bool = False

    @property
    def rate(self) -> float:
        """Events a second of one thread."""
        return self.comments / self.threads


@dataclass(frozen=True, slots=True)
class Need:
    """What a load needs. Cores are counted whole for web nodes and workers (a process each); `redis` and `postgresql`
    are cores' worth of work. `gbit` is what leaves all web nodes together."""

    nodes: int
    readers_per_node: int
    threads_per_node: float
    bound: str
    workers: int
    redis: float
    postgresql: float
    connections: int
    memory_gib: float
    gbit: float
    nodes_per_thread: float

    @property
    def strain(self) -> dict[str, float]:
        """Each single thing's share of what one of its kind can do; the greatest breaks first."""
        return {
            "Redis (one core)": self.redis / BUSY,
            "PostgreSQL's CPU": self.postgresql / BUSY / POSTGRESQL_CORES,
            "PostgreSQL's connections": self.connections / POSTGRESQL_CONNECTIONS,
        }

    @property
    def first(self) -> str:
        """What breaks first, or has been broken most."""
        return max(self.strain, key=self.strain.__getitem__)


def need(load: Load, costs: Costs) -> Need:
    """The arithmetic; see docs/scaling.md for it in words."""
    nodes, bound = nodes_for(load, costs)
    on_node = load.readers / nodes
    threads = threads_on(on_node, load)
    nodes_per_thread = nodes * threads / load.threads
    publications = min(load.comments, load.threads * BATCHES)
    workers = max(2, ceil(load.comments * costs.worker_us_per_comment / 1e6 / BUSY))
    redis = (
        load.comments * costs.redis_us_per_comment
        + publications * (costs.redis_us_per_publication + nodes_per_thread * costs.redis_us_per_node)
        + nodes * threads / PRESENCE * costs.redis_us_per_count
    )
    postgresql = load.comments * costs.postgresql_us_per_comment + nodes * (
        costs.postgresql_us_per_look + threads * costs.postgresql_us_per_head
    )
    frames = frames_per_second(on_node / threads, load.rate, costs)
    traffic = load.readers * (load.rate * costs.frame_bytes + frames * PACKET)
    return Need(
        nodes=nodes,
        readers_per_node=round(on_node),
        threads_per_node=threads,
        bound=bound,
        workers=workers,
        redis=redis / 1e6,
        postgresql=postgresql / 1e6,
        connections=nodes * CONNECTIONS + workers * WORKER_CONNECTIONS,
        memory_gib=load.readers * (costs.reader_kib + KERNEL_KIB) / 2**20,
        gbit=traffic * 8 / 1e9,
        nodes_per_thread=nodes_per_thread,
    )


def nodes_for(load: Load, costs: Costs) -> tuple[int, str]:
    """How many web nodes, and what asks for so many. One may fail: the others have to take its readers back in time
    with what their own leave of their cores."""
    per_node, bound = readers_per_node(load, costs)
    nodes = ceil(load.readers / per_node) + 1
    joins = BACK * (1 - BUSY) * 1e6 / costs.join_us  # of one node
    together = ceil(0.5 + sqrt(0.25 + load.readers / joins))  # readers / nodes ≤ (nodes - 1) × joins
    return max((nodes, bound), (together, "coming back"))


def readers_per_node(load: Load, costs: Costs) -> tuple[int, str]:
    """How many readers one node may have, and what keeps it from having more."""
    limits = {
        "the ceiling": CEILING,
        "latency": _most(lambda n: _flush(n, load, costs) * FLUSHES <= DELAY),
        "CPU": _most(lambda n: busy(n, load, costs) <= BUSY),
    }
    bound = min(limits, key=limits.__getitem__)
    return max(1, limits[bound]), bound


def busy(readers: float, load: Load, costs: Costs) -> float:
    """The share of its core that a node with so many readers uses, their posts included."""
    threads = threads_on(readers, load)
    frames = frames_per_second(readers / threads, load.rate, costs)
    posts = load.comments * readers / load.readers
    spent = (
        readers * frames * costs.web_us_per_delivery
        + threads * load.rate * costs.web_us_per_event
        + posts * costs.web_us_per_post
    )
    return spent / 1e6


def threads_on(readers: float, load: Load) -> float:
    """How many threads have at least one of a node's readers, who come as chance has it or thread by thread."""
    if load.together:
        return max(1.0, load.threads * readers / load.readers)
    return max(1.0, load.threads * (1 - exp(-readers / load.threads)))


def frames_per_second(readers: float, rate: float, costs: Costs) -> float:
    """Frames that each reader of a thread gets from a node with so many of its readers: one an event, unless flushes,
    each followed by a rest of its own length, take longer than that."""
    return min(rate, 1e6 / (2 * readers * costs.web_us_per_delivery))


def _flush(readers: int, load: Load, costs: Costs) -> float:
    """Seconds that one event's frames take on a node."""
    return readers / threads_on(readers, load) * costs.web_us_per_delivery / 1e6


def _most(fits: Callable[[int], bool]) -> int:
    """The greatest number up to CEILING that fits; what fits also fits when smaller."""
    low, high = 1, CEILING
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def told(load: Load, found: Need) -> str:
    """The answer for a terminal."""
    lines = [
        f"{load.readers:,} readers, {load.comments:g} comments/s, {load.threads:,} threads",
        f"web nodes (a core each)   {found.nodes:,}, {found.readers_per_node:,} readers each; bound by {found.bound}",
        f"workers (a core each)     {found.workers:,}",
        f"Redis                     {found.redis:.2f} cores' work",
        f"PostgreSQL                {found.postgresql:.2f} cores' work, {found.connections:,} connections",
        f"memory for readers        {found.memory_gib:,.1f} GiB",
        f"traffic to readers        {found.gbit:,.2f} Gbit/s",
        "of what one of a kind can  " + ", ".join(f"{name} {share:.0%}" for name, share in found.strain.items()),
    ]
    return "\n".join(lines)


def main(words: Sequence[str] | None = None) -> None:
    """See above."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.capacity", description="What a load needs.")
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--comments", type=float, default=50.0, help="a second, in all threads together")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--together", action="store_true", help="a thread's readers are kept on as few nodes as can be")
    parser.add_argument("--write", action="store_true", help="put the tables and drawings of docs/scaling.md anew")
    asked = parser.parse_args(words)
    costs = Costs.load()
    if asked.write:
        from tests.bench.scaling_page import write  # which rests on this module

        write(costs)
        return
    load = Load(asked.readers, asked.comments, asked.threads, asked.together)
    print(told(load, need(load, costs)))


if __name__ == "__main__":
    main()
