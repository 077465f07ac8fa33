"""Comments that the staff took out of sight, with who did it when, for the queue. A row may be out of date where a node
of an older version restored its comment; it is passed over."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, select, tuple_

from hubbub.domain.model import Comment, State
from hubbub.storage.bulk import among, inserting, to_json
from hubbub.storage.comments import comments_by_id
from hubbub.storage.held import Card, cards_by_id
from hubbub.storage.schema import comment, decided, thread

_FORGET = delete(decided).where(among(decided.c.comment, "ids"))
_INSERT = inserting(decided)
_PAGES = (
    select(comment.c.id, thread.c.key, thread.c.url, thread.c.title)
    .join(thread, thread.c.id == comment.c.thread)
    .where(among(comment.c.id, "ids"))
)


class TakenAway(NamedTuple):
    """A comment that somebody of a site's staff (an id and a name) took out of sight, in this state, `at` that time
    (ms)."""

    comment: str
    site: str
    state: str
    at: int
    by: str | None
    by_id: str


class Found(NamedTuple):
    """A row, and the comment; None where it is seen again, or gone."""

    row: TakenAway
    card: Card | None


def insert_decided(db: Connection, new: Iterable[TakenAway]) -> None:
    """Keeps what was taken out of sight; there is none of these comments yet."""
    _INSERT.run(db, [one._asdict() for one in new])


def forget_decided(db: Connection, ids: Collection[str]) -> None:
    """Forgets what was decided about these comments."""
    if ids:
        db.execute(_FORGET, {"ids": to_json(ids)})


def count_decided(db: Connection, site: str) -> dict[str, int]:
    """How many comments of a site were taken out of sight, by their state."""
    counted = select(decided.c.state, func.count()).where(decided.c.site == site).group_by(decided.c.state)
    return {row[0]: row[1] for row in db.execute(counted)}


def read_decided(db: Connection, site: str, state: State, before: tuple[int, str] | None, limit: int) -> list[Found]:
    """What of a site is in this state, what was decided last first, beyond the sort key `before` (time and id)."""
    query = select(decided).where(decided.c.site == site, decided.c.state == state)
    query = query.order_by(*_order()).limit(limit)
    if before is not None:
        query = query.where(tuple_(decided.c.at, decided.c.comment) < before)
    rows = [TakenAway(*row) for row in db.execute(query)]
    cards = _cards(db, [row.comment for row in rows])
    return [Found(row, cards.get(row.comment)) for row in rows]


def _order() -> tuple[ColumnElement[object], ...]:
    return decided.c.at.desc(), decided.c.comment.desc()


def _cards(db: Connection, ids: Collection[str]) -> dict[str, Card]:
    """Those of these comments that nobody sees, by id."""
    found = cards_by_id(db, ids)
    known: dict[str, Comment] = {one.id: one for one in comments_by_id(db, ids).values() if one.removed and one.body}
    for made, key, url, title in db.execute(_PAGES, {"ids": to_json(list(known))}):
        found[made] = Card(known[made], key, url, title)
    return {made: card for made, card in found.items() if card.comment.state is not State.HELD}
