"""Durable comments, beside bare commits to the same disk."""

import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path

from tests.bench.fan_out import WINDOW, WRITERS
from tests.bench.figures import Row, percentile, spread, times
from tests.bench.machine import SERVER_CORE, on
from tests.bench.native import BUILT
from tests.bench.plan import Plan
from tests.bench.posters import WORDS
from tests.bench.subject import Embedded


async def posts(plan: Plan) -> list[Row]:
    """Comments acknowledged a second: by many writers who do not wait, and by one who waits for each answer."""
    many: list[float] = []
    lone: list[float] = []
    bare: list[float] = []
    p50: list[float] = []
    p99: list[float] = []
    with Embedded() as subject:
        writers = [await subject.writer() for _ in range(WRITERS)]
        for _ in range(plan.repeats):
            for writer in writers:
                writer.latencies.clear()
            begun = time.monotonic()
            await asyncio.gather(*(one.post(subject.thread, plan.posts // WRITERS, WINDOW) for one in writers))
            many.append(plan.posts / (time.monotonic() - begun))
            waited = [seconds * 1000 for writer in writers for seconds in writer.latencies]
            p50.append(percentile(waited, 0.5))
            p99.append(percentile(waited, 0.99))
            begun = time.monotonic()
            await writers[0].post(subject.thread, plan.lone_posts)
            lone.append(plan.lone_posts / (time.monotonic() - begun))
            bare.append(bare_commits(plan.seconds))
        for writer in writers:
            writer.close()
    beside = f"SQLite, a row a commit: {spread(bare, '/s')}"
    under_way = WRITERS * WINDOW
    return [
        Row(f"durable comments, {under_way} under way", spread(many, "/s"), beside, times(many, bare)),
        Row("· acknowledged after, p50 / p99", f"{spread(p50)} / {spread(p99)} ms"),
        Row("durable comments, one after the other", spread(lone, "/s"), beside, times(lone, bare)),
    ]


def bare_commits(seconds: float) -> float:
    """Transactions a second of one row of a comment's size, each committed and fsynced, on the server's core."""
    with on(SERVER_CORE), tempfile.TemporaryDirectory(dir=BUILT) as directory:
        db = sqlite3.connect(Path(directory) / "bare.db", isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE comment (id INTEGER PRIMARY KEY, body TEXT)")
        done = 0
        begun = time.monotonic()
        while time.monotonic() < begun + seconds:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO comment (body) VALUES (?)", (WORDS * 4,))
            db.execute("COMMIT")
            done += 1
        elapsed = time.monotonic() - begun
        db.close()
    return done / elapsed
