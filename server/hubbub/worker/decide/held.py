"""The rules of letting held comments through, and of refusing them. See `base.decide`."""

from contextlib import suppress
from dataclasses import replace

from hubbub.commands.base import Done
from hubbub.commands.moderation import ApproveComment, ReleaseHeld
from hubbub.domain.actor import Actor, check
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.held import Held
from hubbub.domain.model import Decision, State, Thread
from hubbub.domain.permissions import Permission
from hubbub.storage.held import due_held
from hubbub.worker.batch import Batch
from hubbub.worker.decide.base import decide
from hubbub.worker.decide.posting import number
from hubbub.worker.held import already_decided, check_seen, check_undecided, plan_release

RELEASED_AT_ONCE = 100  # in one transaction


@decide.register
def approve(command: ApproveComment, batch: Batch, at: int) -> Done:
    """Lets a comment through, also one that the sender knows to be marked as spam. A closed thread takes none, whoever
    wrote it and when."""
    held = batch.held.known.get(command.comment)
    comment = batch.comment(command.comment) if held is None else held.comment
    thread = batch.thread(comment.thread)
    actor = check(command.actor, Permission.APPROVE, thread.site)
    name = batch.decider_of(comment)
    check_seen(comment, command.seen, name)
    if held is None:
        decided = already_decided(comment, actor.id, name)
        if decided is not None:
            raise decided
        return Done(thread, comment)
    known_spam = comment.state is State.SPAM and command.seen == State.SPAM
    if not known_spam and not check_undecided(held, actor.id):
        if comment.state is State.SPAM:
            raise Refused(ErrorCode.CONFLICT, "You have marked this comment as spam; `seen` must be spam.")
        raise Refused(ErrorCode.CONFLICT, "You have removed this comment; its author may write another.")
    if thread.closed:
        raise Refused(ErrorCode.THREAD_CLOSED, "The thread is closed; reopen it to let comments through.")
    return let_through(batch, thread, held, at, actor)


@decide.register
def release(command: ReleaseHeld, batch: Batch, at: int) -> Done:
    """Lets those through that are due. A closed thread takes none: they go on waiting until it is reopened."""
    thread = batch.thread(command.thread)
    if thread.closed:
        return Done(thread)
    batch.held.write(batch.db)
    for held in due_held(batch.db, thread.id, RELEASED_AT_ONCE):
        with suppress(Refused):  # erased by its author since it was read; the plan goes on with the others
            let_through(batch, batch.thread(thread.id), held, at)
    plan_release(batch.db, thread.id)
    return Done(batch.thread(thread.id))


def let_through(batch: Batch, thread: Thread, held: Held, at: int, by: Actor | None = None) -> Done:
    """Gives a held comment the next number and seq. Its time is now: times are in the order of the numbers, and its
    author may mend it from when others see it. `by` is who of the staff let it through."""
    batch.held.take(batch.db, held)
    found = held.comment
    if found.state is State.SPAM:
        batch.decisions.forget([found.id])
    who = {"by_id": found.author.id} if by is None else {"by": by.name or None, "by_id": by.id}
    thread = number(batch, thread, found.id, found.parent, at, **who)
    decision = None if by is None else Decision(State.VISIBLE, by.id)
    comment = replace(found, number=thread.last_number, seq=thread.head, at=at, removed=False, decision=decision)
    batch.add(comment, held.email, held.fingerprint)
    batch.held.tell(comment)
    return Done(thread, comment, thread.head)


def refuse(
    batch: Batch, held: Held, actor: Actor, at: int, reason: str | None = None, state: State = State.REMOVED
) -> Done:
    """Refuses a held comment for good, or takes it back where it is the actor's own. Its author is told, but not of
    spam: such a comment waits for them still, and only what was to be seen soon is so no more."""
    thread = batch.thread(held.comment.thread)
    if not check_undecided(held, actor.id):
        return Done(thread, held.comment)
    refused = held.comment.decided(state, actor.id, reason)
    batch.held.refuse(batch.db, held, refused, actor.name)
    batch.decisions.note(refused, thread.site, actor, at)
    if state is State.SPAM and (held.comment.decision is None or held.comment.decision.due is None):
        return Done(thread, refused)
    batch.held.tell(refused, reason)
    return Done(batch.count_held(thread.id), refused)
