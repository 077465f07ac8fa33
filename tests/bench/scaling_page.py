"""The tables and drawings of docs/scaling.md, from the unit costs of the last full run."""

import json
from collections.abc import Callable, Iterator, Sequence

from tests.bench.capacity import BACK, BUSY, DELAY, FILE, Costs, Load, Need, need
from tests.bench.drawing import Chart, Line, svg
from tests.bench.figures import number, put_between
from tests.bench.simulate import flushes, storm
from tests.support.server import ROOT

PAGE = ROOT / "docs" / "scaling.md"
IMAGES = ROOT / "docs" / "images"
CROWDS = [round(10 ** (power / 4)) for power in range(12, 33)]  # 1,000 to 100 million readers
CROWDS_CLOSELY = [round(10 ** (power / 24)) for power in range(24 * 3, 24 * 9 + 1)]  # to 1,000 million
ON_NODE = [round(10 ** (power / 4)) for power in range(12, 20)]  # 1,000 to 56,000 readers
LOADS = (
    ("an article that everybody reads", Load(10_000, 10)),
    ("the same, larger", Load(100_000, 10)),
    ("one evening, one thread", Load(1_000_000, 50)),
    ("1,000 articles", Load(1_000_000, 1_000, 1_000)),
    ("100,000 articles", Load(1_000_000, 1_000, 100_000)),
    ("the world in one thread", Load(100_000_000, 50)),
    ("the world's articles", Load(100_000_000, 100_000, 100_000)),
    ("the same, each thread's readers together", Load(100_000_000, 100_000, 100_000, together=True)),
)


def paper(readers: int) -> Load:
    """A large site on an ordinary day: a thousand readers an article, one of whom writes each second."""
    return Load(readers, readers / 1_000, max(1, readers // 1_000))


def tail(readers: int) -> Load:
    """The same crowd and comments over a long tail: ten readers an article."""
    return Load(readers, readers / 1_000, max(1, readers // 10))


def event(readers: int) -> Load:
    """All of them in one thread, ten comments a second."""
    return Load(readers, 10)


def write(costs: Costs) -> None:
    """Puts everything anew."""
    parts = [_units(costs), _needs(costs), _full(costs), _hot(costs), _storms(costs)]
    PAGE.write_text(put_between(PAGE.read_text(), "\n" + "\n\n".join(parts) + "\n"))
    IMAGES.mkdir(exist_ok=True)
    for name, chart in charts(costs).items():
        (IMAGES / f"scaling-{name}.svg").write_text(svg(chart))


def charts(costs: Costs) -> dict[str, Chart]:
    """What is drawn, by file name."""
    ways: list[tuple[str, Callable[[int], Load]]] = [("one thread, 10 comments/s", event), ("1,000 an article", paper)]
    strains = [(crowd, need(paper(crowd), costs).strain) for crowd in CROWDS]
    return {
        "nodes": Chart(
            "Web nodes (a core each) for a crowd",
            "readers",
            "web nodes",
            [Line(name, [(crowd, need(way(crowd), costs).nodes) for crowd in CROWDS]) for name, way in ways],
        ),
        "first": Chart(
            "What fills up first: 1,000 readers an article, a comment a second each",
            "readers",
            "share of one",
            [Line(name, [(crowd, found[name]) for crowd, found in strains]) for name in strains[0][1]],
            (1.0, "one is full: Redis shards, a larger PostgreSQL, a pooler"),
        ),
        "hot": Chart(
            "A hot thread: from commit to the last of a node's readers, 99th percentile, simulated",
            "readers of the thread on one node",
            "ms",
            [Line(f"{rate} comments/s", _latencies(rate, costs)) for rate in (1, 10, 50)],
            (DELAY * 1000, "planned for"),
        ),
    }


def _latencies(rate: int, costs: Costs) -> Sequence[tuple[float, float]]:
    return [(n, flushes(n, rate, costs.web_us_per_delivery).last_p99 * 1000) for n in ON_NODE]


def _units(costs: Costs) -> str:
    kept = json.loads(FILE.read_text())
    told = [
        ("a web node: one frame to one reader", f"{number(costs.web_us_per_delivery)} µs"),
        ("a web node: an event that reaches it, whoever reads", f"{number(costs.web_us_per_event)} µs"),
        ("a web node: a comment posted there", f"{number(costs.web_us_per_post)} µs"),
        ("a web node: a reader who comes back", f"{number(costs.join_us)} µs"),
        ("a web node: memory of an idle reader", f"{number(costs.reader_kib)} KiB"),
        ("a worker: a comment", f"{number(costs.worker_us_per_comment)} µs"),
        ("Redis: a comment on its way to the worker and its answer back", f"{number(costs.redis_us_per_comment)} µs"),
        ("Redis: a publication", f"{number(costs.redis_us_per_publication)} µs"),
        ("· and for each node subscribed", f"{number(costs.redis_us_per_node)} µs"),
        ("Redis: a thread whose readers a node counts", f"{number(costs.redis_us_per_count)} µs"),
        ("PostgreSQL: a comment", f"{number(costs.postgresql_us_per_comment)} µs"),
        ("PostgreSQL: a node's look at its heads", f"{number(costs.postgresql_us_per_look)} µs"),
        ("· and for each open thread", f"{number(costs.postgresql_us_per_head)} µs"),
        ("an event's frame", f"{number(costs.frame_bytes)} bytes"),
    ]
    return f"Unit costs, CPU time of one core ({kept['measured']}):\n\n" + _table(("What", "Cost"), told)


def _needs(costs: Costs) -> str:
    columns = ("Load", "Web nodes", "Readers each", "Bound by", "Workers", "Redis, cores", "PostgreSQL, cores")
    rows = [
        (
            f"{name}: {load.readers:,} readers, {load.comments:,.0f} comments/s in {load.threads:,}",
            *_need(need(load, costs)),
        )
        for name, load in LOADS
    ]
    return "What a load needs:\n\n" + _table((*columns, "Connections", "Gbit/s", "Fullest"), rows)


def _need(found: Need) -> Iterator[str]:
    yield from (f"{found.nodes:,}", f"{found.readers_per_node:,}", found.bound, f"{found.workers:,}")
    yield from (number(found.redis), number(found.postgresql), f"{found.connections:,}", number(found.gbit))
    yield f"{found.first}: {found.strain[found.first]:,.0%}"


def _full(costs: Costs) -> str:
    shapes = [("all in one thread, 10 comments/s", event), ("1,000 an article", paper), ("10 an article", tail)]
    kinds = list(need(event(1_000), costs).strain)
    rows = [(name, *(_full_at(shape, kind, costs) for kind in kinds)) for name, shape in shapes]
    return "How many readers fill one of each:\n\n" + _table(("Readers", *kinds), rows)


def _full_at(shape: Callable[[int], Load], kind: str, costs: Costs) -> str:
    """The crowd, to two digits, at which something is full."""
    fitting = [crowd for crowd in CROWDS_CLOSELY if need(shape(crowd), costs).strain[kind] <= 1]
    return "beyond 1,000 M" if fitting[-1] == CROWDS_CLOSELY[-1] else f"{number(fitting[-1] / 1e6)} M"


def _hot(costs: Costs) -> str:
    rows = []
    for readers in (1_000, 5_000, 10_000, 20_000):
        for rate in (1, 10, 50):
            found = flushes(readers, rate, costs.web_us_per_delivery)
            times = (number(1000 * value) for value in (found.p50, found.p99, found.last_p99))
            rows.append((f"{readers:,}", str(rate), *times, f"{found.busy:.0%}"))
    columns = ("Readers on the node", "Comments/s", "p50, ms", "p99, ms", "Last reader p99, ms", "Core for writing")
    return "A hot thread on one node, simulated; events at random moments:\n\n" + _table(columns, rows)


def _storms(costs: Costs) -> str:
    rows = []
    for readers, left in ((5_000, 1), (10_000, 1), (10_000, 3), (10_000, 9), (100_000, 9)):
        at_once = storm(readers, left, 0.25, costs.join_us, idle=1 - BUSY)
        told = storm(readers, left, max(1.0, readers / 2000), costs.join_us, idle=1 - BUSY)
        rows.append((f"{readers:,}", str(left), f"{at_once:.1f} s", f"{told:.1f} s"))
    columns = ("Readers of the lost node", "Nodes left", "Killed: all back after", "Stopped, with goodbye")
    about = f"A node is lost, simulated; the others have {1 - BUSY:.0%} of a core to spare, the goal is {BACK:g} s:"
    return f"{about}\n\n" + _table(columns, rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
