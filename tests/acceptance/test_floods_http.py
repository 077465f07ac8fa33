"""Floods over HTTP, a second of each kind that is of its own; `make floods` has all of them."""

import pytest

from tests.floods.arena import Arena


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
def test_nobody_is_stopped_by_what_is_sent_over_http(flooded: Arena, kind: str, connections: int) -> None:
    flooded.check_borne(kind, connections, seconds=1)
