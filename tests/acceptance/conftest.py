"""Fixtures of the floods."""

from collections.abc import Iterator

import pytest

from tests.floods.arena import Arena, arena


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """A server as everybody has it."""
    with arena(tmp_path_factory.mktemp("flooded")) as running:
        yield running
