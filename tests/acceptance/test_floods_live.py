"""Floods of live connections, a second of each kind that is of its own; `make floods` has all of them."""

import pytest

from tests.floods.arena import Arena


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
def test_nobody_is_stopped_by_what_a_live_connection_sends(flooded: Arena, kind: str, connections: int) -> None:
    flooded.check_borne(kind, connections, seconds=1)
