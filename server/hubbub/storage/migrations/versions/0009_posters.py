"""The picture and the theme of an article.

Nodes of the version before go on: they leave the new columns NULL.
"""

import sqlalchemy as sa
from alembic import op

from hubbub.storage.migrate import lock_tables

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds the columns."""
    lock_tables(op.get_bind(), "article")
    for name in ("poster", "poster_text", "theme"):
        op.add_column("article", sa.Column(name, sa.String))
