"""Sites, threads, articles, comments and the event log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates the first tables."""
    op.create_table(
        "site",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("origins", sa.Text, nullable=False),
        sa.Column("images", sa.Boolean, nullable=False),
    )
    op.create_table(
        "thread",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("site", sa.String, sa.ForeignKey("site.name"), nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("title", sa.String),
        sa.Column("url", sa.String),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("epoch", sa.String, nullable=False),
        sa.Column("head", sa.BigInteger, nullable=False),
        sa.Column("last_number", sa.Integer, nullable=False),
        sa.Column("comments", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("thread_site_key", "thread", ["site", "key"], unique=True)
    op.create_table(
        "article",
        sa.Column("thread", sa.String, sa.ForeignKey("thread.id"), primary_key=True),
        sa.Column("section", sa.String),
        sa.Column("published", sa.BigInteger),
        sa.Column("author", sa.String),
        sa.Column("source", sa.String),
        sa.Column("source_url", sa.String),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("thread", sa.String, sa.ForeignKey("thread.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("parent", sa.String),
        sa.Column("author_id", sa.String, nullable=False),
        sa.Column("author_name", sa.String, nullable=False),
        sa.Column("author_website", sa.String),
        sa.Column("author_email", sa.String),
        sa.Column("author_role", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("edited_at", sa.BigInteger),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
    )
    op.create_index("comment_thread_number", "comment", ["thread", "number"], unique=True)
    op.create_table(
        "event",
        sa.Column("thread", sa.String, sa.ForeignKey("thread.id"), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("comment", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("by", sa.String),
        sqlite_with_rowid=False,
    )
