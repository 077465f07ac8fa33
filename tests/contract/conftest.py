"""One server for all contract tests, without rate limits; every test has a thread of its own."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.support.contract import PAGE, WIRES, Api, Guest, Json, Live, Wire
from tests.support.server import Server
from tests.support.speaker import Speaker
from tests.support.tokens import mint

OTHER_PAGE = "https://other.example"  # allowed for the site `other` alone


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real `hubbub serve --demo`, with a second site, `other`."""
    with Server(tmp_path_factory.mktemp("contract") / "data") as started:
        with Api(started.url, token=mint(started.data_dir, "operator", site="*")) as api:
            api.call("PUT", "/api/v1/sites/other", {"origins": [OTHER_PAGE]}).ok()
        yield started


@pytest.fixture(scope="session")
def url(server: Server) -> str:
    """Where the server listens."""
    return server.url


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
    """Opens live connections in each encoding; `token` says hello at once."""
    opened: list[Live] = []

    def open_one(token: str | None = None, *, origin: str | None = PAGE, deflate: bool = True) -> Live:
        live = Live(url, wire, origin=origin, deflate=deflate)
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
def moderator(server: Server) -> str:
    """A moderator's token."""
    return mint(server.data_dir, "moderator", name="Mo")


@pytest.fixture(scope="session")
def owner(server: Server) -> str:
    """An owner's token."""
    return mint(server.data_dir, "owner", name="Olga")


@pytest.fixture(scope="session")
def stranger(server: Server) -> str:
    """The token of a moderator of the site `other`."""
    return mint(server.data_dir, "moderator", site="other")
