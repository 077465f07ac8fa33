"""Floods over HTTP, a second of each kind that is of its own; `make floods` has all of them."""

from collections.abc import Iterator

import pytest

from tests.floods.arena import TRIES, Arena, arena

SECONDS = 1.0


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """A server as everybody has it."""
    with arena(tmp_path_factory.mktemp("flooded")) as running:
        yield running


@pytest.mark.parametrize(
    ("kind", "connections"),
    [
        ("one header without end", 1),
        ("headers without end", 1),
        ("a request line without end", 1),
        ("trailers without end", 1),
        ("chunks of one byte", 1),
        ("a body without end", 1),
        ("what is no HTTP", 1),
        ("small requests", 1),
        ("small requests", 20),
        ("snapshots that nobody reads", 1),
        ("half a head", 20),
    ],
)
def test_nobody_is_stopped_by_what_is_sent_over_http(on: Arena, kind: str, connections: int) -> None:
    tries = [on.flood(kind, connections, SECONDS)]
    while tries[-1].broken(connections):
        assert len(tries) < TRIES, f"expected one of {TRIES} floods to be borne: {tries}"
        tries.append(on.flood(kind, connections, SECONDS))
