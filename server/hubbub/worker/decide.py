"""Decides one command against the ledger: the rules of posting and moderating, all in one place.

Each function either changes the ledger and returns what was done, or raises Refused and changes nothing. `at` is
now, in ms.
"""

import hashlib
from dataclasses import replace

from hubbub.domain.actor import Actor, check_author_or_moderator, check_edit
from hubbub.domain.errors import ErrorCode, Refused, bad_request
from hubbub.domain.model import Comment, Kind, State
from hubbub.transport.commands import (
    CloseThread,
    Done,
    EditComment,
    PostComment,
    RemoveComment,
    ReopenThread,
    RestoreComment,
)
from hubbub.worker.ledger import Ledger


def post(ledger: Ledger, command: PostComment, at: int) -> Done:
    """Numbers and adds a comment. An id that is known gets its first answer again, even if the thread closed since."""
    fingerprint = _fingerprint(command)
    if command.id in ledger.known:
        return _again(ledger, command.id, fingerprint)
    thread = ledger.thread(command.thread)
    if thread.closed:
        raise Refused(ErrorCode.THREAD_CLOSED, thread.reason or "Sorry. Comments have been closed on this article.")
    if command.parent is not None:
        _check_parent(ledger, command)
    ledger.quota.take(command.actor, at)
    thread = replace(thread, last_number=thread.last_number + 1, comments=thread.comments + 1)
    thread = ledger.log(thread, Kind.POSTED, at, comment=command.id, by_id=command.actor.id)
    comment = Comment(
        id=command.id,
        thread=thread.id,
        number=thread.last_number,
        seq=thread.head,
        parent=command.parent,
        author=command.actor.author,
        body=command.body,
        html=command.html,
        at=at,
    )
    ledger.add(comment, command.actor.email, fingerprint)
    return Done(thread, comment, thread.head)


def edit(ledger: Ledger, command: EditComment, at: int) -> Done:
    """Gives a comment another text; the same text again changes nothing."""
    comment = ledger.comment(command.comment)
    check_edit(command.actor, comment, at, moderated=comment.id in ledger.moderated)
    if comment.removed:
        raise Refused(ErrorCode.CONFLICT, "This comment was removed.")
    thread = ledger.thread(comment.thread)
    if comment.body == command.body:
        return Done(thread, comment)
    if thread.closed and not command.actor.is_moderator:
        raise Refused(ErrorCode.THREAD_CLOSED, "The thread is closed; its comments stay as they are.")
    replaced = comment.body
    comment = replace(comment, body=command.body, html=command.html, edited_at=at)
    ledger.change(comment)
    own = command.actor.id == comment.author.id
    if not own:
        ledger.moderated.add(comment.id)
    by = None if own else command.actor.name
    thread = ledger.log(thread, Kind.EDITED, at, comment=comment.id, by=by, by_id=command.actor.id)
    ledger.revise(comment, replaced, thread.head, command.actor)
    return Done(thread, comment, thread.head)


def remove(ledger: Ledger, command: RemoveComment, at: int) -> Done:
    """Takes a comment out of sight."""
    comment = ledger.comment(command.comment)
    check_author_or_moderator(command.actor, comment, at)
    return _set_state(ledger, comment, State.REMOVED, at, command.actor, command.reason)


def restore(ledger: Ledger, command: RestoreComment, at: int) -> Done:
    """Brings a comment back."""
    return _set_state(ledger, ledger.comment(command.comment), State.VISIBLE, at, command.actor)


def close(ledger: Ledger, command: CloseThread, at: int) -> Done:
    """Closes a thread, or gives a closed one another reason."""
    thread = ledger.thread(command.thread)
    if thread.closed and thread.reason == command.reason:
        return Done(thread)
    thread = replace(thread, closed=True, reason=command.reason)
    thread = ledger.log(thread, Kind.CLOSED, at, reason=command.reason, **_by(command.actor))
    return Done(thread, seq=thread.head)


def reopen(ledger: Ledger, command: ReopenThread, at: int) -> Done:
    """Opens a thread again."""
    thread = ledger.thread(command.thread)
    if not thread.closed:
        return Done(thread)
    thread = ledger.log(replace(thread, closed=False, reason=None), Kind.REOPENED, at, **_by(command.actor))
    return Done(thread, seq=thread.head)


def _by(actor: Actor) -> dict[str, str]:
    """Who did it, for the log."""
    return {"by": actor.name, "by_id": actor.id}


def _set_state(
    ledger: Ledger, comment: Comment, state: State, at: int, actor: Actor, reason: str | None = None
) -> Done:
    """Shows a comment to everybody, or no longer."""
    thread = ledger.thread(comment.thread)
    if comment.removed == (state is not State.VISIBLE):
        return Done(thread, comment)
    comment = comment.decided(state, actor.id, reason)
    ledger.change(comment)
    change = -1 if comment.removed else 1
    ledger.authors.count(thread.site, comment, change)
    kind = Kind.REMOVED if comment.removed else Kind.RESTORED
    thread = replace(thread, comments=thread.comments + change)
    thread = ledger.log(thread, kind, at, comment=comment.id, reason=reason, **_by(actor))
    return Done(thread, comment, thread.head)


def _again(ledger: Ledger, comment_id: str, fingerprint: str) -> Done:
    comment, known = ledger.known[comment_id]
    if known != fingerprint:
        raise Refused(ErrorCode.CONFLICT, "This id belongs to another comment; use a new one.")
    return Done(ledger.thread(comment.thread), comment, comment.seq)


def _check_parent(ledger: Ledger, command: PostComment) -> None:
    parent = ledger.known.get(command.parent or "")
    if parent is None or parent[0].thread != command.thread:
        raise bad_request("The comment this answers is not in this thread.")


def _fingerprint(command: PostComment) -> str:
    parts = (command.thread, command.actor.id, command.parent or "", command.body)
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
