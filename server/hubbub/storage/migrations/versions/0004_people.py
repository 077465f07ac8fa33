"""States of comments and who decided them, revisions, authors, staff, what is due, and settings of sites and threads.

Nodes of the version before go on: they leave the new columns NULL and know no new table. Where they take comments
meanwhile, these are not among their authors' counts.
"""

import sqlalchemy as sa
from alembic import op

from hubbub.storage.migrate import lock_tables

revision = "0004"
down_revision = "0003"

_COUNT = (
    "INSERT INTO stamp (name, version) VALUES ({name}, 1) ON CONFLICT (name) DO UPDATE SET version = stamp.version + 1"
)
_WATCHED = ("site", "member")


def upgrade() -> None:
    """Creates the tables, takes in the authors, then adds the columns and foreign keys: that locks the tables which
    all use."""
    _create_tables()
    _fill_authors()
    lock_tables(op.get_bind(), "thread", "comment", "event", "site")
    _create_members()
    if not sa.inspect(op.get_bind()).get_foreign_keys("empty"):
        op.create_foreign_key("empty_thread_fkey", "empty", "thread", ["thread"], ["id"])
    for table, names in {
        "comment": ("state", "state_by", "state_reason"),
        "event": ("by_id",),
        "thread": ("pinned",),
    }.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.String))
    op.add_column("thread", sa.Column("mode", sa.Text))
    op.add_column("site", sa.Column("settings", sa.Text))
    _create_triggers()


def _create_tables() -> None:
    op.create_table(
        "revision",
        sa.Column("comment", sa.String, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "author",
        sa.Column("site", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("folded", sa.String, nullable=False),
        sa.Column("email", sa.String),
        sa.Column("website", sa.String),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
        sa.Column("comments", sa.Integer, nullable=False),
        sa.Column("standing", sa.String),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "schedule",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
    )
    op.create_index("ix_schedule_due", "schedule", ["due"])
    op.create_table(
        "stamp",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def _create_members() -> None:
    op.create_table(
        "member",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("site", sa.String, sa.ForeignKey("site.name", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("member_site_name_role", "member", ["site", "name", "role"], unique=True)


def _fill_authors() -> None:
    """Everybody who has commented, under the name of their last comment; the database folds ASCII names alone, others
    are folded when their authors come back."""
    op.execute("""
        INSERT INTO author (site, id, name, folded, email, website, role, first_seen, last_seen, comments)
        SELECT site, author_id, author_name, lower(author_name), author_email, author_website, author_role,
               first_seen, at, comments
        FROM (
            SELECT site, author_id, author_name, author_email, author_website, author_role, at,
                   min(at) OVER own AS first_seen,
                   sum(CASE WHEN removed THEN 0 ELSE 1 END) OVER own AS comments,
                   row_number() OVER (PARTITION BY site, author_id ORDER BY at DESC, comment.id) AS nth
            FROM comment JOIN thread ON thread.id = comment.thread
            WINDOW own AS (PARTITION BY site, author_id)
        ) AS written
        WHERE nth = 1
    """)


def _create_triggers() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in _WATCHED:
            for operation in ("INSERT", "UPDATE", "DELETE"):
                name = f"{table}_{operation.lower()}"
                done = _COUNT.format(name=f"'{table}'")
                op.execute(f"CREATE TRIGGER {name} AFTER {operation} ON {table} BEGIN {done}; END")
        return
    done = _COUNT.format(name="TG_TABLE_NAME")
    op.execute(
        f"CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {done}; RETURN NULL; END $$"
    )
    for table in _WATCHED:
        op.execute(
            f"CREATE TRIGGER {table}_changed AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION count_change()"
        )
