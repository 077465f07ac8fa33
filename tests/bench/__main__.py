"""Runs the benchmarks: `python -m tests.bench [--quick] [--repeats N] [NAME …]`.

The table of a whole run goes to docs/performance.md too.
"""

import argparse
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

import uvloop
from rich.console import Console

from tests.bench import (
    delivering,
    fan_out,
    joining,
    returning,
    scaling_page,
    services,
    snapshots,
    storing,
    writing,
)
from tests.bench.capacity import Costs, keep
from tests.bench.figures import Row, page_table, put_between, terminal_table
from tests.bench.machine import LOAD_CORES, description, lift_file_limit
from tests.bench.plan import QUICK, Plan
from tests.support.server import ROOT

IDLE = 0.5  # load average, above which somebody else must have been at work
WIDTH = 160  # characters, where there is no terminal to say
PAGE = ROOT / "docs" / "performance.md"


async def _each(plan: Plan, bench: Callable[[Plan, int], Awaitable[list[Row]]]) -> list[Row]:
    return [row for place in range(len(plan.readers)) for row in await bench(plan, place)]


BENCHMARKS: dict[str, Callable[[Plan], Awaitable[list[Row]]]] = {
    "fan-out": lambda plan: _each(plan, fan_out.unhurried),
    "flood": lambda plan: _each(plan, fan_out.flooded),
    "burst": fan_out.burst,
    "close": fan_out.closing,
    "posts": storing.posts,
    "joins": joining.storm,
    "snapshots": snapshots.reads,
    "many-readers": delivering.delivered,
    "many-posts": writing.written,
    "many-storm": returning.storms,
    "behind": returning.behind,
    "services": services.services,
}


def main() -> None:
    """Runs what is asked for, or everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Hubbub's benchmarks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="small and once: to see that all of it works")
    parser.add_argument("--repeats", type=int, help="how often each is measured")
    asked = parser.parse_args()
    if unknown := set(asked.names) - BENCHMARKS.keys():
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    plan = QUICK if asked.quick else Plan()
    plan = replace(plan, repeats=asked.repeats or plan.repeats)
    lift_file_limit()
    os.sched_setaffinity(0, LOAD_CORES)
    load = os.getloadavg()[0]
    rows = run(plan, asked.names or list(BENCHMARKS))
    if not asked.quick and not asked.names:
        publish(rows, plan, load)


def run(plan: Plan, names: list[str]) -> list[Row]:
    """The benchmarks one after the other, and their table."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(description())
    rows: list[Row] = []
    for name in names:
        begun = time.monotonic()
        rows += uvloop.run(BENCHMARKS[name](plan))  # type: ignore[arg-type] # all are coroutines
        console.print(f"• {name}: {time.monotonic() - begun:.0f} s")
    console.print(terminal_table(rows))
    return rows


def publish(rows: list[Row], plan: Plan, load: float) -> None:
    """Puts the table and the unit costs where readers of the documentation find them; `load` is the machine's load
    before the run."""
    busy = f" Other work ran beside it (load {load:.1f} before the run)." if load > IDLE else ""
    head = f"{description()}, {datetime.now(UTC):%Y-%m-%d}; median of {plan.repeats} (least–most).{busy}"
    PAGE.write_text(put_between(PAGE.read_text(), f"\n{head}\n\n{page_table(rows)}\n"))
    keep({name: cost for row in rows for name, cost in row.costs.items()}, head)
    scaling_page.write(Costs.load())


if __name__ == "__main__":
    main()
