"""A database for the tests of what the worker does with a batch."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from tests.unit.worker.tables import two_threads


@pytest.fixture
def db() -> Iterator[Connection]:
    """See two_threads."""
    with two_threads() as connection:
        yield connection
