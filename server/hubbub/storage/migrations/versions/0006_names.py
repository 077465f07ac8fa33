"""The first name of each author, and an index that finds authors by their names.

Nodes of the version before go on: they leave the first name of new authors NULL, and the next comment under a
name fills it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds the column, fills it from the comments, and makes the index."""
    op.add_column("author", sa.Column("original", sa.String))
    op.execute("""
        UPDATE author SET original = written.author_name
        FROM (
            SELECT site, author_id, author_name,
                   row_number() OVER (PARTITION BY site, author_id ORDER BY at, comment.id) AS nth
            FROM comment JOIN thread ON thread.id = comment.thread
            WHERE author_name <> 'Anonymous'
        ) AS written
        WHERE nth = 1 AND written.site = author.site AND written.author_id = author.id
    """)
    op.create_index("author_site_folded", "author", ["site", "folded"])
