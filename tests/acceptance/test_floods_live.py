"""Floods of live connections, a second of each kind that is of its own; `make floods` has all of them."""

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
        ("bad messages among good ones", 1),
        ("bad messages among good ones", 20),
        ("empty messages", 1),
        ("large messages", 1),
        ("inflating messages after a close", 1),
        ("pings", 1),
        ("pongs", 1),
        ("fragments", 1),
        ("frames without a mask", 1),
        ("leave", 1),
        ("joined, then nothing is read", 1),
    ],
)
def test_nobody_is_stopped_by_what_a_live_connection_sends(on: Arena, kind: str, connections: int) -> None:
    tries = [on.flood(kind, connections, SECONDS)]
    while tries[-1].broken(connections):
        assert len(tries) < TRIES, f"expected one of {TRIES} floods to be borne: {tries}"
        tries.append(on.flood(kind, connections, SECONDS))
