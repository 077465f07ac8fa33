"""The texts that edits replaced, for a site's staff alone."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from hubbub.domain.model import Revision
from hubbub.storage.bulk import inserting
from hubbub.storage.schema import revision

_INSERT = inserting(revision)


def insert_revisions(db: Connection, new: Sequence[Revision]) -> None:
    """Stores replaced texts."""
    _INSERT.run(db, [msgspec.to_builtins(one) for one in new])


def revisions_of(db: Connection, comment_id: str) -> list[Revision]:
    """The texts that a comment had before, oldest first."""
    rows = db.execute(select(revision).where(revision.c.comment == comment_id).order_by(revision.c.seq))
    return [Revision(row.comment, row.seq, row.at, row.by, row.body) for row in rows]
