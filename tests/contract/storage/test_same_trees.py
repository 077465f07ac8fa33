"""The tests of trees, which run over SQLite elsewhere, over PostgreSQL."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from tests.unit.storage import test_trees
from tests.unit.worker import tables

OWN = "test_every_question_has_its_index"  # test_postgresql has another
globals().update({name: test for name, test in vars(test_trees).items() if name.startswith("test_") and name != OWN})


@pytest.fixture(scope="module")
def db(over_postgresql: None) -> Iterator[Connection]:
    """As in test_trees, but over PostgreSQL."""
    with tables.empty() as engine, engine.begin() as connection:
        test_trees.fill(connection)
        yield connection
