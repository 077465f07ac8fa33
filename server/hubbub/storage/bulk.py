"""Statements for many rows at once, with the same SQL for both databases.

PostgreSQL gets all rows as one JSON parameter: one statement and one round trip, however many they are. SQLite is
fastest with a prepared statement run row by row, and has no round trips. What a comment needs is handed to its driver
as it is: looking at each parameter and each column costs SQLAlchemy several times what SQLite takes for the work.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    ClauseElement,
    Column,
    ColumnElement,
    Connection,
    Executable,
    Select,
    String,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    cast,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_POSTED = cast(bindparam("rows", type_=Text), JSON)
Rows = Sequence[Mapping[str, Any]]


class _ForSqlite:
    """A statement as SQLite's driver takes it: its text, and its parameters in their order."""

    def __init__(self, statement: ClauseElement, names: Sequence[str] | None = None) -> None:
        """`names` are the columns of an INSERT."""
        compiled = statement.compile(dialect=SQLiteDialect_pysqlite(), column_keys=names)
        self.sql = str(compiled)
        assert isinstance(compiled, SQLCompiler)
        self._wanted = compiled.positiontup or []

    def parameters(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Of a row, or of a query's values."""
        return tuple([row[name] for name in self._wanted])


class Bulk:
    """One statement for many rows: dicts with the same keys each."""

    def __init__(self, each: ClauseElement, together: Executable, names: Sequence[str] | None = None) -> None:
        self._each = each
        self._together = together
        self._names = names

    @cached_property
    def _for_sqlite(self) -> _ForSqlite:
        return _ForSqlite(self._each, self._names)

    def run(self, db: Connection, rows: Rows) -> None:
        """Runs the statement. Does nothing if there are no rows."""
        if not rows:
            return
        if db.dialect.name == "sqlite":
            each = self._for_sqlite
            db.exec_driver_sql(each.sql, list(map(each.parameters, rows)))
        else:
            db.execute(self._together, {"rows": to_json(rows)})


class Query:
    """A query for every batch of comments. A row is a tuple; SQLite has 0 and 1 for a Boolean."""

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement

    @cached_property
    def _for_sqlite(self) -> _ForSqlite:
        return _ForSqlite(self.statement)

    def rows(self, db: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """All rows. DBAPIError as from SQLAlchemy."""
        if db.dialect.name != "sqlite":
            return db.execute(self.statement, values).all()
        query, driver = self._for_sqlite, db.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        try:
            return driver.execute(query.sql, query.parameters(values)).fetchall()
        except sqlite3.Error as error:
            raise DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True) from error


def inserting(table: Table, defaults: Collection[str] = (), **computed: ColumnElement[Any]) -> Bulk:
    """New rows of `table`, with all its columns but those that get their `defaults`; the database finds the values of
    the `computed` ones itself."""
    columns = [one for one in table.c if one.name not in computed and one.name not in defaults]
    rows, names = _rows(columns), [one.name for one in columns]
    together = insert(table).from_select([*rows.c.keys(), *computed], select(*rows.c, *computed.values()))
    return Bulk(insert(table).values(**computed), together, names)


def updating(table: Table, names: Sequence[str]) -> Bulk:
    """Changes these columns of the rows whose `id` is each row's `this`."""
    rows = _rows([Column("this", String), *(table.c[name] for name in names)])
    each = update(table).where(table.c.id == bindparam("this")).values({name: bindparam(name) for name in names})
    together = update(table).where(table.c.id == rows.c.this).values({name: rows.c[name] for name in names})
    return Bulk(each, together)


def _rows(columns: Sequence[Column[Any]]) -> TableValuedAlias:
    posted = func.json_to_recordset(_POSTED).table_valued(*(column(one.name, one.type) for one in columns))
    return posted.render_derived("posted", with_types=True)


class _Among(FunctionElement[Any]):
    inherit_cache = True  # and no type: SQLite would be asked whether a Boolean equals 1, for which it uses no index


@compiles(_Among, "postgresql")
def _among_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    one, many = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{one} = ANY (ARRAY(SELECT json_array_elements_text(CAST({many} AS json))))"


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    one, many = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{one} IN (SELECT value FROM json_each({many}))"  # noqa: S608  # of compiled clauses


def among(one: ColumnElement[str], name: str) -> ColumnElement[Any]:
    """Whether `one` is one of the strings that are given as the parameter `name`, by `to_json`: unlike IN, one
    statement and one parameter for any number of them."""
    return _Among(one, bindparam(name, type_=Text))


def to_json(values: Iterable[Any]) -> str:
    """Rows or strings as a JSON parameter. UnicodeEncodeError for a lone surrogate."""
    return msgspec.json.encode(values if isinstance(values, Sequence) else list(values)).decode()
