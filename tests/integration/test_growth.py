"""How full storage is: told by /metrics and /readyz, and survived."""

import re
import resource

import httpx

from tests.support import plain_http
from tests.support.contract import Api, Json, eventually
from tests.support.server import Server


def asked(server: Server, path: str) -> httpx.Response:
    """The answer to a GET."""
    return plain_http.get(f"{server.url}{path}")


def gauge(server: Server, name: str) -> float:
    """A number of /metrics."""
    found = re.search(rf"^hubbub_{name} (.+)$", asked(server, "/metrics").text, re.MULTILINE)
    assert found is not None, f"no {name}"
    return float(found[1])


def test_growth_is_measured(shared_server: Server) -> None:
    assert gauge(shared_server, "threads") >= 5, "the demo's"
    assert gauge(shared_server, "comments") > 50
    assert gauge(shared_server, "database_bytes") > 100_000
    assert gauge(shared_server, "disk_free_bytes") > 0


def test_a_full_disk_is_told_and_recovered_from(shared_server: Server) -> None:
    server = shared_server
    with Api(server.url) as api:
        thread: Json = api.snapshot("demo", "/full")["thread"]
        token = api.session().token
        assert asked(server, "/readyz").status_code == 200
        soft, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1000, hard))  # bytes of a file: as good as a full disk
        try:
            api.post(thread["id"], token=token).refused(503, "unavailable")
            for _ in range(2):
                answer = asked(server, "/readyz")
                assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "storage": "DiskFull"})
            assert api.snapshot("demo", "/full")["thread"]["id"] == thread["id"], "reading goes on"
        finally:
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (soft, hard))
        eventually(lambda: asked(server, "/readyz").status_code == 200, "it recovers by itself")
        api.post(thread["id"], token=token).ok(201)
