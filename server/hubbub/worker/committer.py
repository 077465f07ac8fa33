"""One batch of commands, one transaction: decide, number, write; on disk when it returns."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from hubbub.domain.errors import Refused, not_found
from hubbub.domain.model import Kind, Thread
from hubbub.domain.times import now_ms
from hubbub.storage import reads, writes
from hubbub.transport.commands import (
    Answer,
    AnyWrite,
    CloseThread,
    Denied,
    Done,
    EditComment,
    EnsureThread,
    PostComment,
    Publication,
    PutSite,
    PutThread,
    RemoveComment,
    ReopenThread,
    RestoreComment,
)
from hubbub.worker import decide
from hubbub.worker.ledger import Ledger

REMEMBERED_MS = 24 * 3600 * 1000  # far longer than a transport keeps what it may bring again


class Committed(NamedTuple):
    """The answers, in the order of the commands, and what to tell the readers."""

    answers: list[Answer]
    publications: list[Publication]


def commit(db: Connection, commands: Sequence[AnyWrite]) -> Committed:
    """Carries out `commands` inside the connection's transaction; each gets an answer, refused ones store nothing."""
    ledger = _open(db, commands)
    requests = [command.request for command in commands if command.request is not None]
    before = writes.handled_before(db, requests)
    answers = [_again(ledger, c) if c.request in before else _answer(db, ledger, c) for c in commands]
    ledger.write(db)
    writes.insert_handled(db, set(requests) - before, now_ms(), now_ms() - REMEMBERED_MS)
    return Committed(answers, ledger.publications())


def _open(db: Connection, commands: Sequence[AnyWrite]) -> Ledger:
    """Locks the threads first, so that what is read of their comments cannot change under us."""
    threads = {command.thread for command in commands if hasattr(command, "thread")}
    ids = {command.comment for command in commands if hasattr(command, "comment")}
    posts = [command for command in commands if isinstance(command, PostComment)]
    ids.update(command.id for command in posts)
    ids.update(command.parent for command in posts if command.parent is not None)
    locked = writes.lock_threads(db, threads) if threads else {}
    return Ledger(locked, writes.known_comments(db, ids))


def _again(ledger: Ledger, command: AnyWrite) -> Answer:
    """What a command that was carried out before is told: how things are now."""
    comment = getattr(command, "comment", None)
    if comment is not None:
        found = ledger.comment(comment)
        return Done(ledger.thread(found.thread), found)
    thread = getattr(command, "thread", None)
    return Done(None if thread is None else ledger.thread(thread))


def _answer(db: Connection, ledger: Ledger, command: AnyWrite) -> Answer:
    try:
        return _carry_out(db, ledger, command, now_ms())
    except Refused as refused:
        return Denied.of(refused)


def _carry_out(db: Connection, ledger: Ledger, command: AnyWrite, at: int) -> Done:
    match command:
        case PostComment():
            return decide.post(ledger, command, at)
        case EditComment():
            return decide.edit(ledger, command, at)
        case RemoveComment():
            return decide.remove(ledger, command, at)
        case RestoreComment():
            return decide.restore(ledger, command, at)
        case CloseThread():
            return decide.close(ledger, command, at)
        case ReopenThread():
            return decide.reopen(ledger, command, at)
        case EnsureThread():
            return Done(_ensure(db, ledger, command.site, command.key, command.url, at))
        case PutThread():
            return _put_thread(db, ledger, command, at)
        case PutSite():
            writes.put_site(db, command.site)
            return Done()


def _ensure(db: Connection, ledger: Ledger, site: str, key: str, url: str | None, at: int) -> Thread:
    """The thread of a page, from the ledger if the batch holds it, made now if there is none."""
    found = reads.thread_by_key(db, site, key)
    if found is not None:
        known = ledger.threads.get(found.id)
        return known or ledger.threads.setdefault(found.id, writes.lock_threads(db, [found.id])[found.id])
    if not any(known.name == site for known in reads.sites(db)):
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
    writes.insert_thread(db, new, at)
    return ledger.threads.setdefault(new.id, new)


def _put_thread(db: Connection, ledger: Ledger, command: PutThread, at: int) -> Done:
    thread = _ensure(db, ledger, command.site, command.key, None, at)
    old = reads.article_of(db, thread.id)
    changed = replace(
        thread,
        title=thread.title if command.title is None else command.title,
        url=thread.url if command.url is None else command.url,
    )
    if changed == thread and command.article in (None, old):
        return Done(thread)
    if command.article is not None:
        writes.put_article(db, thread.id, command.article)
    changed = ledger.log(changed, Kind.CHANGED, at)
    return Done(changed, seq=changed.head)
