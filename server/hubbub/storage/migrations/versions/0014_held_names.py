"""The names under which comments are held back, and an index that finds them.

Nodes of the version before go on: what they hold keeps no name.
"""

import sqlalchemy as sa
from alembic import op

from hubbub.storage.migrate import lock_tables

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Adds the column, fills it with names whose ASCII letters alone are folded, and makes the index."""
    lock_tables(op.get_bind(), "held")
    op.add_column("held", sa.Column("folded", sa.String))
    op.execute("UPDATE held SET folded = lower(author_name)")
    op.create_index("held_site_folded", "held", ["site", "folded"])
