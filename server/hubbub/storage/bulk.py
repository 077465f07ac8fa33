"""Statements for many rows at once, with the same SQL for both databases.

PostgreSQL gets all rows as one JSON parameter: one statement and one round trip, however many they are. SQLite is
fastest with a prepared statement run row by row, and has no round trips.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Executable,
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
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_POSTED = cast(bindparam("rows", type_=Text), JSON)
Rows = Sequence[Mapping[str, Any]]


class Bulk:
    """One statement for many rows: dicts with the same keys each."""

    def __init__(self, each: Executable, together: Executable) -> None:
        self._each = each
        self._together = together

    def run(self, db: Connection, rows: Rows) -> None:
        """Runs the statement. Does nothing if there are no rows."""
        if not rows:
            return
        if db.dialect.name == "sqlite":
            db.execute(self._each, rows)
        else:
            db.execute(self._together, {"rows": to_json(rows)})


def inserting(table: Table, defaults: Collection[str] = (), **computed: ColumnElement[Any]) -> Bulk:
    """New rows of `table`, with all its columns but those that get their `defaults`; the database finds the values of
    the `computed` ones itself."""
    rows = _rows([one for one in table.c if one.name not in computed and one.name not in defaults])
    together = insert(table).from_select([*rows.c.keys(), *computed], select(*rows.c, *computed.values()))
    return Bulk(insert(table).values(**computed), together)


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
