"""`python -m tests.floods`: every kind of flood, from one connection and from fifty, straight and through nginx, as a
table; exit code 1 if a bound was broken.

python -m tests.floods --only ping       the kinds whose names have a part
python -m tests.floods --direct --one    not through nginx; one connection
"""

import argparse
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.floods.arena import TRIES, Measured, arena
from tests.floods.kinds import kinds

SECONDS = 3.0
MANY = 50


class Cell(NamedTuple):
    """A line of the table before it is measured."""

    kind: str
    proxied: bool
    connections: int


def row(cell: Cell, measured: Measured) -> str:
    """A line of the table."""
    return (
        f"| {cell.kind} | {'nginx' if cell.proxied else 'direct'} | {cell.connections} "
        f"| {measured.answer * 1000:,.0f} | {measured.delivery * 1000:,.0f} "
        f"| {measured.peak:.0f} | {measured.left:.0f} | {measured.lines} | {measured.sent:.1f} | {measured.opened} |"
    )


HEAD = (
    "| what is sent | way | connections | slowest answer, ms | delivery, ms | memory at most, MiB | 5 s later "
    "| log lines | sent, MiB | connections made |\n|" + "---|" * 10
)


def cells(args: argparse.Namespace) -> Iterator[Cell]:
    """What is asked for."""
    for proxied in [False] if args.direct else [True] if args.proxied else [False, True]:
        for connections in [1] if args.one else [MANY] if args.many else [1, MANY]:
            for name in kinds(""):
                if args.only in name:
                    yield Cell(name, proxied, connections)


def play(args: argparse.Namespace) -> Iterator[bool]:
    """Prints the table; whether each cell is within bounds. One that is not gets two more tries, on servers of their
    own: the machine may have been busy."""
    print(HEAD, flush=True)
    left = deque((cell, 1) for cell in cells(args))
    while left:
        proxied, sound = left[0][0].proxied, True
        with (
            TemporaryDirectory(prefix="hubbub-flood-") as directory,
            arena(Path(directory), proxied=proxied, python=args.server) as on,
        ):
            while sound and left and left[0][0].proxied == proxied:
                cell, attempt = left.popleft()
                measured = on.flood(cell.kind, cell.connections, args.seconds)
                found = measured.broken(cell.connections)
                print(row(cell, measured), *found, flush=True)
                sound = not found
                if sound or attempt == args.tries:
                    yield sound
                else:
                    left.appendleft((cell, attempt + 1))


def arguments() -> argparse.Namespace:
    """The command line's."""
    parser = argparse.ArgumentParser(prog="python -m tests.floods")
    parser.add_argument("--only", default="", help="a part of the kinds' names")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--tries", type=int, default=TRIES)
    parser.add_argument("--direct", action="store_true", help="not through nginx")
    parser.add_argument("--proxied", action="store_true", help="through nginx only")
    parser.add_argument("--server", type=Path, help="where to import hubbub from, for another version")
    parser.add_argument("--one", action="store_true", help="from one connection only")
    parser.add_argument("--many", action="store_true", help="from fifty connections only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(0 if all(list(play(arguments()))) else 1)
