"""A migration of a PostgreSQL that is in use."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from hubbub.storage.engine import Database
from hubbub.storage.migrate import is_current, upgrade
from tests.contract.storage.conftest import UNHURRIED
from tests.support.postgresql_service import postgresql_server
from tests.support.services import Service
from tests.support.waiting import until

FIRST = "0002"  # the schema of the first version


@pytest.fixture
def own() -> Iterator[Service]:
    """A PostgreSQL whose schema is old."""
    with postgresql_server("-F") as server:
        yield server


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("SELECT 1 FROM thread FOR UPDATE", "UPDATE thread SET head = head"),  # as a worker
        ("SELECT 1 FROM thread FOR UPDATE", "UPDATE comment SET number = number"),
        ("SELECT 1 FROM comment", "SELECT 1 FROM thread"),
        ("SELECT 1 FROM event", "SELECT 1 FROM comment"),
        ("SELECT 1 FROM site", "UPDATE site SET images = images"),
    ],
)
async def test_it_deadlocks_with_nobody_in_whatever_order_they_use_the_tables(
    own: Service, first: str, second: str
) -> None:
    with closing(Database(own.url, UNHURRIED)) as database, closing(psycopg.connect(own.url)) as other:
        await database.write(upgrade, FIRST)
        other.execute(first)  # a transaction that goes on
        migrating = asyncio.create_task(database.write(upgrade))
        with closing(psycopg.connect(own.url, autocommit=True)) as watching:
            await until(lambda: waits(watching), "the migration waits for the transaction")
        await asyncio.to_thread(other.execute, second)
        other.commit()
        await migrating
        assert await database.read(is_current)


def waits(watching: psycopg.Connection) -> bool:
    """Whether somebody waits for a table."""
    return watching.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone() is not None
