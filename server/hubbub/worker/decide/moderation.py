"""The rules of removing and restoring comments. See `base.decide`."""

from dataclasses import replace
from typing import Any

from hubbub.commands.base import Done
from hubbub.commands.moderation import MarkSpam, RemoveComment, RestoreComment
from hubbub.domain.actor import Actor, check, check_own
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.events import Kind
from hubbub.domain.held import as_its_author_sees
from hubbub.domain.model import Comment, State
from hubbub.domain.permissions import Permission
from hubbub.worker.batch import Batch
from hubbub.worker.decide.base import decide
from hubbub.worker.decide.held import refuse
from hubbub.worker.held import check_seen


@decide.register
def remove(command: RemoveComment, batch: Batch, at: int) -> Done:
    """Removes a comment, or refuses one that is held."""
    held = batch.held.known.get(command.comment)
    comment = batch.comment(command.comment) if held is None else held.comment
    thread = batch.thread(comment.thread)
    actor = check(command.actor, Permission.COMMENT, thread.site)
    check_own(actor, comment, at, Permission.REMOVE_ANY)
    shown = as_its_author_sees(comment) if actor.id == comment.author.id else comment
    check_seen(shown, command.seen, batch.decider_of(comment))
    if held is not None:
        return refuse(batch, held, actor, at, command.reason)
    return set_state(batch, comment, State.REMOVED, at, actor, command.reason)


@decide.register
def mark_spam(command: MarkSpam, batch: Batch, at: int) -> Done:
    """Takes a comment out of sight as spam, or refuses one that is held. What is out of sight stays as it is."""
    held = batch.held.known.get(command.comment)
    comment = batch.comment(command.comment) if held is None else held.comment
    actor = check(command.actor, Permission.APPROVE, batch.thread(comment.thread).site)
    check_seen(comment, command.seen, batch.decider_of(comment))
    if held is not None:
        return refuse(batch, held, actor, at, state=State.SPAM)
    return set_state(batch, comment, State.SPAM, at, actor)


@decide.register
def restore(command: RestoreComment, batch: Batch, at: int) -> Done:
    """Makes a removed comment visible again."""
    comment = batch.comment(command.comment)
    thread = batch.thread(comment.thread)
    actor = check(command.actor, Permission.RESTORE, thread.site)
    check_seen(comment, command.seen, batch.decider_of(comment))
    if not comment.body:
        raise Refused(ErrorCode.CONFLICT, "Its author has erased this comment.")
    return set_state(batch, comment, State.VISIBLE, at, actor)


def set_state(batch: Batch, comment: Comment, state: State, at: int, actor: Actor, reason: str | None = None) -> Done:
    """Shows a comment to everybody, or no longer; what is not shown is not pinned either."""
    thread = batch.thread(comment.thread)
    if comment.removed == (state is not State.VISIBLE):
        return Done(thread, comment)
    comment = comment.decided(state, actor.id, reason)
    batch.change(comment)
    batch.decisions.note(comment, thread.site, actor, at)
    if actor.id != comment.author.id:
        batch.held.tell(comment, reason)
    change = -1 if comment.removed else 1
    batch.authors.count(thread.site, comment, change)
    kind = Kind.REMOVED if comment.removed else Kind.RESTORED
    thread = replace(thread, comments=thread.comments + change)
    counts = batch.count_reply(comment.parent, change)
    who: dict[str, Any] = {"by": actor.name or None, "by_id": actor.id}
    thread = batch.log(thread, kind, at, comment=comment.id, reason=reason, counts=counts, **who)
    seq = thread.head
    if comment.removed and thread.pinned == comment.id:
        thread = batch.log(replace(thread, pinned=None), Kind.PINNED, at, **who)
    return Done(thread, comment, seq)
