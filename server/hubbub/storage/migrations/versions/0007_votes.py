"""Votes and reactions, their sums and the number of answers on each comment, and what events tell of these.

Nodes of the version before go on: the new columns have defaults. Answers that they take or remove meanwhile are not
counted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Creates the tables, adds the columns, then counts the answers that are there."""
    op.create_table(
        "vote",
        sa.Column("author", sa.String, primary_key=True),
        sa.Column("comment", sa.String, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("reactions", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("vote_comment", "vote", ["comment"])
    op.create_table(
        "unscored",
        sa.Column("thread", sa.String, primary_key=True),
        sa.Column("comment", sa.String, primary_key=True),
        sqlite_with_rowid=False,
    )
    for table, name in (("comment", "up"), ("comment", "down"), ("comment", "replies"), ("thread", "unscored")):
        op.add_column(table, sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.add_column("comment", sa.Column("reactions", sa.Text))
    op.add_column("event", sa.Column("counts", sa.Text))
    op.execute("""
        UPDATE comment SET replies = answers.n
        FROM (
            SELECT parent, count(*) AS n FROM comment WHERE parent IS NOT NULL AND NOT removed GROUP BY parent
        ) AS answers
        WHERE comment.id = answers.parent
    """)
