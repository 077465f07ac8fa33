"""Ports for servers that have to be told theirs, or keep it while they are down."""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import suppress

# Above those that browsers refuse (the last is 10080), below those that the kernel gives to whoever asks for any.
PORTS = range(10_100, 32_000)
SHARES = 8  # of pytest processes that run side by side


def _ports() -> Iterator[int]:
    share = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % SHARES
    ports = PORTS[share::SHARES]
    place = random.randrange(len(ports))  # there may be other runs on this machine
    while True:
        place = (place + 1) % len(ports)
        if _is_free(ports[place]):
            yield ports[place]


def _is_free(port: int) -> bool:
    with suppress(OSError), socket.socket() as probe:
        probe.bind(("127.0.0.1", port))
        return True
    return False


_ports_in_turn = _ports()


def free_port() -> int:
    """A port on which nobody listens. No other of several pytest processes is given it, nor this one again for long."""
    return next(_ports_in_turn)
