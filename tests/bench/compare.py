"""`python -m tests.bench.compare REVISION`: what the working copy costs beside an older revision of it.

On a shared machine two runs of the same code differ by a fifth. So both servers run at the same time and get short
bursts of the same work in turn. The median over the pairs is printed.
"""

import argparse
import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import uvloop

from tests.bench.fan_out import WINDOW, WRITERS
from tests.bench.machine import LOAD_CORES, lift_file_limit, on
from tests.bench.native import BUILT
from tests.bench.posters import Poster
from tests.bench.subject import Embedded

ROOT = Path(__file__).parents[2]
POSTS = 4000  # a burst, with as many under way as the server takes
LONE_POSTS = 400  # a burst, one after the other
READERS = 1000  # who join at once
REST = 0.3  # s after they left

Burst = Callable[[Embedded], Awaitable[int]]


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """An older revision's files, with today's built client."""
    BUILT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="compare-", dir=BUILT) as directory:
        tree = Path(directory) / "tree"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, revision], cwd=ROOT, check=True)
        try:
            shutil.copytree(ROOT / "server/hubbub/static", tree / "server/hubbub/static")
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)


class Posting:
    """Bursts of `posts` comments, over connections that stay: `window` under way on each."""

    def __init__(self, posts: int, writers: int, window: int) -> None:
        self._posts, self._count, self._window = posts, writers, window
        self._writers: dict[Embedded, list[Poster]] = {}

    async def __call__(self, server: Embedded) -> int:
        """Returns how many."""
        if server not in self._writers:
            self._writers[server] = [await server.writer() for _ in range(self._count)]
        writers = self._writers[server]
        await asyncio.gather(*(one.post(server.thread, self._posts // self._count, self._window) for one in writers))
        return self._posts


async def joining(server: Embedded) -> int:
    """Readers who connect and join the empty thread at once; returns how many."""
    with server.readers(READERS):
        pass
    await asyncio.sleep(REST)
    return READERS


async def pairs(burst: Burst, servers: Sequence[Embedded], count: int) -> list[list[float]]:
    """CPU time of each server, µs for one comment or reader. Who is first alternates; the first pair warms up."""
    rows = []
    for turn in range(count + 1):
        row = dict.fromkeys(servers, 0.0)
        for server in servers if turn % 2 else reversed(servers):
            before = server.cpu_ns()
            done = await burst(server)
            row[server] = (server.cpu_ns() - before) / done / 1000
        rows.append([row[server] for server in servers])
    return rows[1:]


async def compare(revision: str, count: int) -> None:
    """Prints a line for each kind of work."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(Embedded(stack.enter_context(checkout(revision)) / "server")),
            stack.enter_context(Embedded()),
        ]
        bursts: dict[str, Burst] = {
            "joining": joining,
            "posting": Posting(POSTS, WRITERS, WINDOW),
            "posting alone": Posting(LONE_POSTS, 1, 1),
        }
        for name, burst in bursts.items():
            rows = await pairs(burst, servers, count)
            old, new = (median(row[index] for row in rows) for index in (0, 1))
            ratios = sorted(row[1] / row[0] for row in rows)
            spread = f"{ratios[len(ratios) // 4]:.2f} to {ratios[-len(ratios) // 4]:.2f}"
            print(f"{name}: {old:.0f} µs at {revision}, {new:.0f} µs now; ratio {median(ratios):.2f} (half: {spread})")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision")
    parser.add_argument("--pairs", type=int, default=30)
    args = parser.parse_args()
    lift_file_limit()
    with on(LOAD_CORES):
        uvloop.run(compare(args.revision, args.pairs))


if __name__ == "__main__":
    main()
