"""What orchestrators are told while PostgreSQL or Redis is away, hangs or comes back, and starting without them."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic

import httpx
import pytest
from redis import Redis
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support import plain_http
from tests.support.contract import Api, eventually
from tests.support.many import Many, Web, Worker, many
from tests.support.processes import family, frozen
from tests.support.services import Service
from tests.support.tokens import mint

PROMPT = 3.0  # s; about one is promised, the rest is for a busy machine
TRIES = 3  # that an answer gets to be prompt: a machine may stop for longer, but hardly again and again


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """One web node and one worker."""
    with many(tmp_path_factory.mktemp("health"), webs=1, workers=1) as found:
        yield found


def ready(node: Web | Worker) -> tuple[int, dict[str, str]]:
    """Status and body of /readyz, which came at once."""
    for _ in range(TRIES):
        asked = monotonic()
        answer = plain_http.get(f"{node.url}/readyz")
        if monotonic() - asked < PROMPT:
            return answer.status_code, answer.json()
    raise AssertionError(f"expected an answer within {PROMPT:g} s")


def says(node: Web | Worker, words: str) -> bool:
    """Whether the process that was started last has printed this."""
    return words in node.said()


def waits(node: Web | Worker) -> bool:
    """Whether the process says that it lives and can do nothing yet, whatever it is asked."""
    try:
        answers = [plain_http.get(node.url + path) for path in ("/healthz", "/metrics")]
    except httpx.TransportError:
        return False  # it has not begun to
    assert [answer.status_code for answer in answers] == [200, 200]
    assert ready(node) == (503, {"status": "unavailable", "storage": "away"})
    with Api(node.url) as api:
        api.call("GET", "/api/v1/counts").refused(503, "unavailable")
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{node.url.replace('http', 'ws', 1)}/api/v1/live", proxy=None)
    assert refused.value.response.status_code == 503, "with 403 a client would never come back"
    return True


def eventually_says(node: Web | Worker, code: int, **said: str) -> None:
    """What /readyz says in the end: a machine that stops for a second looks to a node like storage that is away."""
    eventually(lambda: ready(node) == (code, said), f"{node.words()[0]} says {code} {said}")


def eventually_ready(node: Web | Worker) -> None:
    """All is well again."""
    eventually_says(node, 200, status="ok")


@contextmanager
def hanging(service: Service) -> Iterator[None]:
    """Around a time in which a server, with all its processes, takes what is sent and answers nothing."""
    assert service.process is not None
    with frozen(family(service.process.pid)):
        yield


def test_a_storage_that_hangs_makes_everybody_unready(deployment: Many) -> None:
    (web,), (worker,) = deployment.webs, deployment.workers
    eventually_ready(web)
    eventually_ready(worker)
    with hanging(deployment.postgresql):
        for node in (web, worker):
            for _ in range(6):  # more than there are threads that read
                status, said = ready(node)
                assert (status, said["status"]) == (503, "unavailable")
                assert said["storage"]
            assert plain_http.get(f"{node.url}/healthz").status_code == 200
    eventually_ready(web)
    eventually_ready(worker)


def test_without_redis_pages_are_served_and_the_node_says_so(deployment: Many) -> None:
    """Taking all nodes out of the balancer would make an outage of a delay."""
    (web,), (worker,) = deployment.webs, deployment.workers
    thread = web.open_thread("/delayed")
    with hanging(deployment.redis):
        eventually_says(web, 200, status="delayed", redis="away")
        eventually_says(worker, 503, status="unavailable", redis="TimeoutError")
        assert web.get("/api/v1/threads", thread=thread)["thread"]["id"] == thread
    eventually_ready(web)
    eventually_ready(worker)


def test_a_full_redis_is_told(deployment: Many) -> None:
    (web,) = deployment.webs
    thread, token = web.open_thread("/full"), mint(deployment.secret, "moderator")
    with Redis.from_url(deployment.redis.url) as redis, Api(web.url) as api:
        redis.config_set("maxmemory", 1)
        try:
            api.post(thread, token=token).refused(503, "unavailable")
            eventually_says(web, 200, status="delayed", redis="refuses")
        finally:
            redis.config_set("maxmemory", 0)
        api.post(thread, token=token).ok(201)
    eventually_ready(web)


def test_metrics_of_both(deployment: Many) -> None:
    token = mint(deployment.secret, "moderator")
    with Api(deployment.webs[0].url) as api:
        api.post(deployment.webs[0].open_thread("/metrics"), token=token).ok(201)
    web, worker = (plain_http.get(f"{url}/metrics").text for url in (deployment.webs[0].url, deployment.workers[0].url))
    assert "hubbub_connections" in web
    commits = [line for line in worker.splitlines() if line.startswith("hubbub_commit_seconds_count")]
    assert float(commits[0].split()[1]) > 0


def test_all_may_be_started_before_what_they_need(tmp_path: Path) -> None:
    with many(tmp_path, webs=1, workers=1) as found:
        (web,), (worker,) = found.webs, found.workers
        assert [node.stop() for node in (web, worker)] == [0, 0]
        found.redis.end()
        found.postgresql.end(signal.SIGINT)
        nodes: list[Web | Worker] = [web, worker]
        for node in nodes:
            for again in (False, True):
                node.launch()
                eventually(partial(says, node, "waiting_for_storage"), "it waits")
                eventually(partial(waits, node), "it says so")
                if not again:
                    node.terminate()
                    assert node.wait() == -signal.SIGTERM, "who waits has nothing to finish"
        found.postgresql.start()
        web.wait_until_ready()
        eventually_says(web, 200, status="delayed", redis="away")
        with Api(web.url, token=mint(found.secret, "owner")) as api:
            api.call("PUT", "/api/v1/threads", {"title": "x"}, site="demo", key="/x").refused(503, "unavailable")
        found.redis.start()
        eventually_ready(web)
        worker.wait_until_ready()
        eventually_ready(worker)
        with Api(web.url, token=mint(found.secret, "owner")) as api:
            api.call("PUT", "/api/v1/threads", {"title": "x"}, site="demo", key="/x").ok()
