"""What a batch knows of comments that are held back (G12)."""

from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, literal, select

from hubbub.commands.moderation import ReleaseHeld
from hubbub.commands.schedule import to_payload
from hubbub.domain.errors import Decided, Refused, decided_before, not_found
from hubbub.domain.held import Held, OwnChange
from hubbub.domain.model import Comment, State, Thread
from hubbub.storage.clock import Now
from hubbub.storage.held import erase_held_in, insert_held, next_due, refuse_held, take_held
from hubbub.storage.schedule import Due, put_due, put_missing


@dataclass(slots=True)
class Holding:
    """The held comments that the batch's commands are about, and those that it holds back itself."""

    known: dict[str, Held] = field(default_factory=dict)
    threads: set[str] = field(default_factory=set)  # whose held comments it changes
    told: dict[str, list[OwnChange]] = field(default_factory=dict)  # to the authors, by thread
    _now: int | None = None
    _new: dict[str, list[Held]] = field(default_factory=dict)  # by site

    def add(self, thread: Thread, held: Held) -> None:
        """Holds a comment back."""
        self.known[held.comment.id] = held
        self._new.setdefault(thread.site, []).append(held)

    def due_in(self, db: Connection, thread: Thread) -> int:
        """When a comment that is written now is let through (ms), by the database's clock; plans it."""
        if self._now is None:
            self._now = int(db.scalar(select(Now())) or 0)
        due = self._now + thread.mode.delay * 1000
        put_missing(db, _release(thread.id), literal(due), *_plan(thread.id))
        return due

    def tell(self, comment: Comment, reason: str | None = None) -> None:
        """Tells the author of a comment what its state is now."""
        self.told.setdefault(comment.thread, []).append(OwnChange(comment, reason))

    def take(self, db: Connection, held: Held) -> None:
        """Takes a comment out, to let it through. Refused `not_found` if its author has erased it meanwhile."""
        self.write(db)
        if not take_held(db, held.comment):
            raise not_found("comment")
        self.known.pop(held.comment.id, None)

    def refuse(self, db: Connection, held: Held, refused: Comment, by: str) -> None:
        """Keeps that a comment was refused, by an actor of that name. Refused `not_found` as in `take`."""
        self.write(db)
        if not refuse_held(db, held.comment, refused, by):
            raise not_found("comment")
        self.known[refused.id] = replace(held, comment=refused, by=by)

    def erase(self, db: Connection, thread: str, author: str) -> bool:
        """Removes what an author has in a thread, and tells them of what they saw; returns whether there was any."""
        self.write(db)
        erased = erase_held_in(db, thread, author)
        for held in erased:
            self.known.pop(held.comment.id, None)
            if held.comment.decision is None or held.comment.decision.by != author:
                self.tell(held.comment.decided(State.REMOVED, author, None))
        return bool(erased)

    def write(self, db: Connection) -> None:
        """Stores what is new."""
        for site, new in self._new.items():
            insert_held(db, site, new)
        self._new.clear()


def plan_release(db: Connection, thread: str) -> None:
    """Plans to let the next comment of a thread through, if one is to be."""
    due = next_due(db, thread)
    if due is not None:
        put_due(db, Due(_release(thread), due, *_plan(thread)))


def _release(thread: str) -> str:
    """The id of the plan: there is one at most for a thread."""
    return f"release {thread}"


def _plan(thread: str) -> tuple[str, str, str]:
    command = ReleaseHeld(thread)
    return type(command).__name__, thread, to_payload(command)


def check_undecided(held: Held, actor_id: str) -> bool:
    """Whether nobody has decided about a comment yet, as far as the actor may know; False where this actor has. Refused
    `conflict` where somebody else has (G14)."""
    decision = held.comment.decision
    assert decision is not None
    if decision.state is State.HELD or (decision.state is State.SPAM and actor_id == held.comment.author.id):
        return True
    if decision.by == actor_id:
        return False
    raise decided_before(Decided(str(decision.state), decision.by, held.by))


def check_seen(comment: Comment, seen: str | None, name: str | None) -> None:
    """Refused `conflict` if a comment is no longer in the state in which the sender saw it (G14). `name` is the name of
    who decided since, which may be the sender."""
    decision = comment.decision
    if seen is None or seen == comment.state:
        return
    back = "approved" if seen == State.HELD else "restored"
    action = back if comment.state is State.VISIBLE else str(comment.state)
    raise decided_before(Decided(action, None if decision is None else decision.by, name))


def already_decided(comment: Comment, actor_id: str, name: str | None) -> Refused | None:
    """What refuses to approve a comment that is not held: `conflict`, if somebody else than the actor has decided about
    it; `name` is theirs (G14)."""
    decision = comment.decision
    if comment.removed:
        return decided_before(Decided(str(comment.state), None if decision is None else decision.by, name))
    if decision is None or decision.by == actor_id:
        return None
    return decided_before(Decided("approved", decision.by, name))
