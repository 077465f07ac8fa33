"""The tests of the queries, which run over SQLite elsewhere, over PostgreSQL."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection

from hubbub.storage.postgresql import lift_timeouts
from tests.contract.storage.conftest import UNHURRIED, migrate, opened
from tests.support.services import Service
from tests.unit.storage import test_comments

pytestmark = pytest.mark.usefixtures("over_postgresql")

OWN = {  # test_postgresql has others for these
    "test_no_question_reads_a_table_from_end_to_end",
    "test_of_large_comments_no_more_is_read_than_is_answered",
}
globals().update(
    {name: test for name, test in vars(test_comments).items() if name.startswith("test") and name not in OWN}
)


@pytest.fixture(scope="module")
def db(postgresql: Service) -> Iterator[Connection]:
    """As in test_comments; in a database of its own, since its transaction stays open while other tests begin anew."""
    with psycopg.connect(postgresql.url.replace("/hubbub", "/postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE reading")  # no copy of the other, to which PgBouncer may be connected still
    url = postgresql.url.replace("/hubbub", "/reading")
    migrate(url)
    with opened(url, UNHURRIED) as database, database.writer.begin() as connection:
        lift_timeouts(connection, locks=0)
        test_comments.fill(connection)
        yield connection
