"""Readers who were away: all of a node's at once after its end, and one who missed a great deal."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import psycopg

from tests.bench.fan_out import WINDOW, WRITERS
from tests.bench.figures import Row, spread, times
from tests.bench.fleet import Fleet
from tests.bench.machine import SERVER_CORE, cpu_ns, on
from tests.bench.native import Readers
from tests.bench.plan import Plan
from tests.bench.posters import Poster
from tests.bench.snapshots import bare_application
from tests.bench.subject import PATIENCE, Embedded, Subject, settle

RATE = 10.0  # comments a second while the readers are away
FIRST_WAIT = 0.25  # s at most: a client's first wait without a goodbye, drawn evenly (client/src/core/backoff.ts)
ANSWER = 4000  # bytes: about what a join is answered with
WARM_UP = 50
EVENTS = "SELECT * FROM event LEFT JOIN comment ON comment.id = event.comment ORDER BY event.seq"


class Storm(NamedTuple):
    """Seconds until the last reader was back with nothing missed, queries of the web nodes meanwhile, and CPU seconds
    of the node they came to."""

    seconds: float
    queries: int
    cpu: float


async def storms(plan: Plan) -> list[Row]:
    """All readers of one node come to the other: after kill -9, and after SIGTERM with its goodbye."""
    ways: list[tuple[str, Callable[[Fleet], None]]] = [
        ("kill -9", lambda fleet: fleet.webs[0].kill()),
        ("SIGTERM, spread as told", lambda fleet: fleet.webs[0].terminate()),
    ]
    rows = []
    for name, end in ways:
        found = [await _storm(plan.storm, end) for _ in range(plan.repeats)]
        bare = [_bare_joins(plan.storm) for _ in range(plan.repeats)]
        what = f"many nodes: node lost by {name}: {plan.storm:,} readers back on the other, no gap"
        ours = [plan.storm / one.cpu for one in found]
        beside = f"bare uvicorn: {spread(bare, '/CPU s')}"
        unit = {"join_us": 1e6 / median(ours)} if name == "kill -9" else {}
        rows += [
            Row(what, spread([one.seconds for one in found], "s"), goal="≤ 5 s"),
            Row("· database queries meanwhile", spread([one.queries for one in found]), goal="≤ 50"),
            Row("· readers taken back", spread(ours, "/CPU s"), beside, times(ours, bare), costs=unit),
        ]
    return rows


async def _storm(count: int, end: Callable[[Fleet], None]) -> Storm:
    with Fleet(webs=2) as fleet:
        writer = await Poster.connect(fleet.ports[1], fleet.guest())
        await writer.post(fleet.thread, 10)
        with fleet.returners(count, seq=0, spread=FIRST_WAIT) as readers:
            await settle()
            writing = asyncio.create_task(_keep_posting(writer, fleet.thread))
            with fleet.counted_queries() as asked:
                readers.mark()
                before, begun = cpu_ns(fleet.webs[1].pid), time.monotonic()
                end(fleet)
                await readers.back(count, PATIENCE)
                taken = time.monotonic() - begun
            spent = (cpu_ns(fleet.webs[1].pid) - before) / 1e9
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
            await readers.reach(fleet.shown()["head"], PATIENCE)
        writer.close()
    return Storm(taken, sum(who.startswith("web") for who in asked), spent)


async def _keep_posting(writer: Poster, thread: str) -> None:
    while True:
        await asyncio.sleep(1 / RATE)
        await writer.post(thread)


def _bare_joins(count: int) -> float:
    """Connections a CPU second that a bare uvicorn application accepts, answering one message on each."""
    with bare_application(ANSWER) as (port, pid):
        with Readers([port], WARM_UP, b"join"):
            before = cpu_ns(pid)
        with Readers([port], count, b"join"):
            return count / (cpu_ns(pid) - before) * 1e9


class Absence(NamedTuple):
    """Seconds until the first page was there, until all was, and the server's CPU us an event."""

    first: float
    everything: float
    us_per_event: float


async def behind(plan: Plan) -> list[Row]:
    """A reader who missed many events, of the one process and of many."""
    return [
        *await _behind(plan, "", Embedded(), lambda subject: _bare_sqlite(subject.directory / "data" / "hubbub.db")),
        *await _behind(plan, "many nodes: ", Fleet(), _bare_postgresql),
    ]


async def _behind(plan: Plan, where: str, subject: Subject, bare: Callable[[Any], float]) -> list[Row]:
    found: list[Absence] = []
    reading: list[float] = []
    with subject:
        writers = [await subject.writer() for _ in range(WRITERS)]
        await asyncio.gather(*(one.post(subject.thread, plan.missed // WRITERS, WINDOW) for one in writers))
        for writer in writers:
            writer.close()
        for _ in range(plan.repeats):
            before = subject.cpu_ns()
            with subject.returners(1, seq=0) as reader:
                spent = subject.cpu_ns() - before
            counts = reader.first
            if counts["events"] != plan.missed:
                raise RuntimeError(f"expected {plan.missed} events, got {counts}")
            found.append(Absence(counts["first_s"], counts["seconds"], spent / plan.missed / 1000))
            reading.append(bare(subject))
    told = f"{where}a reader {plan.missed:,} events behind"
    everything = [one.everything for one in found]
    beside = f"the same rows, one query: {spread(reading, 's')}"
    return [
        Row(f"{told}: first page", spread([one.first * 1000 for one in found], "ms"), goal="≤ 200 ms"),
        Row("· all of them, no gap", spread(everything, "s"), beside, times(everything, reading), "≤ 3 s"),
        Row("· CPU an event", spread([one.us_per_event for one in found], "µs")),
    ]


def _bare_sqlite(path: Path) -> float:
    with on(SERVER_CORE), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        begun = time.monotonic()
        db.execute(EVENTS).fetchall()
        return time.monotonic() - begun


def _bare_postgresql(fleet: Fleet) -> float:
    with on(SERVER_CORE), psycopg.connect(fleet.many.postgresql.url) as db:
        begun = time.monotonic()
        db.execute(EVENTS).fetchall()
        return time.monotonic() - begun
