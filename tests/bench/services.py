"""What Redis and PostgreSQL themselves spend on one publication and one look at heads: unit costs for sizing."""

import time
from contextlib import ExitStack
from statistics import median

import psycopg
from redis import Redis
from sqlalchemy import Connection, insert, select

from hubbub.commands.sites import PutSite
from hubbub.commands.threads import EnsureThread
from hubbub.domain.events import thread_topic
from hubbub.domain.model import Site
from hubbub.storage.engine import Database
from hubbub.storage.migrate import upgrade
from hubbub.storage.schema import thread
from hubbub.storage.threads import thread_heads
from hubbub.transport.redis.bus import RedisBus
from hubbub.transport.redis.connect import connect
from hubbub.worker.committer import commit
from tests.bench.figures import Row, spread
from tests.bench.machine import SERVER_CORE, cpu_ns, family_cpu_ns, on
from tests.bench.plan import Plan
from tests.support.postgresql_service import postgresql_server
from tests.support.redis_service import redis_server
from tests.support.services import Service

NODES = (2, 10, 50)  # subscribed to the same thread
LOOKED_AT = (10, 1000)  # heads in one query
THREADS = 20_000  # that there are
COUNTED, ROUNDS = 1000, 10  # threads whose readers are counted, and how often
PAYLOAD = b"x" * 700  # bytes: about a publication of one comment


async def services(plan: Plan) -> list[Row]:
    """CPU of Redis for a publication and for counting readers, and of PostgreSQL for a comparison of heads."""
    with ExitStack() as stack:
        with on(SERVER_CORE):
            redis, postgresql = stack.enter_context(redis_server()), stack.enter_context(postgresql_server())
        published = {nodes: [_published(redis, nodes, plan) for _ in range(plan.repeats)] for nodes in NODES}
        counted = [await _counted(redis) for _ in range(plan.repeats)]
        threads = await _threads(postgresql)
        compared = {n: [_compared(postgresql, threads[:n], plan) for _ in range(plan.repeats)] for n in LOOKED_AT}
    alone, each = _line({nodes: median(found) for nodes, found in published.items()})
    look, head = _line({count: median(found) for count, found in compared.items()})
    units = {
        "redis_us_per_publication": alone,
        "redis_us_per_node": each,
        "redis_us_per_count": median(counted),
        "postgresql_us_per_look": look,
        "postgresql_us_per_head": head,
    }
    return [
        *(Row(f"Redis: CPU a publication to {n} nodes", spread(found, "µs")) for n, found in published.items()),
        Row("Redis: CPU a thread counted", spread(counted, "µs"), costs=units),
        *(Row(f"PostgreSQL: CPU a look at {n:,} heads", spread(found, "µs")) for n, found in compared.items()),
    ]


def _line(found: dict[int, float]) -> tuple[float, float]:
    """What is fixed and what each adds, from the least and the greatest number."""
    least, most = min(found), max(found)
    each = (found[most] - found[least]) / (most - least)
    return max(0.0, found[least] - each * least), each


def _published(service: Service, nodes: int, plan: Plan) -> float:
    """CPU us of Redis for one PUBLISH that reaches so many subscribers, who read it before the next: under load several
    travel in one write, and each costs less."""
    publisher = Redis.from_url(service.url)
    subscribers = [publisher.pubsub() for _ in range(nodes)]  # type: ignore[no-untyped-call]  # its stubs lack it
    for subscriber in subscribers:
        subscriber.subscribe("thread")
        subscriber.get_message(timeout=5)
    assert service.process is not None
    count = plan.publications // nodes
    begun = cpu_ns(service.process.pid)
    for _ in range(count):
        publisher.publish("thread", PAYLOAD)
        for subscriber in subscribers:
            subscriber.get_message(timeout=5)
    spent = cpu_ns(service.process.pid) - begun
    for subscriber in subscribers:
        subscriber.close()
    publisher.close()
    return spent / count / 1000


async def _counted(service: Service) -> float:
    """CPU us of Redis for one thread of which a node tells how many readers it has."""
    server = connect(service.url)
    bus = RedisBus(server)
    threads = {thread_topic(f"thread{place}"): 1 for place in range(COUNTED)}
    await bus.count(threads)
    assert service.process is not None
    begun = cpu_ns(service.process.pid)
    for _ in range(ROUNDS):
        await bus.count(threads)
    spent = cpu_ns(service.process.pid) - begun
    await server.aclose()
    return spent / ROUNDS / COUNTED / 1000


async def _threads(service: Service) -> list[str]:
    """The ids of some new threads among many."""
    database = Database(service.url)
    await database.write(upgrade)
    await database.write(commit, [PutSite.of(Site("demo", ())), EnsureThread(site="demo", key="/first")])
    await database.write(_copy_thread)
    database.close()
    with psycopg.connect(service.url, autocommit=True) as db:
        db.execute("ANALYZE")
    return [f"thread{place}" for place in range(max(LOOKED_AT))]


def _copy_thread(db: Connection) -> None:
    first = db.execute(select(thread)).mappings().one()
    db.execute(insert(thread), [{**first, "id": f"thread{place}", "key": f"/{place}"} for place in range(THREADS)])


def _compared(service: Service, ids: list[str], plan: Plan) -> float:
    """CPU us of PostgreSQL for one query of these heads, as the hub asks it each second."""
    assert service.process is not None
    database = Database(service.url)
    with database.reader.begin() as db:
        thread_heads(db, ids)
    before = family_cpu_ns(service.process.pid)
    until, done = time.monotonic() + plan.seconds, 0
    while time.monotonic() < until:
        with database.reader.begin() as db:
            thread_heads(db, ids)
        done += 1
    spent = family_cpu_ns(service.process.pid) - before
    database.close()
    return spent / done / 1000
