"""`hubbub serve --workers 2`: several processes on one port, kept alive and ended together."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
import urllib3

from tests.support import plain_http
from tests.support.contract import Api, Live, eventually
from tests.support.many import PAGE, Many, Web, many
from tests.support.processes import PATIENCE, children, state_of, words_of
from tests.support.tokens import mint

READERS = 64
FEWEST = 12  # of them on one of two processes: five standard deviations from half


class Supervisor(Web):
    """`hubbub serve --workers 2` on a port that it keeps."""

    def words(self) -> list[str]:
        """See Process."""
        return ["serve", "--workers", "2", "--host", "127.0.0.1", "--port", str(self.port)]

    def children(self, command: str) -> list[int]:
        """Its `hubbub COMMAND` processes."""
        return [pid for pid in children(self.pid) if command in words_of(pid)]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """Redis and PostgreSQL with the site `demo`."""
    with many(tmp_path_factory.mktemp("serve"), webs=0, workers=0) as found:
        yield found


@pytest.fixture(scope="module")
def supervisor(deployment: Many) -> Iterator[Supervisor]:
    """One for all tests that leave it running."""
    with Supervisor(deployment.directory / "supervisor.log", deployment.env) as started:
        yield started


def post(supervisor: Supervisor, deployment: Many, key: str) -> int:
    """The status of a post of this page's own, or of the refusal to show the page; 0 if a busy machine takes longer to
    start a process than we wait for it."""
    with (
        suppress(urllib3.exceptions.TimeoutError),
        Api(supervisor.url, token=mint(deployment.secret, "moderator")) as api,
    ):
        page = api.get("/api/v1/threads", site="demo", key=key)
        return api.post(page.body["thread"]["id"], token=api.token or "").status if page.status == 200 else page.status
    return 0


def connections(supervisor: Supervisor) -> float:
    """How many live connections one of the processes has, whichever answers."""
    text = plain_http.get(f"{supervisor.url}/metrics").text
    found = re.search(r"^hubbub_connections (\S+)$", text, re.MULTILINE)
    assert found is not None
    return float(found[1])


def test_readers_are_dealt_out_to_all_processes(supervisor: Supervisor) -> None:
    with ExitStack() as stack:
        for _ in range(READERS):
            stack.enter_context(Live(supervisor.url))
        shares: set[float] = set()  # nothing else tells the two apart, and half and half looks like one

        def both_told() -> bool:
            shares.add(connections(supervisor))
            return any(READERS - share in shares for share in shares)

        eventually(both_told, "both processes have answered, and have all readers between them")
    assert min(shares) >= FEWEST, shares


def test_what_dies_is_started_again(supervisor: Supervisor, deployment: Many) -> None:
    assert post(supervisor, deployment, "/before") == 201
    for command in ("web", "worker"):
        before = supervisor.children(command)
        assert len(before) == 2
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        eventually(
            lambda command=command, before=before: len(set(supervisor.children(command)) - set(before)) == 2,  # type: ignore[misc]  # mypy can't infer lambdas with defaults
            f"both `hubbub {command}` run again",
        )
        # Who comes meanwhile waits at the open socket, and is served.
        eventually(lambda command=command: post(supervisor, deployment, f"/{command}") == 201, "posting again")  # type: ignore[misc]  # mypy can't infer lambdas with defaults


def test_it_ends_with_goodbyes_and_leaves_nobody(supervisor: Supervisor) -> None:
    eventually(lambda: len(children(supervisor.pid)) == 4, "all run")
    started = children(supervisor.pid)
    page = plain_http.get(f"{supervisor.url}/api/v1/threads?site=demo&key=/bye", headers=PAGE)
    with ExitStack() as stack:
        readers = [stack.enter_context(Live(supervisor.url)) for _ in range(8)]
        for reader in readers:
            reader.do("join", thread=page.json()["thread"]["id"])
        supervisor.terminate()
        for reader in readers:
            assert reader.push("goodbye")["reconnect_in"] > 0
            assert reader.close_code() == 1012
    assert supervisor.wait() == 0, supervisor.log()
    assert not any(Path(f"/proc/{pid}").exists() for pid in started)
    supervisor.start()


def test_nobody_is_left_when_it_is_killed(supervisor: Supervisor) -> None:
    started = children(supervisor.pid)
    assert len(started) == 4
    supervisor.kill()
    eventually(lambda: all(state_of(pid) in ("Z", "X", "") for pid in started), "all have ended")


class OnSocket(Supervisor):
    """The same on a Unix socket."""

    @property
    def socket(self) -> Path:
        """Where all its web processes listen."""
        return self._log.with_suffix(".sock")

    def words(self) -> list[str]:
        """See Process."""
        return ["serve", "--workers", "2", "--uds", str(self.socket)]

    def ready(self) -> bool:
        """See Process."""
        if "Hubbub serves" not in self.said():
            return False
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(self.socket)), timeout=PATIENCE) as http:
            return http.get("http://localhost/readyz").status_code == 200


def test_web_processes_share_a_unix_socket(deployment: Many) -> None:
    with OnSocket(deployment.directory / "socket.log", deployment.env) as started:
        assert len(started.children("web")) == 2
        assert f"Hubbub serves unix:{started.socket}" in started.said()
    assert not started.socket.exists()
