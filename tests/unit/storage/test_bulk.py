"""Statements that are handed to SQLite's driver: the same values and the same errors as through SQLAlchemy."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, create_engine, select
from sqlalchemy.exc import IntegrityError, OperationalError

from hubbub.storage.bulk import Query, among, inserting, to_json, updating

PAGE = Table(
    "page", MetaData(), Column("id", String, primary_key=True), Column("seen", Integer), Column("open", Boolean)
)
ROWS: list[dict[str, object]] = [{"id": "a", "seen": 1, "open": True}, {"id": "b", "seen": None, "open": False}]


def test_rows_are_written_changed_and_read(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")
    PAGE.metadata.create_all(engine)
    with engine.begin() as db:
        inserting(PAGE).run(db, ROWS)
        updating(PAGE, ["seen", "open"]).run(db, [{"open": True, "this": "b", "seen": 7}])
        stored = Query(select(PAGE).where(among(PAGE.c.id, "ids")).order_by(PAGE.c.id))
        assert stored.rows(db, {"ids": to_json(["b", "a", "c"])}) == [("a", 1, 1), ("b", 7, 1)]
    engine.dispose()


def test_errors_are_those_of_sqlalchemy(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.begin() as db:
        with pytest.raises(OperationalError, match="no such table") as caught:
            Query(select(PAGE)).rows(db, {})
        assert isinstance(caught.value.orig, sqlite3.OperationalError)
        PAGE.metadata.create_all(db)
        with pytest.raises(IntegrityError):
            inserting(PAGE).run(db, [ROWS[0], ROWS[0]])
    engine.dispose()
