"""The database's clock: what several processes stamp and compare goes by one clock, whatever theirs say."""

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Now(FunctionElement[int]):
    """Now, in ms, the same throughout a statement, so that it can be looked up in an index."""

    inherit_cache = True
    type = BigInteger()


@compiles(Now, "postgresql")
def _now_postgresql(element: Now, compiler: SQLCompiler, **options: Any) -> str:
    return "CAST(extract(epoch FROM now()) * 1000 AS bigint)"


@compiles(Now, "sqlite")
def _now_sqlite(element: Now, compiler: SQLCompiler, **options: Any) -> str:
    return "CAST(round((julianday('now') - 2440587.5) * 86400000) AS integer)"
