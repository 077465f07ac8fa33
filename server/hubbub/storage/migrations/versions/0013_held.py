"""Comments that are held back before others see them.

Nodes of the version before go on: they hold nothing, and know of none that is held.
"""

import sqlalchemy as sa
from alembic import op

from hubbub.storage.migrate import lock_tables

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Creates the table, counts for each thread, and an index of the removed comments of authors."""
    lock_tables(op.get_bind(), "comment", "thread")
    op.create_table(
        "held",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("site", sa.String, nullable=False),
        sa.Column("thread", sa.String, sa.ForeignKey("thread.id"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("parent", sa.String),
        sa.Column("author_id", sa.String, nullable=False),
        sa.Column("author_name", sa.String, nullable=False),
        sa.Column("author_website", sa.String),
        sa.Column("author_email", sa.String),
        sa.Column("author_role", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("due", sa.BigInteger),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("state_by", sa.String),
        sa.Column("state_by_name", sa.String),
        sa.Column("state_reason", sa.String),
        sqlite_with_rowid=False,
    )
    op.create_index("held_site_state", "held", ["site", "state", "at", "id"])
    op.create_index("held_author", "held", ["author_id", "thread"])
    op.create_index("held_due", "held", ["thread", "due"])
    op.add_column("thread", sa.Column("held", sa.Integer, nullable=False, server_default="0"))
    op.create_index(
        "comment_removed",
        "comment",
        ["author_id", "thread"],
        sqlite_where=sa.text("removed"),
        postgresql_where=sa.text("removed"),
    )
