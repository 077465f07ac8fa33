"""The tests of feeds, which run over SQLite elsewhere, over PostgreSQL."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from tests.unit.storage import test_feeds
from tests.unit.worker import tables

globals().update({name: test for name, test in vars(test_feeds).items() if name.startswith("test_")})


@pytest.fixture(scope="module")
def db(over_postgresql: None) -> Iterator[Connection]:
    """As in test_feeds, but over PostgreSQL."""
    with tables.empty() as engine, engine.begin() as connection:
        test_feeds.fill(connection)
        yield connection
