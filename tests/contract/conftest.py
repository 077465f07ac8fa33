"""The contract's matrix: how many processes, which encoding, which door. A test runs in one cell, `one`-`json`-`live`,
unless it says `@pytest.mark.every("mode", "encoding", "door")` (any of them): then in all cells of those axes.

One deployment of each mode serves all tests, without rate limits; every test has a thread of its own.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.contract import JSON, MSGPACK, PAGE, Api, Guest, Json, Live, Wire, eventually
from tests.support.many import SECRET, many
from tests.support.server import Server
from tests.support.speaker import Speaker
from tests.support.tokens import mint, secret_of

OTHER_PAGE = "https://other.example"  # allowed for the site `other` alone


class Deployment(NamedTuple):
    """What runs: its nodes (see contract.node_of) and its secret."""

    url: str
    secret: str


Mode = Callable[[Path], AbstractContextManager[Deployment]]


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


MODES: Mapping[str, Mode] = {"one": one_process, "many": many_processes}
ENCODINGS = {"json": JSON, "msgpack": MSGPACK}
DOORS = {"live": True, "http": False}
# Each axis of the matrix: the fixture that has its value, and the values, the one for all tests first.
AXES: dict[str, tuple[str, Mapping[str, object]]] = {
    "mode": ("deployment", MODES),
    "encoding": ("wire", ENCODINGS),
    "door": ("live_door", DOORS),
}


# Encoding and door together: HTTP speaks JSON alone.
WAYS = {"json-live": (JSON, True), "msgpack-live": (MSGPACK, True), "json-http": (JSON, False)}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One cell for each test, or all along the axes that its mark names."""
    every = {axis for mark in metafunc.definition.iter_markers("every") for axis in mark.args}
    assert every <= set(AXES), f"expected some of {list(AXES)}, got {every}"
    fixtures = set(metafunc.fixturenames)
    if {"encoding", "door"} <= every and {"wire", "live_door"} <= fixtures:
        metafunc.parametrize(("wire", "live_door"), list(WAYS.values()), ids=list(WAYS), indirect=True)
        fixtures -= {"wire", "live_door"}
    for axis, (fixture, values) in AXES.items():
        if fixture in fixtures:
            cells = list(values) if axis in every else list(values)[:1]
            metafunc.parametrize(fixture, [values[cell] for cell in cells], ids=cells, indirect=True)


@pytest.fixture(scope="session")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Mode], Deployment]]:
    """Starts each mode once, with a second site, `other`, and keeps it to the end. A fixture with parameters keeps the
    last one alone: files that go through all cells would start both modes anew."""
    with ExitStack() as stack:
        yield cache(lambda mode: stack.enter_context(_with_other_site(mode, tmp_path_factory.mktemp("contract"))))


@contextmanager
def _with_other_site(mode: Mode, directory: Path) -> Iterator[Deployment]:
    with mode(directory) as started:
        with Api(started.url, token=mint(started.secret, "operator", site="*")) as api:
            api.call("PUT", "/api/v1/sites/other", {"origins": [OTHER_PAGE]}).ok()
        for node in started.url.split():
            eventually(partial(knows_other, node), "every node knows the site")
        yield started


@pytest.fixture(scope="session")
def deployment(request: pytest.FixtureRequest, deployments: Callable[[Mode], Deployment]) -> Deployment:
    """The mode: one process or many."""
    return deployments(request.param)


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


@pytest.fixture
def wire(request: pytest.FixtureRequest) -> Wire:
    """The encoding."""
    found: Wire = request.param
    return found


@pytest.fixture
def live_door(request: pytest.FixtureRequest) -> bool:
    """Whether `say` speaks over the live socket, or over HTTP."""
    found: bool = request.param
    return found


@pytest.fixture
def say(url: str, wire: Wire, live_door: bool) -> Iterator[Speaker]:
    """Commands through one of the two doors."""
    with Speaker(url, wire, live=live_door) as speaker:
        yield speaker


@pytest.fixture
def api(url: str) -> Iterator[Api]:
    """HTTP from a page of the demo site."""
    with Api(url) as found:
        yield found


@pytest.fixture
def connect(url: str, wire: Wire) -> Iterator[Callable[..., Live]]:
    """Opens live connections, each to the next node but with `node`; `token` says hello at once."""
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
