"""An index that finds a thread's roots (comments that answer none), and the answers to a comment, by number.

Nodes of the version before go on, and keep the index as they write.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Creates the index."""
    op.create_index("comment_tree", "comment", ["thread", "parent", "number"])
