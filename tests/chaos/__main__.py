"""`python -m tests.chaos`: runs with faults drawn from seeds, a line for each; exit code 1 if a promise was broken.

python -m tests.chaos --runs 100         seeds 1 to 100, and the table in docs/reliability.md
python -m tests.chaos --seed 17          that one again: the same faults at the same moments
python -m tests.chaos --every            a run with a fault of every kind, as in `make test`; with --seed, another
python -m tests.chaos --each             each kind of fault alone, and the table of what people notice
python -m tests.chaos --only freeze      one kind of fault alone; a part of its name is enough
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos import report
from tests.chaos.deployment import deployment
from tests.chaos.plan import Fault, alone, every_kind, plan
from tests.chaos.run import Result, run

FULL = 100  # runs from which on the table is written without being asked to
Plan = tuple[int, Sequence[Fault]]


async def results(plans: Iterable[Plan], server: Path | None) -> AsyncIterator[Result]:
    """A run for each plan, on one deployment as long as no run fails: what failed may have left it in any state."""
    left = list(plans)
    while left:
        with TemporaryDirectory(prefix="hubbub-chaos-") as directory:
            async with deployment(Path(directory), server) as on:
                sound = True
                while left and sound:
                    result = await run(on, *left.pop(0))
                    sound = not result.violations
                    yield result


async def main(args: argparse.Namespace) -> int:
    """Runs what was asked for; the exit code."""
    alone_only = args.each or args.only is not None
    seeds = [args.seed] if args.seed is not None else range(args.first, args.first + args.runs)
    draw = every_kind if args.every else plan
    plans = [(0, [fault]) for fault in alone(args.only or "")] if alone_only else [(seed, draw(seed)) for seed in seeds]
    done: list[Result] = []
    async for result in results(plans, args.server):
        done.append(result)
        print(f"{len(done)}/{len(plans)} {report.line(result)}", *report.broken(result), sep="\n", flush=True)
    print(report.summary(done))
    if args.write or len(done) >= FULL:
        (report.write_kinds if alone_only else report.write_runs)(done)
    return int(any(result.violations for result in done))


def arguments() -> argparse.Namespace:
    """The command line's."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--runs", type=int, default=5, help="how many (5)")
    parser.add_argument("--first", type=int, default=1, help="the first run's seed (1); the others follow")
    parser.add_argument("--seed", type=int, help="one run, of this seed")
    parser.add_argument("--every", action="store_true", help="a fault of every kind in each run")
    parser.add_argument("--each", action="store_true", help="each kind of fault alone")
    parser.add_argument("--only", help="only faults whose name contains this, each alone")
    parser.add_argument("--write", action="store_true", help=f"write the table, which {FULL} runs do by themselves")
    parser.add_argument("--server", type=Path, help="where to import hubbub from: a copy with a planted fault")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(arguments())))
