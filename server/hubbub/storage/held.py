"""Comments that are held back, apart from all others: no query about comments finds them."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, func, literal_column, or_, select, update

from hubbub.domain.held import Held
from hubbub.domain.model import Author, Comment, Decision, Role, State
from hubbub.names.folding import fold
from hubbub.storage.bulk import among, inserting, to_json
from hubbub.storage.clock import Now
from hubbub.storage.comments import COMMENT, to_comment
from hubbub.storage.decided import forget_decided
from hubbub.storage.schema import comment, held

_ROLES: Mapping[str, str] = {role.value: role for role in Role}  # what a newer version stored stays a plain string
_BY_IDS = select(held).where(among(held.c.id, "ids"))
_INSERT = inserting(held)


def to_held(row: Row[Any]) -> Held:
    """A row of `held`."""
    by = Author(row.author_id, row.author_name, row.author_website, _ROLES.get(row.author_role, row.author_role))
    decision = Decision(State(row.state), row.state_by, row.state_reason, row.due)
    texts = row.parent, by, row.body, row.html
    found = Comment(row.id, row.thread, 0, 0, *texts, row.at, removed=True, decision=decision)
    return Held(found, row.why, row.place, row.author_email, row.fingerprint, row.state_by_name)


def insert_held(db: Connection, site: str, new: Iterable[Held]) -> None:
    """Holds comments of a site back."""
    rows = [
        {
            "id": one.comment.id,
            "site": site,
            "thread": one.comment.thread,
            "place": one.place,
            "parent": one.comment.parent,
            "author_id": one.comment.author.id,
            "author_name": one.comment.author.name,
            "author_website": one.comment.author.website,
            "author_email": one.email,
            "author_role": one.comment.author.role,
            "body": one.comment.body,
            "html": one.comment.html,
            "at": one.comment.at,
            "fingerprint": one.fingerprint,
            "why": one.why,
            "due": one.comment.decision and one.comment.decision.due,
            "state": State.HELD,
            "state_by": None,
            "state_by_name": None,
            "state_reason": None,
            "folded": fold(one.comment.author.name),
        }
        for one in new
    ]
    _INSERT.run(db, rows)


def held_comments(db: Connection, ids: Collection[str]) -> dict[str, Held]:
    """Those of these comments that are held or were refused, by id."""
    rows = db.execute(_BY_IDS, {"ids": to_json(ids)}) if ids else ()
    return {row.id: to_held(row) for row in rows}


def held_by_id(db: Connection, comment_id: str) -> Comment | None:
    """The comment with this id, if it is held or was refused."""
    found = held_comments(db, [comment_id]).get(comment_id)
    return None if found is None else found.comment


def take_held(db: Connection, taken: Comment) -> bool:
    """Takes a comment out, for this transaction to let it through; False if it is not in this state any longer."""
    found = delete(held).where(held.c.id == taken.id, held.c.state == taken.state).returning(held.c.id)
    return db.execute(found).first() is not None


def refuse_held(db: Connection, before: Comment, refused: Comment, by: str) -> bool:
    """Notes who refused a comment, an actor's name, and why; False if it is not as `before` any longer."""
    decision = refused.decision
    assert decision is not None
    values = {"state": decision.state, "state_by": decision.by, "state_reason": decision.reason, "state_by_name": by}
    changed = update(held).where(held.c.id == refused.id, held.c.state == before.state).values(due=None, **values)
    return db.execute(changed).rowcount > 0


def due_held(db: Connection, thread_id: str, most: int) -> list[Held]:
    """The comments of a thread that are to be let through by now, in the order in which they were written."""
    due = held.c.thread == thread_id, held.c.due <= Now(), held.c.state == State.HELD
    return [to_held(row) for row in db.execute(select(held).where(*due).order_by(held.c.place).limit(most))]


def next_due(db: Connection, thread_id: str) -> int | None:
    """When the next comment of a thread is to be let through by itself (ms)."""
    found: int | None = db.scalar(select(func.min(held.c.due)).where(held.c.thread == thread_id))
    return found


def shift_due(db: Connection, thread_id: str, by: int) -> None:
    """Has those comments of a thread that are let through by themselves wait `by` ms more, or less."""
    waiting = held.c.thread == thread_id, held.c.due.is_not(None)
    db.execute(update(held).where(*waiting).values(due=held.c.due + by))


def own_unseen(db: Connection, thread_id: str, author_id: str, most: int) -> list[Comment]:
    """The last comments of an author in a thread that others don't see, oldest first: those that are held, or that
    somebody else has removed."""
    mine = held.c.author_id == author_id, held.c.thread == thread_id
    others = or_(held.c.state_by.is_(None), held.c.state_by != author_id)
    query = select(held).where(*mine, others).order_by(held.c.at.desc()).limit(most)
    found = [to_held(row).comment for row in db.execute(query)]
    query = (
        select(*COMMENT)
        .where(comment.c.author_id == author_id, comment.c.thread == thread_id, literal_column("removed"))
        .where(comment.c.state_by != author_id, comment.c.body != "")
        .order_by(comment.c.at.desc())
        .limit(most)
    )
    found += [to_comment(row) for row in db.execute(query)]
    return sorted(found, key=lambda one: one.at)[-most:]


def erase_held_in(db: Connection, thread_id: str, author_id: str) -> list[Held]:
    """Removes the comments of an author in a thread that are held or were refused; returns them, oldest first."""
    erased = delete(held).where(held.c.thread == thread_id, held.c.author_id == author_id).returning(held)
    found = sorted(map(to_held, db.execute(erased)), key=lambda one: one.place)
    forget_decided(db, [one.comment.id for one in found])
    return found


def erase_held(db: Connection, site: str, author_id: str) -> None:
    """Removes the comments of an author on a site that are held or were refused."""
    erased = delete(held).where(held.c.site == site, held.c.author_id == author_id).returning(held.c.id)
    forget_decided(db, db.execute(erased).scalars().all())


def count_held(db: Connection, site: str) -> int:
    """How many comments of a site are held."""
    counted = select(func.count()).select_from(held).where(held.c.site == site, held.c.state == State.HELD)
    return db.scalar(counted) or 0
