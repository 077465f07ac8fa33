"""The rules of threads. See `base.decide`."""

import base64
import secrets
from dataclasses import replace
from typing import Any

from msgspec import UNSET

from hubbub.commands.base import Done
from hubbub.commands.schedule import to_payload
from hubbub.commands.threads import CloseThread, EnsureThread, KeepThreads, PinComment, PutThread, ReopenThread, SetMode
from hubbub.domain.actor import Actor, check
from hubbub.domain.errors import ErrorCode, Refused, bad_request, not_found
from hubbub.domain.events import Kind
from hubbub.domain.model import Closing, Role, Thread
from hubbub.domain.permissions import Permission
from hubbub.storage import empty_threads
from hubbub.storage.held import shift_due
from hubbub.storage.schedule import Due, cancel_due, put_due
from hubbub.worker.batch import Batch
from hubbub.worker.decide.base import decide
from hubbub.worker.held import plan_release


@decide.register
def close(command: CloseThread, batch: Batch, at: int) -> Done:
    """Closes a thread, or gives a closed one another reason."""
    thread = batch.thread(command.thread)
    actor = check(command.actor, Permission.CLOSE, thread.site)
    if thread.closed and thread.reason == command.reason and thread.mode.close_at is None:
        return Done(thread)
    if thread.mode.close_at is not None:
        cancel_due(batch.db, [_closing(thread)])
    closing = Closing(at, actor.id, actor.name)
    mode = replace(thread.mode, close_at=None)
    thread = replace(thread, closed=True, reason=command.reason, mode=mode, closing=closing)
    thread = batch.log(thread, Kind.CLOSED, at, reason=command.reason, by=actor.name, by_id=actor.id)
    return Done(thread, seq=thread.head)


@decide.register
def reopen(command: ReopenThread, batch: Batch, at: int) -> Done:
    """Opens a closed thread again."""
    thread = batch.thread(command.thread)
    actor = check(command.actor, Permission.CLOSE, thread.site)
    if not thread.closed:
        return Done(thread)
    if thread.held:
        plan_release(batch.db, thread.id)
    thread = replace(thread, closed=False, reason=None, closing=None)
    thread = batch.log(thread, Kind.REOPENED, at, by=actor.name, by_id=actor.id)
    return Done(thread, seq=thread.head)


@decide.register
def pin(command: PinComment, batch: Batch, at: int) -> Done:
    """Pins a comment that everybody sees, in place of the one before, or none."""
    thread = batch.thread(command.thread)
    actor = check(command.actor, Permission.PIN, thread.site)
    if command.comment is not None:
        comment = batch.comment(command.comment)
        if comment.thread != thread.id:
            raise not_found("comment")
        if comment.removed:
            raise Refused(ErrorCode.CONFLICT, "This comment was removed.")
    if thread.pinned == command.comment:
        return Done(thread)
    thread = replace(thread, pinned=command.comment)
    thread = batch.log(thread, Kind.PINNED, at, by=actor.name, by_id=actor.id)
    return Done(thread, seq=thread.head)


@decide.register
def set_mode(command: SetMode, batch: Batch, at: int) -> Done:
    """Changes what holds for new comments of a thread, and when it closes."""
    thread = batch.thread(command.thread)
    actor = check(command.actor, Permission.CHANGE_MODE, thread.site)
    asked: dict[str, Any] = {name: getattr(command, name) for name in ("slow", "who", "hold", "delay", "close_at")}
    mode = replace(thread.mode, **{name: value for name, value in asked.items() if value is not UNSET})
    if mode == thread.mode:
        return Done(thread)
    if mode.close_at != thread.mode.close_at:
        _plan_closing(batch, thread, actor, mode.close_at)
    if mode.slow != thread.mode.slow:
        batch.modes.change_pace(batch.db, thread, mode.slow, at)
    if mode.delay != thread.mode.delay and thread.held:
        batch.held.write(batch.db)
        shift_due(batch.db, thread.id, (mode.delay - thread.mode.delay) * 1000)
        plan_release(batch.db, thread.id)
    thread = batch.log(replace(thread, mode=mode), Kind.MODE, at, by=actor.name, by_id=actor.id)
    return Done(thread, seq=thread.head)


def _plan_closing(batch: Batch, thread: Thread, actor: Actor, close_at: int | None) -> None:
    """Sets when a thread closes. Whoever planned it may do so now; it happens although they may not later."""
    if thread.closed:
        raise Refused(ErrorCode.CONFLICT, "The thread is closed already; reopen it first.")
    cancel_due(batch.db, [_closing(thread)])
    if close_at is not None:
        closing = CloseThread(thread=thread.id, actor=replace(actor, role=Role.OPERATOR), reason=None)
        put_due(batch.db, Due(_closing(thread), close_at, type(closing).__name__, thread.id, to_payload(closing)))


def _closing(thread: Thread) -> str:
    """The id of the plan to close a thread: there is one at most."""
    return f"close {thread.id}"


@decide.register
def ensure(command: EnsureThread, batch: Batch, at: int) -> Done:
    """Finds a page's thread, or makes it."""
    return Done(_ensure(batch, command.site, command.key, command.url))


@decide.register
def keep(command: KeepThreads, batch: Batch, at: int) -> Done:
    """Notes that somebody reads these threads."""
    empty_threads.see(batch.db, command.threads)
    return Done()


@decide.register
def put(command: PutThread, batch: Batch, at: int) -> Done:
    """Sets a thread's title, address and article."""
    if command.actor is not None:
        check(command.actor, Permission.PUT_THREAD, command.site)
    known = batch.thread_of(command.site, command.key)
    old = None if known is None else batch.article(known.id)
    article = command.article
    if command.details is not None:
        if old is None:
            raise bad_request("Section, author, source and time are an article's: give its `body` too.")
        article = command.details.put_into(old)
    thread = _ensure(batch, command.site, command.key, None)
    changed = replace(
        thread,
        title=thread.title if command.title is None else command.title,
        url=thread.url if command.url is None else command.url,
    )
    if changed == thread and article in (None, old):
        return Done(thread)
    if article is not None:
        batch.put_article(thread.id, article)
    changed = batch.log(changed, Kind.CHANGED, at)
    return Done(changed, seq=changed.head)


def _ensure(batch: Batch, site: str, key: str, url: str | None) -> Thread:
    found = batch.thread_of(site, key)
    if found is not None:
        return found
    if not batch.knows_site(site):
        raise not_found("site")
    new = Thread(
        id=base64.b32encode(secrets.token_bytes(10)).decode().lower(),
        site=site,
        key=key,
        title=None,
        url=url,
        closed=False,
        reason=None,
        epoch=secrets.token_hex(4),
        head=0,
        last_number=0,
        comments=0,
    )
    batch.make(new)
    return new
