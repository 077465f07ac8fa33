"""Hubbub as many processes on this machine: `hubbub web` and `hubbub worker` over a real Redis and PostgreSQL."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support import plain_http
from tests.support.ports import free_port
from tests.support.postgresql_service import postgresql_server
from tests.support.processes import Process, answers, environment, run
from tests.support.redis_service import redis_server
from tests.support.services import Service

SECRET = "only-for-tests-0123456789"
PAGE = {"Origin": "http://localhost:9999"}  # a page of a site that allows loopback


class Web(Process):
    """`hubbub web` on a port that it keeps over restarts."""

    def __init__(self, log_file: Path, env: Mapping[str, str]) -> None:
        super().__init__(log_file, env)
        self.port = free_port()
        self.url = ""

    def words(self) -> list[str]:
        """See Process."""
        return ["web", "--host", "127.0.0.1", "--port", str(self.port)]

    def ready(self) -> bool:
        """See Process."""
        told = re.search(r"Hubbub serves (http://\S+)", self.said())
        if told is None:
            return False
        self.url = told[1]
        self.port = httpx.URL(self.url).port or 0
        return answers(self.url)

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> Any:
        """The JSON of a GET that succeeds."""
        answer = plain_http.get(f"{self.url}{path}", params=query, headers=headers)
        assert answer.is_success, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def open_thread(self, key: str, site: str = "demo") -> str:
        """The id of a page's thread, made now if need be."""
        return str(self.get("/api/v1/threads", headers=PAGE, site=site, key=key)["thread"]["id"])


class Worker(Process):
    """`hubbub worker`, which says how it is on a port that it keeps over restarts."""

    def __init__(self, log_file: Path, env: Mapping[str, str]) -> None:
        super().__init__(log_file, env)
        self.port = free_port()
        self.url = ""

    def words(self) -> list[str]:
        """See Process."""
        return ["worker", "--health-port", str(self.port)]

    def ready(self) -> bool:
        """See Process."""
        told = re.search(r"Hubbub writes, and says how it is at (http://\S+)", self.said())
        if told is None:
            return False
        self.url = told[1]
        self.port = httpx.URL(self.url).port or 0
        return True


class Many:
    """What runs. `env` is what each process and each command of the command line needs."""

    def __init__(self, directory: Path, redis: Service, postgresql: Service, env: Mapping[str, str]) -> None:
        self.directory = directory
        self.redis = redis
        self.postgresql = postgresql
        self.env = environment(env)
        self.secret = SECRET
        self.webs: list[Web] = []
        self.workers: list[Worker] = []

    def web(self, **env: str) -> Web:
        """Another web node, not started yet; `env` goes on top."""
        node = Web(self.directory / f"web{len(self.webs)}.log", {**self.env, **env})
        self.webs.append(node)
        return node

    def worker(self, **env: str) -> Worker:
        """Another worker, not started yet; `env` goes on top."""
        node = Worker(self.directory / f"worker{len(self.workers)}.log", {**self.env, **env})
        self.workers.append(node)
        return node

    def run(self, *words: str) -> str:
        """`hubbub WORDS` to its end; what it prints. AssertionError if it fails."""
        done = run(words, self.env)
        assert done.returncode == 0, f"hubbub {' '.join(words)} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def token(self, role: str = "moderator", site: str = "demo", name: str | None = None) -> str:
        """A bearer token of a `moderator` or `owner`."""
        return self.run("token", "--site", site, "--role", role, *(["--name", name] if name else [])).strip()

    def logs(self) -> str:
        """The last lines of every process."""
        return "\n".join(f"--- {node.words()[0]} {node.pid}\n{node.log()}" for node in [*self.webs, *self.workers])


@contextmanager
def many(
    directory: Path, *, webs: int = 2, workers: int = 2, postgresql_options: Sequence[str] = ("-F",), **env: str
) -> Iterator[Many]:
    """So many processes over a Redis without persistence and a PostgreSQL of their own, with the site `demo`, which any
    loopback page may embed. All are ended afterwards, however they are; `env` are settings for all of them. PostgreSQL
    does not wait for the disk (-F), for no test takes the machine's power away; what is measured has to wait for it."""
    with ExitStack() as stack:
        redis, postgresql = (
            stack.enter_context(redis_server()),
            stack.enter_context(postgresql_server(*postgresql_options)),
        )
        settings = {
            "HUBBUB_REDIS_URL": redis.url,
            "HUBBUB_DATABASE_URL": postgresql.url,
            "HUBBUB_SECRET_KEY": SECRET,
            "HUBBUB_DATA_DIR": str(directory / "data"),
        }
        found = Many(directory, redis, postgresql, {**settings, **env})
        found.run("migrate")
        found.run("site", "add", "demo", "--origin", "loopback")
        processes: list[Process] = [found.worker() for _ in range(workers)] + [found.web() for _ in range(webs)]
        try:
            for process in processes:
                process.launch()
            for process in processes:
                process.wait_until_ready()
            yield found
        except BaseException as error:
            error.add_note(found.logs())
            raise
        finally:
            for process in [*found.webs, *found.workers]:
                if process.running:
                    process.kill()
