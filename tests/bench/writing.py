"""Many nodes: durable comments a second through PostgreSQL, beside bare psycopg on the same server.

The worker has the server's core; Redis and PostgreSQL share the others with the load, which is a web node's way to the
workers without the web node.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from statistics import median

import psycopg

from hubbub.commands.posting import PostComment
from hubbub.domain.actor import Actor
from hubbub.domain.model import Role
from hubbub.transport.redis.command_bus import RedisCommandBus
from hubbub.transport.redis.connect import connect
from tests.bench.fan_out import WINDOW, WRITERS
from tests.bench.figures import Row, number, percentile, spread, times
from tests.bench.fleet import Fleet
from tests.bench.machine import LOAD_CORES, SERVER_CORE, cpu_ns, on
from tests.bench.native import Readers
from tests.bench.plan import Plan
from tests.bench.posters import WORDS, Poster, pack
from tests.bench.subject import PATIENCE

UNDER_WAY = 240  # commands: at 5,000 a second each would wait 48 ms
THREADS = 16  # that the comments go to: as many as there are partitions, on average
BATCH = 500  # rows of a bare batch: as many as the worker takes at once
AUTHOR = Actor("bench", "demo", Role.GUEST, "Ada")


async def written(plan: Plan) -> list[Row]:
    """One worker, then two, fed straight from Redis as a web node feeds it; then one through a web node."""
    rows = [row for workers in (1, 2) for row in await _written(plan, workers)]
    return [*rows, *await _posted(plan)]


async def _posted(plan: Plan) -> list[Row]:
    """Writers on one node, a reader on another: what a comment costs each of them."""
    rates: list[float] = []
    taking: list[float] = []
    telling: list[float] = []
    with Fleet(webs=2, services=LOAD_CORES) as fleet:
        token, join = fleet.guest(), pack({"cmd": "join", "ref": 1, "thread": fleet.thread})
        writers = [await Poster.connect(fleet.ports[0], token) for _ in range(WRITERS)]
        with Readers(fleet.ports[1:], 1, join) as reader:
            for _ in range(plan.repeats):
                reader.mark()
                before, begun = [cpu_ns(web.pid) for web in fleet.webs], time.monotonic()
                await asyncio.gather(*(one.post(fleet.thread, plan.posts // WRITERS, WINDOW) for one in writers))
                rates.append(plan.posts / (time.monotonic() - begun))
                await reader.reached(plan.posts, PATIENCE)
                spent = [cpu_ns(web.pid) - was for web, was in zip(fleet.webs, before, strict=True)]
                taking.append(spent[0] / plan.posts / 1000)
                telling.append(spent[1] / plan.posts / 1000)
        for writer in writers:
            writer.close()
    return [
        Row("many nodes: durable comments through one web node", spread(rates, "/s")),
        Row("· its CPU a comment", spread(taking, "µs"), costs={"web_us_per_post": median(taking)}),
        Row(
            "· CPU a comment of another node, one reader",
            spread(telling, "µs"),
            costs={"web_us_per_event": median(telling)},
        ),
    ]


async def _written(plan: Plan, workers: int) -> list[Row]:
    rates: list[float] = []
    waits: list[list[float]] = []
    lone: list[float] = []
    batched: list[float] = []
    parts: list[Mapping[str, float]] = []
    with Fleet(webs=1, workers=workers, services=LOAD_CORES) as fleet:
        threads = [fleet.webs[0].open_thread(f"/bench/{place}") for place in range(THREADS)]
        async with _command_bus(fleet.many.env["HUBBUB_REDIS_URL"]) as command_bus:
            await _post(command_bus, threads, plan.posts // 4)  # warms up
            for _ in range(plan.repeats):
                before, begun = fleet.spent_ns(), time.monotonic()
                waits.append(await _post(command_bus, threads, plan.posts))
                rates.append(plan.posts / (time.monotonic() - begun))
                spent = fleet.spent_ns()
                parts.append({name: (spent[name] - before[name]) / plan.posts / 1e3 for name in spent if name != "web"})
                for rows, found in ((1, lone), (BATCH, batched)):  # in a thread: the command bus must hear its pings
                    found.append(await asyncio.to_thread(_bare, fleet.many.postgresql.url, plan.seconds, rows))
    told = f"many nodes: durable comments, {workers} worker{'s' * (workers > 1)}"
    p50, p99 = ([percentile(wait, share) * 1000 for wait in waits] for share in (0.5, 0.99))
    each = {name: median(part[name] for part in parts) for name in parts[0]}
    shares = ", ".join(f"{name} {number(cost)}" for name, cost in each.items())
    costs = {f"{name.lower()}_us_per_comment": cost for name, cost in each.items()}
    goals = ("≥ 5,000/s", "p99 ≤ 50 ms") if workers == 1 else ("", "")
    waited = f"· acknowledged after, {UNDER_WAY} under way, p50 / p99"
    return [
        Row(told, spread(rates, "/s"), f"psycopg, a row a commit: {spread(lone, '/s')}", times(rates, lone), goals[0]),
        Row(
            "· the same", spread(rates, "/s"), f"{BATCH} rows a commit: {spread(batched, '/s')}", times(rates, batched)
        ),
        Row(waited, f"{spread(p50)} / {spread(p99)} ms", goal=goals[1]),
        Row("· CPU µs a comment, by part", shares, costs=costs if workers == 1 else {}),
    ]


@asynccontextmanager
async def _command_bus(url: str) -> AsyncIterator[RedisCommandBus]:
    """A web node's way to the workers, without a web node."""
    client = connect(url)
    command_bus = RedisCommandBus(client)
    running = asyncio.create_task(command_bus.run())
    try:
        yield command_bus
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await client.aclose()


async def _post(command_bus: RedisCommandBus, threads: list[str], count: int) -> list[float]:
    """Posts `count` comments, UNDER_WAY at a time; how long each waited for its acknowledgement, in seconds."""
    waited: list[float] = []

    async def lane(first: int) -> None:
        for place in range(first, count, UNDER_WAY):
            command = PostComment(
                id=str(uuid.uuid4()),
                thread=threads[place % len(threads)],
                actor=AUTHOR,
                body=WORDS * 4,
                html=f"<p>{WORDS * 4}</p>",
                parent=None,
            )
            begun = time.monotonic()
            await command_bus.submit(command)
            waited.append(time.monotonic() - begun)

    await asyncio.gather(*(lane(first) for first in range(UNDER_WAY)))
    return waited


def _bare(url: str, seconds: float, rows: int) -> float:
    """Rows a second of a comment's size, so many a commit, each commit fsynced, on the server's core."""
    insert = "INSERT INTO bare SELECT unnest(%s::uuid[]), unnest(%s::text[]), unnest(%s::text[])"
    texts = [WORDS * 4] * rows
    done = 0
    with on(SERVER_CORE), psycopg.connect(url, autocommit=True) as db:
        db.execute("DROP TABLE IF EXISTS bare; CREATE TABLE bare (id uuid PRIMARY KEY, body text, html text)")
        begun = time.monotonic()
        while time.monotonic() < begun + seconds:
            db.execute(insert, ([uuid.uuid4() for _ in range(rows)], texts, texts))
            done += rows
        return done / (time.monotonic() - begun)
