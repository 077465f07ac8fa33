"""Comments that others don't see, each with the page that it is on: for the queue of a site's staff, and for the export
of their author."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, select, tuple_

from hubbub.domain.held import Held
from hubbub.domain.model import Comment, State
from hubbub.storage.bulk import among, to_json
from hubbub.storage.comments import comments_by_id
from hubbub.storage.decided import TakenAway
from hubbub.storage.held import to_held
from hubbub.storage.schema import comment, decided, held, thread

_CARDS = select(held, thread.c.key, thread.c.url, thread.c.title).join(thread, thread.c.id == held.c.thread)
_PAGES = (
    select(comment.c.id, thread.c.key, thread.c.url, thread.c.title)
    .join(thread, thread.c.id == comment.c.thread)
    .where(among(comment.c.id, "ids"))
)


class Card(NamedTuple):
    """A comment that is held, or that the staff took out of sight, with the page that it is on. `held` is None where
    others saw it before."""

    comment: Comment
    key: str
    url: str | None
    title: str | None
    held: Held | None = None


class Found(NamedTuple):
    """A row, and the comment; None where it is seen again, or gone."""

    row: TakenAway
    card: Card | None


def read_queue(db: Connection, site: str, after: tuple[int, str] | None, limit: int) -> list[Card]:
    """What of a site is held, oldest first, beyond the sort key `after` (time and id)."""
    query = _CARDS.where(held.c.site == site, held.c.state == State.HELD).order_by(held.c.at, held.c.id).limit(limit)
    if after is not None:
        query = query.where(tuple_(held.c.at, held.c.id) > after)
    return [_to_card(row) for row in db.execute(query)]


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


def own_held(db: Connection, site: str, author_id: str) -> list[Card]:
    """All comments of an author on a site that are held or were refused, oldest first."""
    query = _CARDS.where(held.c.site == site, held.c.author_id == author_id).order_by(held.c.at, held.c.id)
    return [_to_card(row) for row in db.execute(query)]


def _cards(db: Connection, ids: Collection[str]) -> dict[str, Card]:
    """Those of these comments that nobody sees, by id."""
    found = _unnumbered(db, ids)
    known: dict[str, Comment] = {one.id: one for one in comments_by_id(db, ids).values() if one.removed and one.body}
    for made, key, url, title in db.execute(_PAGES, {"ids": to_json(list(known))}):
        found[made] = Card(known[made], key, url, title)
    return {made: card for made, card in found.items() if card.comment.state is not State.HELD}


def _unnumbered(db: Connection, ids: Collection[str]) -> dict[str, Card]:
    """Those of these comments that are held or were refused, by id."""
    rows = db.execute(_CARDS.where(among(held.c.id, "ids")), {"ids": to_json(ids)}) if ids else ()
    return {row.id: _to_card(row) for row in rows}


def _to_card(row: Row[Any]) -> Card:
    found = to_held(row)
    return Card(found.comment, row.key, row.url, row.title, found)
