"""Limits a page of comments or events by the bytes of its texts."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Select, bindparam, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from hubbub.domain.model import Comment
from hubbub.storage.schema import comment

PAGE_BYTES = 1024 * 1024  # of comments in a page: a thousand usual events, or some twenty that are all entities

T = TypeVar("T")


class _OnlyPostgresql(FunctionElement[int]):
    """An expression for PostgreSQL; 0 in SQLite."""

    inherit_cache = True


@compiles(_OnlyPostgresql, "postgresql")
def _for_postgresql(element: _OnlyPostgresql, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_OnlyPostgresql, "sqlite")
def _for_sqlite(_element: _OnlyPostgresql, _compiler: SQLCompiler, **_options: Any) -> str:
    return "0"


def in_order(rows: Select[Any], place: Column[int], *, newest_first: bool = False) -> Select[Any]:
    """`rows` as `fitting` takes them, up to the one at which there are more than `most` bytes before. That is for
    PostgreSQL, which sends all it finds at once; SQLite reads no further than it is asked to."""

    def order(by: ColumnElement[int]) -> ColumnElement[int]:
        return by.desc() if newest_first else by

    size = func.greatest(func.octet_length(comment.c.html), func.octet_length(comment.c.body))
    read = func.sum(size).over(order_by=order(place), rows=(None, -1))
    found = rows.add_columns(_OnlyPostgresql(func.coalesce(read, 0)).label("read")).subquery()
    *columns, before = found.c
    by = found.corresponding_column(place)
    assert by is not None, f"expected {place} among the columns"
    return select(*columns).where(before <= bindparam("most")).order_by(order(by))


def bytes_of(one: Comment) -> int:
    """How many bytes a comment counts on a page: those of its HTML, or of what was typed where that is more: it is read
    as well, even if few see it."""
    return max(len(one.html.encode()), len(one.body.encode()))


def fitting(found: Iterable[T], about: Callable[[T], Comment | None], most_bytes: int) -> list[T]:
    """The first of them, at least one, that have no more bytes than that together; no more than those are read."""
    taken: list[T] = []
    size = 0
    for one in found:
        shown = about(one)
        size += bytes_of(shown) if shown else 0
        if size > most_bytes and taken:
            break
        taken.append(one)
    return taken
