"""The migrations make exactly the schema the code was written for, and are run once."""

import re
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.schema import CreateIndex, CreateTable

from hubbub.storage.migrate import NewerSchema, is_current, is_usable, upgrade
from hubbub.storage.schema import SQLITE_TRIGGERS, metadata


@pytest.fixture
def db() -> Iterator[Connection]:
    """An empty database in memory."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def statements(db: Connection) -> dict[str, str]:
    """Every table's, index's and trigger's SQL as SQLite keeps it, but for Alembic's own."""
    rows = db.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'"))
    return {row.name: row.sql for row in rows}


def parts(statement: str) -> tuple[str, list[str], str]:
    """What a statement says before, within and after its outer parentheses; without white space, and in any order
    within, as SQLite puts the columns that are added later behind the table's constraints."""
    before, _, rest = "".join(statement.split()).partition("(")
    within, _, after = rest.rpartition(")")
    return before, sorted(re.split(r",(?![^()]*\))", within)), after


def test_the_migrations_make_the_schema_of_the_code(db: Connection) -> None:
    upgrade(db)
    context = MigrationContext.configure(db, opts={"compare_type": True, "compare_server_default": True})
    assert compare_metadata(context, metadata) == []


def test_and_to_the_letter(db: Connection) -> None:
    """What Alembic does not compare as well: primary keys, NOT NULL of keys, WITHOUT ROWID."""
    upgrade(db)
    made = statements(db)
    wanted = {table.name: str(CreateTable(table).compile(db)) for table in metadata.tables.values()}
    wanted |= {
        str(index.name): str(CreateIndex(index).compile(db))
        for table in metadata.tables.values()
        for index in table.indexes
    }
    wanted |= SQLITE_TRIGGERS
    assert {name: parts(sql) for name, sql in made.items()} == {name: parts(sql) for name, sql in wanted.items()}


def test_an_empty_database_is_not_current_and_a_migrated_one_is(db: Connection) -> None:
    assert not is_current(db)
    assert not is_usable(db)
    upgrade(db)
    assert is_current(db)
    assert is_usable(db)
    assert set(inspect(db).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_upgrading_again_changes_nothing(db: Connection) -> None:
    upgrade(db)
    before = statements(db)
    upgrade(db)
    assert statements(db) == before


def test_an_older_schema_is_not_current(db: Connection) -> None:
    upgrade(db)
    db.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not is_current(db)
    assert not is_usable(db)


def test_a_newer_schema_will_do_for_those_who_do_not_migrate(db: Connection) -> None:
    """A rolling upgrade migrates first; a process of the old version may start again until it is replaced."""
    upgrade(db)
    db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not is_current(db)
    assert is_usable(db)
    with pytest.raises(NewerSchema):
        upgrade(db)
