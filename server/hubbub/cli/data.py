"""Storage, as commands use it that end soon."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from hubbub.cli.options import CliError
from hubbub.domain.errors import not_found
from hubbub.domain.keys import key_forms
from hubbub.domain.model import Site, Thread
from hubbub.settings import Settings
from hubbub.storage.engine import Database
from hubbub.storage.faults import file_fault
from hubbub.storage.migrate import is_usable
from hubbub.storage.sites import all_sites
from hubbub.storage.threads import thread_by_key

T = TypeVar("T")


def with_database(settings: Settings, work: Callable[[Database], Coroutine[Any, Any, T]], *, create: bool = False) -> T:
    """What `work` returns. CliError if there is no database, unless it may `create` one, or if it can't be used."""
    if not create:
        check_made(settings)
    with explained(settings):
        database = Database(settings.database_url)
        try:
            return asyncio.run(work(database))
        finally:
            database.close()


def check_made(settings: Settings) -> None:
    """CliError if there is no database yet: most likely another directory is meant."""
    file = settings.database_file
    if file is not None and not file.exists():
        raise CliError(
            f"there is no database in {file.parent.absolute()}: name the right directory with --data-dir or "
            "HUBBUB_DATA_DIR, or make a new one there with: hubbub site add NAME --origin https://… --create"
        )


@contextmanager
def explained(settings: Settings) -> Iterator[None]:
    """CliError for what SQLite can't do with its file."""
    try:
        yield
    except DBAPIError as error:
        file = settings.database_file
        if file is None:
            raise
        raise CliError(file_fault(error, file)) from None


def check_schema(db: Connection) -> None:
    """CliError if the database is not prepared for this version."""
    if not is_usable(db):
        raise CliError("the database's schema is older than this version; run: hubbub migrate")


def read_thread(db: Connection, site_name: str, key: str) -> Thread:
    """The thread of a page; Refused `not_found` if there is none."""
    found = thread_by_key(db, site_name, *key_forms(key))
    if found is None:
        raise not_found("thread")
    return found


def read_sites(settings: Settings) -> list[Site]:
    """All sites."""
    return read_database(settings, all_sites)


def read_database(settings: Settings, query: Callable[[Connection], T]) -> T:
    """What `query` finds."""

    def read(db: Connection) -> T:
        if not settings.embedded:
            check_schema(db)
        return query(db)

    return with_database(settings, lambda database: database.read(read))
