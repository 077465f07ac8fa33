"""`hubbub serve --uds`: the same server without a port, for a proxy on the same machine."""

import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import unix_connect
from websockets.typing import Origin, Subprotocol

from tests.support.contract import PAGE, PATIENCE, eventually
from tests.support.server import Server
from tests.support.unix import UnixServer


@pytest.fixture(scope="module")
def unix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnixServer]:
    """One that believes what its proxy says."""
    env = {"HUBBUB_TRUSTED_PROXIES": "unix", "HUBBUB_LOG_LEVEL": "debug"}
    directory = tmp_path_factory.mktemp("unix")
    left_over = socket.socket(socket.AF_UNIX)
    left_over.bind(str(directory / "hubbub.sock"))
    left_over.close()  # as of a server that was killed
    with UnixServer(directory / "data", env=env) as server:
        yield server
    assert not server.socket.exists()


def test_pages_comments_and_live_readers_are_served(unix: UnixServer) -> None:
    assert stat.S_IMODE(unix.socket.stat().st_mode) == 0o666, "the proxy is another user"
    assert unix.ask("GET", "/").status_code == 200
    assert unix.ask("GET", "/api/v1/threads?site=demo&key=/x", Origin=PAGE).status_code == 200
    protocol = Subprotocol("hubbub.v1.json")
    with unix_connect(
        str(unix.socket), "ws://localhost/api/v1/live", origin=Origin(PAGE), subprotocols=[protocol]
    ) as live:
        live.send(json.dumps({"cmd": "join", "ref": 1, "site": "demo", "key": "/x"}))
        assert json.loads(live.recv(timeout=PATIENCE))["ok"] is True


def test_the_proxy_says_origin_checks(unix: UnixServer) -> None:
    unix.ask("GET", "/healthz?", **{"X-Forwarded-For": "203.0.113.7:4711"})
    eventually(lambda: '"address": "203.0.113.7"' in unix.log(), "the client's address is in the log")


def test_the_command_line_reaches_the_server(unix: UnixServer) -> None:
    unix.cli("site", "add", "news", "--origin", "https://news.example")
    assert unix.ask("GET", "/api/v1/counts?site=news&key=/x", Origin="https://news.example").status_code == 200
    assert f"A server runs at unix:{unix.socket}" in unix.run("doctor").stdout


def test_a_socket_that_somebody_listens_on_is_left_alone(unix: UnixServer, tmp_path: Path) -> None:
    words = ["serve", "--uds", str(unix.socket)]
    second = Server(tmp_path / "data").run(*words)
    assert (second.returncode, str(unix.socket) in second.stderr) == (1, True)
    assert len(second.stderr.splitlines()) == 1
    assert unix.ask("GET", "/healthz").status_code == 200
