"""The tests of the queries, the committer and its rules, which run over SQLite elsewhere, over PostgreSQL."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from tests.unit.worker import tables, test_committer, test_committer_bounds, test_decide_rules, test_idempotency

pytestmark = pytest.mark.usefixtures("over_postgresql")

for module in (test_committer_bounds, test_committer, test_idempotency, test_decide_rules):
    globals().update({name: test for name, test in vars(module).items() if name.lower().startswith("test")})


@pytest.fixture
def db(over_postgresql: None) -> Iterator[Connection]:
    """As in tests/unit/worker, but over PostgreSQL."""
    with tables.two_threads() as connection:
        yield connection
