"""Commands that were carried out, so that none is carried out twice."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "handled",
        sa.Column("request", sa.String, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
    )
