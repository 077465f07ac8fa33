"""Decides one command against the ledger: the rules of posting and moderating, all in one place.

Each function either changes the ledger and returns what was done, or raises Refused and changes nothing. `at` is
now, in ms.
"""

import hashlib
from dataclasses import replace

from hubbub.domain.actor import check_author_or_moderator, check_edit
from hubbub.domain.errors import ErrorCode, Refused, bad_request
from hubbub.domain.model import Comment, Kind
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
    thread = ledger.log(thread, Kind.POSTED, at, comment=command.id)
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
    comment = replace(comment, body=command.body, html=command.html, edited_at=at)
    ledger.change(comment)
    own = command.actor.id == comment.author.id
    if not own:
        ledger.moderated.add(comment.id)
    thread = ledger.log(thread, Kind.EDITED, at, comment=comment.id, by=None if own else command.actor.name)
    return Done(thread, comment, thread.head)


def remove(ledger: Ledger, command: RemoveComment, at: int) -> Done:
    """Takes a comment out of sight."""
    comment = ledger.comment(command.comment)
    check_author_or_moderator(command.actor, comment, at)
    return _show(ledger, replace(comment, removed=True), Kind.REMOVED, at, command.reason, command.actor.name)


def restore(ledger: Ledger, command: RestoreComment, at: int) -> Done:
    """Brings a comment back."""
    comment = replace(ledger.comment(command.comment), removed=False)
    return _show(ledger, comment, Kind.RESTORED, at, None, command.actor.name)


def close(ledger: Ledger, command: CloseThread, at: int) -> Done:
    """Closes a thread, or gives a closed one another reason."""
    thread = ledger.thread(command.thread)
    if thread.closed and thread.reason == command.reason:
        return Done(thread)
    thread = replace(thread, closed=True, reason=command.reason)
    thread = ledger.log(thread, Kind.CLOSED, at, reason=command.reason, by=command.actor.name)
    return Done(thread, seq=thread.head)


def reopen(ledger: Ledger, command: ReopenThread, at: int) -> Done:
    """Opens a thread again."""
    thread = ledger.thread(command.thread)
    if not thread.closed:
        return Done(thread)
    thread = ledger.log(replace(thread, closed=False, reason=None), Kind.REOPENED, at, by=command.actor.name)
    return Done(thread, seq=thread.head)


def _show(ledger: Ledger, comment: Comment, kind: Kind, at: int, reason: str | None, by: str) -> Done:
    thread = ledger.thread(comment.thread)
    if ledger.comment(comment.id).removed == comment.removed:
        return Done(thread, comment)
    ledger.change(comment)
    thread = replace(thread, comments=thread.comments + (-1 if comment.removed else 1))
    thread = ledger.log(thread, kind, at, comment=comment.id, reason=reason, by=by)
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
