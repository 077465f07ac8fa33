"""When authors last wrote in threads that have them wait between comments.

Nodes of the version before go on: they make nobody wait.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "last_post",
        sa.Column("thread", sa.String, primary_key=True),
        sa.Column("author", sa.String, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
