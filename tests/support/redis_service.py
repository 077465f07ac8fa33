"""Real Redis servers for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.services import Service, free_port, wait_for_port


@contextmanager
def redis_server(*options: str) -> Iterator[Service]:
    """Redis without persistence."""
    port = free_port()
    with TemporaryDirectory(prefix="hubbub-redis-") as directory:
        command = [
            "redis-server",
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            *options,
        ]
        service = Service(command, Path(directory), f"redis://127.0.0.1:{port}/0")
        service.start()
        try:
            wait_for_port(port)
            yield service
        finally:
            service.end()
