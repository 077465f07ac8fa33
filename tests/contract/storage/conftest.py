"""Storage over a real PostgreSQL: what tests/unit shows of SQLite must hold there too."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, delete

import tests.unit.conftest  # noqa: F401  # its profile bounds the property tests
from hubbub.storage.engine import Database
from hubbub.storage.migrate import upgrade
from hubbub.storage.postgresql import Timings
from hubbub.storage.schema import metadata
from hubbub.storage.sites import put_site
from hubbub.storage.threads import insert_threads
from tests.support.postgresql_service import postgresql_server
from tests.support.services import Service
from tests.unit import samples
from tests.unit.worker import tables


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Service]:
    """A migrated PostgreSQL; without fsync, since nobody pulls its plug."""
    with postgresql_server("-F") as server:
        migrate(server.url)
        yield server


def migrate(url: str) -> None:
    """Makes the tables of an empty database."""
    database = Database(url)
    try:
        with database.writer.begin() as db:
            upgrade(db)
    finally:
        database.close()


# No transaction ends for the time it takes: on a busy machine that is soon too long.
UNHURRIED = Timings(locks=60.0, write=60.0, read=60.0, idle=60.0)


@pytest.fixture
def timings() -> Timings:
    """What `database` is made with; tests of what takes too long have their own."""
    return UNHURRIED


@pytest.fixture
def database(postgresql: Service, timings: Timings) -> Iterator[Database]:
    """The database, empty but for the site `samples.SITE` and its thread `samples.THREAD`."""
    with opened(postgresql.url, timings) as database:
        with database.writer.begin() as db:
            put_site(db, samples.site())
            insert_threads(db, [samples.thread()], samples.AT)
        yield database


@pytest.fixture(scope="module")
def over_postgresql(postgresql: Service) -> Iterator[None]:
    """`tables` and what uses it have PostgreSQL instead of SQLite in memory."""

    @contextmanager
    def empty() -> Iterator[Engine]:
        with opened(postgresql.url, Timings(idle=60.0)) as database:  # no test of rules ends as this machine is busy
            yield database.writer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "empty", empty)
        yield


@contextmanager
def opened(url: str, timings: Timings) -> Iterator[Database]:
    """The database with no row in it."""
    database = Database(url, timings)
    try:
        with database.writer.begin() as db:
            for table in reversed(metadata.sorted_tables):
                db.execute(delete(table))
        yield database
    finally:
        database.close()
