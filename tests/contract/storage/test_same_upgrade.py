"""The tests of the upgrade, which run over SQLite elsewhere, over PostgreSQL."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection

from hubbub.storage.engine import Database
from tests.support.services import Service
from tests.unit.storage import test_migrate_upgrade
from tests.unit.storage.test_migrate_upgrade import old  # noqa: F401  # a fixture

globals().update({name: test for name, test in vars(test_migrate_upgrade).items() if name.startswith("test_")})


@pytest.fixture
def db(postgresql: Service) -> Iterator[Connection]:
    """An empty database of its own, of which nothing stays."""
    with psycopg.connect(postgresql.url.replace("/hubbub", "/postgres"), autocommit=True) as cluster:
        cluster.execute("DROP DATABASE IF EXISTS upgrading")
        cluster.execute("CREATE DATABASE upgrading")
    database = Database(postgresql.url.replace("/hubbub", "/upgrading"))
    try:
        with database.writer.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()
    finally:
        database.close()
