"""The comments that the staff took out of sight, and who did it when, in the order in which they are looked through.

Nodes of the version before go on: what they remove is not in this table; what they restore stays in it, passed over.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

# What its author removed is the author's own matter. Who removed what has no state is not known.
_REMOVED = """
    INSERT INTO decided (comment, site, state, at, "by", by_id)
    SELECT comment.id, thread.site, comment.state, coalesce(event.at, comment.at), event."by", comment.state_by
    FROM comment JOIN thread ON thread.id = comment.thread
    LEFT JOIN (
        SELECT thread, comment, max(seq) AS seq FROM event WHERE kind = 'comment.removed' GROUP BY thread, comment
    ) AS last ON last.thread = comment.thread AND last.comment = comment.id
    LEFT JOIN event ON event.thread = last.thread AND event.seq = last.seq
    WHERE comment.removed AND comment.body <> '' AND comment.state IN ('removed', 'spam')
        AND comment.state_by <> comment.author_id
"""
_REFUSED = """
    INSERT INTO decided (comment, site, state, at, "by", by_id)
    SELECT id, site, state, at, state_by_name, state_by FROM held WHERE state <> 'held' AND state_by <> author_id
"""


def upgrade() -> None:
    """Makes the table and its index, and takes in what is out of sight."""
    op.create_table(
        "decided",
        sa.Column("comment", sa.String, primary_key=True),
        sa.Column("site", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String),
        sa.Column("by_id", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(_REMOVED)
    op.execute(_REFUSED)
    op.create_index("decided_site_state", "decided", ["site", "state", "at", "comment"])
