"""Threads in which nothing has happened yet, with when they were last read; and how much each author wrote in a day."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Creates the tables. Threads that are empty now count as read now. On PostgreSQL a foreign key would lock the
    threads from here on; 0004 adds it once it has locked all that it changes."""
    references = [sa.ForeignKey("thread.id")] if op.get_bind().dialect.name == "sqlite" else []
    op.create_table(
        "empty",
        sa.Column("thread", sa.String, *references, primary_key=True),
        sa.Column("site", sa.String, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
    )
    op.create_index("empty_seen", "empty", ["seen"])
    op.create_index("empty_site_seen", "empty", ["site", "seen"])
    fill = sa.text("INSERT INTO empty (thread, site, seen) SELECT id, site, :now FROM thread WHERE head = 0")
    op.get_bind().execute(fill, {"now": int(time.time() * 1000)})
    op.create_table(
        "daily",
        sa.Column("author", sa.String, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("comments", sa.Integer, nullable=False),
    )
