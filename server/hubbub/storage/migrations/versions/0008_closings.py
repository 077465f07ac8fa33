"""When a thread was closed, and by whom.

Nodes of the version before go on: they leave the new columns NULL, and when they reopen a thread they leave its closing
where it is, which counts for nothing then.
"""

import sqlalchemy as sa
from alembic import op

from hubbub.storage.migrate import lock_tables

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Adds the columns, then fills them for the threads that are closed, from the last closing in their logs."""
    lock_tables(op.get_bind(), "thread")
    op.add_column("thread", sa.Column("closed_at", sa.BigInteger))
    op.add_column("thread", sa.Column("closed_by", sa.String))
    op.add_column("thread", sa.Column("closed_by_id", sa.String))
    for column, told in (("closed_at", "at"), ("closed_by", '"by"'), ("closed_by_id", "by_id")):
        op.execute(f"""
            UPDATE thread SET {column} = (
                SELECT event.{told} FROM event WHERE event.thread = thread.id AND event.kind = 'thread.closed'
                ORDER BY event.seq DESC LIMIT 1
            )
            WHERE closed
        """)  # noqa: S608 (names from here alone)
