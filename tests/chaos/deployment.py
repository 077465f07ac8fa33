"""What is tortured: two web nodes and two workers over a real Redis and PostgreSQL, each way between them a relay."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path

import psycopg
from redis import Redis

from tests.chaos.plan import WEBS, WORKERS
from tests.support.many import SECRET, Many, Web
from tests.support.postgresql_service import postgresql_server
from tests.support.processes import Process
from tests.support.redis_service import redis_server
from tests.support.relay import Relay

CLOCKS = ("web 1", "worker 1")  # they run under faketime, and have the time that is in a file


class Deployment:
    """The parts by name. `locks` keep faults of one target apart."""

    def __init__(self, many: Many, relays: Mapping[str, Relay]) -> None:
        self.many = many
        self.relays = relays
        self.nodes: dict[str, Process] = {}
        self.token = ""  # a moderator's
        self.locks = {name: asyncio.Lock() for name in (*WEBS, *WORKERS, "redis", "database")}

    @property
    def webs(self) -> list[Web]:
        """The web nodes themselves."""
        return self.many.webs

    @property
    def url(self) -> str:
        """Where everybody finds the web nodes: each connection gets the next."""
        return self.relays["readers → webs"].url

    def clock(self, name: str) -> Path:
        """The file with a node's offset from the true time."""
        return self.many.directory / f"{name}.clock"

    def redis(self) -> Redis:
        """A client of Redis itself."""
        return Redis.from_url(self.many.redis.url)

    def database(self) -> psycopg.Connection:
        """A connection to PostgreSQL itself."""
        return psycopg.connect(self.many.postgresql.url, autocommit=True, connect_timeout=20)

    def heads(self) -> dict[str, int]:
        """Each thread's head, from the table."""
        with self.database() as database:
            return dict(database.execute("SELECT id, head FROM thread").fetchall())

    def open(self, threads: Sequence[str]) -> int:
        """How many of the threads are open."""
        with self.database() as database:
            found = database.execute("SELECT 1 FROM thread WHERE id = ANY(%s) AND NOT closed", [list(threads)])
            return len(found.fetchall())

    def held(self, threads: Sequence[str]) -> dict[str, list[str]]:
        """The ids of the comments that each of the threads holds back, from the table."""
        query = "SELECT id FROM held WHERE thread = %s AND state = 'held'"
        with self.database() as database:
            return {one: [row[0] for row in database.execute(query, [one]).fetchall()] for one in threads}


@asynccontextmanager
async def deployment(directory: Path, server: Path | None = None) -> AsyncIterator[Deployment]:
    """All of it, running; `server` is where to import hubbub from, for a copy with a planted fault."""
    env = {"HUBBUB_SECRET_KEY": SECRET, "HUBBUB_DATA_DIR": str(directory / "data")}
    if server is not None:
        env["PYTHONPATH"] = str(server)
    async with AsyncExitStack() as relays:
        with ExitStack() as services:
            redis = await asyncio.to_thread(services.enter_context, redis_server())
            postgresql = await asyncio.to_thread(services.enter_context, postgresql_server())
            straight = {"HUBBUB_REDIS_URL": redis.url, "HUBBUB_DATABASE_URL": postgresql.url}
            found = Deployment(Many(directory, redis, postgresql, {**env, **straight}), {})
            await asyncio.to_thread(found.many.run, "migrate")
            await asyncio.to_thread(found.many.run, "site", "add", "demo", "--origin", "loopback")
            links = {
                f"{node} → {service}": await relays.enter_async_context(Relay(url))
                for node in (*WEBS, *WORKERS)
                for service, url in (("redis", redis.url), ("database", postgresql.url))
            }
            for name in (*WORKERS, *WEBS):
                urls = {
                    "HUBBUB_REDIS_URL": links[f"{name} → redis"].url,
                    "HUBBUB_DATABASE_URL": links[f"{name} → database"].url,
                }
                make = found.many.web if name in WEBS else found.many.worker
                found.nodes[name] = make(**urls, **(_faketime(found.clock(name)) if name in CLOCKS else {}))
            try:
                for node in found.nodes.values():
                    node.launch()
                for node in found.nodes.values():
                    await asyncio.to_thread(node.wait_until_ready)
                links["readers → webs"] = await relays.enter_async_context(Relay(*(web.url for web in found.webs)))
                found.relays = links
                found.token = await asyncio.to_thread(found.many.token)
                yield found
            finally:
                for node in found.nodes.values():
                    if node.running:
                        node.kill()


def _faketime(clock: Path) -> dict[str, str]:
    """A process's environment in which the wall clock, and nothing else, is off by what the file `clock` says."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    assert library is not None, "expected the Debian package faketime"
    clock.write_text("+0")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DISABLE_SHM": "1",
    }


def keep_logs(deployed: Deployment, directory: Path) -> None:
    """Copies what all processes printed."""
    directory.mkdir(parents=True, exist_ok=True)
    for log in deployed.many.directory.glob("*.log"):
        shutil.copy(log, directory / log.name)
    for service in (deployed.many.redis, deployed.many.postgresql):
        shutil.copy(service.directory / "log", directory / f"{Path(service.command[0]).name}.log")
