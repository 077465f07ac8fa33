"""The rules of posting and editing. See `base.decide`."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from hubbub.commands import AnyWrite
from hubbub.commands.base import Done
from hubbub.commands.posting import EditComment, PostComment
from hubbub.domain.actor import Actor, check, check_edit
from hubbub.domain.errors import ErrorCode, Refused, bad_request, forbidden
from hubbub.domain.events import Kind
from hubbub.domain.model import DELAY, NO_MODE, Author, Comment, Decision, State, Thread
from hubbub.domain.permissions import Permission
from hubbub.names.folding import is_nobody
from hubbub.services.names import Claim
from hubbub.storage.events import moderated_comments
from hubbub.worker.batch import Batch
from hubbub.worker.decide.base import decide
from hubbub.worker.people import Quota


def preload(batch: Batch, commands: Sequence[AnyWrite], daily: int, at: int) -> None:
    """Reads at once what the rules need for all comments of the batch. An author may write `daily` comments a day."""
    batch.quota = Quota(daily)
    posts = [one for one in commands if isinstance(one, PostComment)]
    batch.quota.load(batch.db, posts, at)
    edits = [one for one in commands if isinstance(one, EditComment)]
    renames = [one for one in edits if one.rename]
    writes: list[PostComment | EditComment] = [*posts, *renames]
    claims = {claim for one in writes if (claim := _claim(one)) is not None}
    if claims:
        batch.names.load(batch.db, claims, at)
    edits = [one for one in edits if not one.actor.may(Permission.EDIT_ANY)]
    edited_before = [
        known[0] for edit in edits if (known := batch.known.get(edit.comment)) is not None and known[0].edited_at
    ]
    batch.moderated = moderated_comments(batch.db, edited_before)


@decide.register
def post(command: PostComment, batch: Batch, at: int) -> Done:
    """Numbers and adds a comment. A known id gets its first answer again, even if the thread was closed since."""
    fingerprint = _fingerprint(command)
    if command.id in batch.known or command.id in batch.held.known:
        return _again(batch, command.id, fingerprint)
    thread = batch.thread(command.thread)
    actor = check(command.actor, Permission.COMMENT, thread.site)
    if thread.closed:
        raise Refused(ErrorCode.THREAD_CLOSED, thread.reason or "Sorry. Comments have been closed on this article.")
    if command.parent is not None:
        _check_parent(batch, command)
    if thread.mode != NO_MODE:
        batch.modes.check(batch.db, thread, actor, at)
    claim = _claim(command)
    if claim is not None:
        batch.names.take(batch.db, claim, at)
    batch.quota.take(actor, at)
    if thread.mode.slow:
        batch.modes.note(thread, actor, at)
    if thread.mode != NO_MODE:
        why = batch.modes.why_held(batch.db, thread, actor, command.html)
        if why is not None:
            return _hold(command, batch, actor, at, why)
    thread = number(batch, thread, command.id, command.parent, at, by_id=actor.id)
    comment = Comment(
        id=command.id,
        thread=thread.id,
        number=thread.last_number,
        seq=thread.head,
        parent=command.parent,
        author=actor.author,
        body=command.body,
        html=command.html,
        at=at,
    )
    batch.add(comment, actor.email, fingerprint)
    return Done(thread, comment, thread.head)


def _hold(command: PostComment, batch: Batch, actor: Actor, at: int, why: str) -> Done:
    """Keeps a comment that others do not see yet."""
    due = batch.held.due_in(batch.db, batch.thread(command.thread)) if why == DELAY else None
    decision = Decision(State.HELD, due=due)
    texts = command.parent, actor.author, command.body, command.html
    comment = Comment(command.id, command.thread, 0, 0, *texts, at, removed=True, decision=decision)
    return Done(batch.hold(comment, why, actor.email, _fingerprint(command)), comment)


def number(batch: Batch, thread: Thread, comment: str, parent: str | None, at: int, **who: str | None) -> Thread:
    """Logs that a comment is there; returns the thread, whose last number and head are the comment's."""
    counted = {"last_number": thread.last_number + 1, "comments": thread.comments + 1}
    return batch.log(thread, Kind.POSTED, at, counted, comment=comment, counts=batch.count_reply(parent, 1), **who)


@decide.register
def edit(command: EditComment, batch: Batch, at: int) -> Done:
    """Replaces a comment's text, and its name if asked; the same ones again change nothing."""
    comment = batch.comment(command.comment)
    thread = batch.thread(comment.thread)
    actor = check(command.actor, Permission.COMMENT, thread.site)
    check_edit(actor, comment, at, moderated=comment.id in batch.moderated)
    if comment.removed:
        raise Refused(ErrorCode.CONFLICT, "This comment was removed.")
    author = _renamed(command, batch, comment, actor, at) if command.rename else comment.author
    if comment.body == command.body and comment.author == author:
        return Done(thread, comment)
    if thread.closed and not actor.may(Permission.EDIT_ANY):
        raise Refused(ErrorCode.THREAD_CLOSED, "The thread is closed; its comments stay as they are.")
    if thread.mode != NO_MODE:
        batch.modes.check_edit(thread, actor, comment.html, command.html)
    replaced, before = comment.body, comment.author
    comment = replace(comment, author=author, body=command.body, html=command.html, edited_at=at)
    batch.change(comment)
    if author != before:
        batch.authors.count(thread.site, replace(comment, at=at), 0)
    own = actor.id == comment.author.id
    if not own:
        batch.moderated.add(comment.id)
    by = None if own else actor.name
    thread = batch.log(thread, Kind.EDITED, at, comment=comment.id, by=by, by_id=actor.id)
    batch.revise(comment, replaced, thread.head, actor)
    return Done(thread, comment, thread.head)


def _renamed(command: EditComment, batch: Batch, comment: Comment, actor: Actor, at: int) -> Author:
    """The author of a comment under the name that they have now. Raises Refused."""
    if actor.id != comment.author.id:
        raise forbidden("Only its own author may change the name of a comment.")
    claim = _claim(command)
    if claim is not None:
        batch.names.take(batch.db, claim, at)
    return replace(comment.author, name=actor.name, website=actor.website)


def _claim(command: PostComment | EditComment) -> Claim | None:
    """The name that a guest claims by what they write, where names are kept."""
    actor = command.actor
    if not command.keeps_names or not actor.may(Permission.CHOOSE_NAME):
        return None
    if actor.signed_on or is_nobody(actor.name):  # the publisher knows whose name it is
        return None
    return Claim(actor.site, actor.id, actor.name)


def _again(batch: Batch, comment_id: str, fingerprint: str) -> Done:
    held = batch.held.known.get(comment_id)
    comment, known = batch.known[comment_id] if held is None else (held.comment, held.fingerprint)
    if known != fingerprint:
        raise Refused(ErrorCode.CONFLICT, "This id belongs to another comment; use a new one.")
    return Done(batch.thread(comment.thread), comment, comment.seq or None)


def _check_parent(batch: Batch, command: PostComment) -> None:
    parent = batch.known.get(command.parent or "")
    if parent is None or parent[0].thread != command.thread:
        raise bad_request("The comment this answers is not in this thread.")


def _fingerprint(command: PostComment) -> str:
    parts = (command.thread, command.actor.id, command.parent or "", command.body)
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
