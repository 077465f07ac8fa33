"""What errors mean: whose fault they are decides between waiting for ever and refusing somebody's comment."""

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from hubbub.storage.faults import is_away, is_lost, is_race


def of(sqlstate: str) -> DBAPIError:
    """The error with this SQLSTATE as it comes from SQLAlchemy."""
    orig = psycopg.errors.lookup(sqlstate)("what happened")
    found = DBAPIError.instance("SELECT 1", {}, orig, psycopg.Error)
    assert isinstance(found, DBAPIError)
    return found


@pytest.mark.parametrize(
    "sqlstate",
    [
        *("08006", "08P01"),  # connections
        *("57P01", "57P02", "57P03", "57014"),  # told to end, crashed, starting, a timeout
        *("53100", "53200", "53300"),  # disk, memory, connections are used up
        *("25006", "25P03"),  # read-only after a failover, idle for too long
        *("40001", "40P01", "55P03"),  # serialization, deadlock, a lock that was not free
        *("42P01", "42703", "42501", "58030", "28P01", "3D000"),  # not set up, or a broken disk
    ],
)
def test_storage_is_away(sqlstate: str) -> None:
    assert is_away(of(sqlstate))
    assert not is_race(of(sqlstate))


@pytest.mark.parametrize("sqlstate", ["22021", "22P05", "22001", "23502", "23505", "54000", "XX001"])
def test_it_is_what_was_asked(sqlstate: str) -> None:
    assert not is_away(of(sqlstate))
    assert not is_lost(of(sqlstate))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("", {}, sqlite3.OperationalError("database is locked")), True),
        (OperationalError("", {}, psycopg.OperationalError("connection refused")), True),
        (InterfaceError("", {}, psycopg.InterfaceError("the connection is closed")), True),
        (InternalError("", {}, psycopg.InternalError(), connection_invalidated=True), True),
        (NoConnection(), True),
        (DataError("", {}, psycopg.DataError("NUL")), False),
        (IntegrityError("", {}, sqlite3.IntegrityError("NOT NULL")), False),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), False),
        (ValueError("a fault of ours"), False),
    ],
)
def test_errors_without_a_state(error: Exception, expected: bool) -> None:
    assert is_away(error) is expected


def test_a_lost_transaction_is_worth_another_try_at_once() -> None:
    assert is_lost(OperationalError("", {}, psycopg.OperationalError(), connection_invalidated=True))
    assert is_lost(of("40P01"))
    assert not is_lost(of("57014"))
    assert not is_lost(ValueError())


def test_two_that_store_the_same_are_a_race() -> None:
    assert is_race(of("23505"))
