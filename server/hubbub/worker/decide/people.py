"""The rules of what authors do about themselves. See `base.decide`."""

from dataclasses import replace

import msgspec

from hubbub.commands.base import Done
from hubbub.commands.people import EraseComments, EraseSeen, PutPairing, PutSeen
from hubbub.domain.actor import check
from hubbub.domain.errors import forbidden, not_found
from hubbub.domain.model import State
from hubbub.domain.permissions import Permission
from hubbub.storage.held import erase_held
from hubbub.storage.pairing import put_pairing
from hubbub.storage.seen import Seen, erase_seen, put_seen
from hubbub.storage.threads import thread_by_id
from hubbub.worker.batch import Batch
from hubbub.worker.decide.base import decide
from hubbub.worker.decide.moderation import set_state


@decide.register
def erase(command: EraseComments, batch: Batch, at: int) -> Done:
    """Removes an author's own comments, whenever they were written, and wipes what was in them. What of theirs the
    thread holds back goes too, and their other connections are told."""
    thread = batch.thread(command.thread)
    actor = check(command.actor, Permission.COMMENT, thread.site)
    own = [comment for comment_id in command.comments if (comment := batch.comment(comment_id)).thread == thread.id]
    if len(own) < len(command.comments) or any(comment.author.id != actor.id for comment in own):
        raise forbidden("Only its author may erase a comment.")
    nameless = replace(actor, name="")  # also in the log
    for comment in own:
        set_state(batch, comment, State.REMOVED, at, nameless)
        batch.erase(batch.comment(comment.id))
    batch.decisions.write(batch.db)  # before what it is about goes
    if batch.held.erase(batch.db, thread.id, actor.id):
        batch.count_held(thread.id)
    if command.last:
        batch.forget(thread.site, actor.id)
    return Done(batch.thread(thread.id))


@decide.register
def pair(command: PutPairing, batch: Batch, at: int) -> Done:
    """Keeps a pairing code. Staff have one-time links."""
    actor = check(command.actor, Permission.CHOOSE_NAME, command.actor.site)
    put_pairing(batch.db, command.digest, msgspec.json.encode(actor).decode(), command.ends)
    return Done()


@decide.register
def see(command: PutSeen, batch: Batch, at: int) -> Done:
    """Keeps how far an author has read: at most to the last comment that there is."""
    thread = thread_by_id(batch.db, command.thread)
    if thread is None:
        raise not_found("thread")
    actor = check(command.actor, Permission.COMMENT, thread.site)
    put_seen(batch.db, actor.id, thread.id, Seen(min(command.number, thread.last_number), at))
    return Done()


@decide.register
def forget_seen(command: EraseSeen, batch: Batch, at: int) -> Done:
    """Forgets how far an author has read, and what of theirs was held meanwhile: they have no comments."""
    actor = check(command.actor, Permission.COMMENT, command.actor.site)
    erase_seen(batch.db, actor.id)
    batch.decisions.write(batch.db)
    erase_held(batch.db, actor.site, actor.id)
    return Done()
