"""Many processes as the subject: web nodes and workers over a Redis and a PostgreSQL of their own."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

import psycopg

from tests.bench.machine import SERVER_CORE, cpu_ns, family_cpu_ns, on
from tests.bench.subject import KEY, Subject
from tests.support.many import Many, Web, many
from tests.support.processes import Process
from tests.support.services import Service

LOGGED = re.compile(r"^(?P<who>\S*) LOG:  (?:statement|execute [^:]*): (?P<first>\w+)", re.MULTILINE)
CONTROL = {"BEGIN", "COMMIT", "ROLLBACK", "SET", "SHOW"}  # what opens and ends transactions, and prepares a connection


class Fleet(Subject):
    """`webs` nodes and `workers` on the server's core, Redis and PostgreSQL on the cores `services`."""

    many: Many

    def __init__(self, webs: int = 1, workers: int = 1, services: set[int] = SERVER_CORE) -> None:
        super().__init__()
        self._wanted = (webs, workers)
        self._services = services
        self._stack = ExitStack()

    def start(self) -> None:
        """See Subject; each process tells PostgreSQL its name (web0, web1 …, worker0 …)."""
        webs, workers = self._wanted
        with on(self._services):
            self.many = self._stack.enter_context(many(self.directory, webs=0, workers=0, postgresql_options=()))
        with on(SERVER_CORE):
            nodes: list[Process] = [self.many.worker(**self._named(f"worker{place}")) for place in range(workers)]
            nodes += [self.many.web(**self._named(f"web{place}")) for place in range(webs)]
            for node in nodes:
                node.launch()
            for node in nodes:
                node.wait_until_ready()
        self.ports = [web.port for web in self.webs]
        if self.webs:
            self.thread = self.webs[0].open_thread(KEY)
            self.unread_thread = self.webs[0].open_thread(f"{KEY}/unread")

    def _named(self, name: str) -> dict[str, str]:
        return {"HUBBUB_DATABASE_URL": f"{self.many.postgresql.url}?application_name={name}"}

    def stop(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """See Subject."""
        self._stack.__exit__(kind, error, at)

    @property
    def webs(self) -> Sequence[Web]:
        """The web nodes."""
        return self.many.webs

    def cpu_ns(self) -> int:
        """Of the web nodes."""
        return sum(cpu_ns(web.pid) for web in self.webs)

    def spent_ns(self) -> dict[str, int]:
        """The CPU time that each part has had."""
        return {
            "web": self.cpu_ns(),
            "worker": sum(cpu_ns(worker.pid) for worker in self.many.workers),
            "Redis": cpu_ns(_pid(self.many.redis)),
            "PostgreSQL": family_cpu_ns(_pid(self.many.postgresql)),
        }

    def moderator_token(self) -> str:
        """See Subject."""
        return self.many.token()

    @contextmanager
    def counted_queries(self) -> Iterator[list[str]]:
        """PostgreSQL logs every statement meanwhile; afterwards the list holds who asked each one that is a query."""
        self._set_logging("log_line_prefix = '%a '", "log_statement = 'all'")
        log = Path(self.many.postgresql.directory) / "log"
        begun = log.stat().st_size
        found: list[str] = []
        try:
            yield found
        finally:
            self._set_logging("log_statement = 'none'")
            told = log.read_bytes()[begun:].decode(errors="replace")
            found += [hit["who"] for hit in LOGGED.finditer(told) if hit["first"].upper() not in CONTROL]
            if not found:
                raise RuntimeError("expected queries in PostgreSQL's log, got none")

    def _set_logging(self, *settings: str) -> None:
        with psycopg.connect(self.many.postgresql.url, autocommit=True, application_name="bench") as db:
            for setting in settings:
                db.execute(f"ALTER SYSTEM SET {setting}".encode())
            db.execute("SELECT pg_reload_conf()")


def _pid(service: Service) -> int:
    assert service.process is not None, "expected a service that runs"
    return service.process.pid
