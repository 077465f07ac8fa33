"""What the log says of an error."""

import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from hubbub.logs import describe


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OperationalError("SELECT", {}, sqlite3.OperationalError("a\n  b")), "a b"),
        (ValueError("x" * 1000), "x" * 500),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_an_error_is_one_line(error: Exception, line: str) -> None:
    assert describe(error) == line
