"""Fixtures for tests that need a real server, and how tests are shared out when there are several processes."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server
from tests.support.shares import Shares

# What a shell starts with `&` ignores Ctrl-C, and so would all processes that tests start and end with it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares:
    """With `-n`."""
    return Shares(config, log)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own with the demo site, rate limits off, on a free port."""
    with Server(tmp_path / "data") as running:
        yield running


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same for all tests of a module, who each use a thread of their own."""
    with Server(tmp_path_factory.mktemp("shared") / "data") as running:
        yield running
