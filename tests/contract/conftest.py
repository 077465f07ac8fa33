"""The contract holds for one process and for many: one deployment of each for all tests, without rate limits; every
test has a thread of its own."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.contract import PAGE, WIRES, Api, Guest, Json, Live, Wire, eventually
from tests.support.many import SECRET, many
from tests.support.server import Server
from tests.support.speaker import Speaker
from tests.support.tokens import mint, secret_of

OTHER_PAGE = "https://other.example"  # allowed for the site `other` alone


class Deployment(NamedTuple):
    """What runs: its nodes (see contract.node_of) and its secret."""

    url: str
    secret: str


@contextmanager
def one_process(directory: Path) -> Iterator[Deployment]:
    """`hubbub serve --demo`."""
    with Server(directory / "data") as server:
        yield Deployment(server.url, secret_of(server.data_dir))


@contextmanager
def many_processes(directory: Path) -> Iterator[Deployment]:
    """Two `hubbub web` and two `hubbub worker` over Redis and PostgreSQL."""
    with many(directory) as found:
        yield Deployment(" ".join(web.url for web in found.webs), SECRET)


@pytest.fixture(scope="session", params=[one_process, many_processes], ids=["one", "many"])
def deployment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Each way to run, with a second site, `other`."""
    with request.param(tmp_path_factory.mktemp("contract")) as started:
        with Api(started.url, token=mint(started.secret, "operator", site="*")) as api:
            api.call("PUT", "/api/v1/sites/other", {"origins": [OTHER_PAGE]}).ok()
        for node in started.url.split():
            eventually(partial(knows_other, node), "every node knows the site")
        yield started


def knows_other(node: str) -> bool:
    """Whether a node has taken in the site `other`."""
    with Api(node, origin=OTHER_PAGE) as api:
        return api.call("GET", "/api/v1/counts", site="other", key="/x").status == 200


@pytest.fixture(scope="session")
def url(deployment: Deployment) -> str:
    """Where the nodes listen (see contract.node_of)."""
    return deployment.url


@pytest.fixture(scope="session")
def secret(deployment: Deployment) -> str:
    """The secret that signs tokens."""
    return deployment.secret


@pytest.fixture(params=WIRES, ids=lambda wire: str(wire.name))
def wire(request: pytest.FixtureRequest) -> Wire:
    """Each encoding."""
    found: Wire = request.param
    return found


WAYS = {f"{way}-{wire.name}": (wire, way == "live") for way in ("http", "live") for wire in WIRES}


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def say(request: pytest.FixtureRequest, url: str) -> Iterator[Speaker]:
    """Commands over HTTP and over the live socket, in each encoding."""
    wire, live = request.param
    with Speaker(url, wire, live=live) as speaker:
        yield speaker


@pytest.fixture
def api(url: str, wire: Wire) -> Iterator[Api]:
    """HTTP in each encoding, from a page of the demo site."""
    with Api(url, wire) as found:
        yield found


@pytest.fixture
def connect(url: str, wire: Wire) -> Iterator[Callable[..., Live]]:
    """Opens live connections in each encoding, each to the next node but with `node`; `token` says hello at once."""
    opened: list[Live] = []

    def open_one(token: str | None = None, *, origin: str | None = PAGE, deflate: bool = True, node: str = url) -> Live:
        live = Live(node, wire, origin=origin, deflate=deflate)
        opened.append(live)
        if token is not None:
            live.do("hello", token=token)
        return live

    yield open_one
    for live in opened:
        live.close()


@pytest.fixture
def key() -> str:
    """A page nobody has opened yet."""
    return f"/2026/11/22/{uuid.uuid4()}"


@pytest.fixture
def thread(url: str, key: str) -> Json:
    """A new thread."""
    with Api(url) as api:
        found: Json = api.snapshot("demo", key)["thread"]
        return found


@pytest.fixture(scope="session")
def ann(url: str) -> Guest:
    """A guest."""
    with Api(url) as api:
        return api.session(name="Ann", website="https://ann.example", email="ann@ann.example")


@pytest.fixture(scope="session")
def bob(url: str) -> Guest:
    """Another guest."""
    with Api(url) as api:
        return api.session(name="Bob")


@pytest.fixture(scope="session")
def moderator(secret: str) -> str:
    """A moderator's token."""
    return mint(secret, "moderator", name="Mo")


@pytest.fixture(scope="session")
def owner(secret: str) -> str:
    """An owner's token."""
    return mint(secret, "owner", name="Olga")


@pytest.fixture(scope="session")
def stranger(secret: str) -> str:
    """The token of a moderator of the site `other`."""
    return mint(secret, "moderator", site="other")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bad input is judged by one process, whatever else runs: with many processes one encoding of it is enough."""
    twice = [item for item in items if "/test_bad_" in item.nodeid and "[many-" in item.nodeid and "json" in item.name]
    config.hook.pytest_deselected(items=twice)
    items[:] = [item for item in items if item not in set(twice)]
