"""One batch of commands, one transaction: decide, number, write; on disk when it returns."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from hubbub.domain.errors import ErrorCode, Refused, bad_request, not_found
from hubbub.domain.model import Kind, Site, Thread
from hubbub.domain.times import now_ms
from hubbub.storage import bounds
from hubbub.storage.comments import known_comments
from hubbub.storage.events import moderated_comments
from hubbub.storage.idempotency import handled_before, insert_dead_letter, insert_handled
from hubbub.storage.sites import is_site_used, site_by_name
from hubbub.storage.threads import lock_threads, threads_by_page
from hubbub.transport.commands import (
    Answer,
    AnyWrite,
    ChangeSite,
    CloseThread,
    Denied,
    Done,
    EditComment,
    EnsureThread,
    KeepThreads,
    PostComment,
    Publication,
    PutSite,
    PutThread,
    RemoveComment,
    RemoveSite,
    ReopenThread,
    RestoreComment,
    SiteBasics,
    UseCode,
)
from hubbub.worker import decide
from hubbub.worker.handled import Handled
from hubbub.worker.ledger import Ledger
from hubbub.worker.quota import Quota


class Committed(NamedTuple):
    """The answers, in the order of the commands, and what to tell the readers."""

    answers: list[Answer]
    publications: list[Publication]


def commit(db: Connection, commands: Sequence[AnyWrite], daily: int = 0) -> Committed:
    """Carries out `commands` inside the connection's transaction; each gets an answer, refused ones store nothing but
    the refusal: whoever brings the same request again, however late, hears the same. An author may write `daily`
    comments a day; 0 is without a bound."""
    ledger, handled = _open(db, commands), Handled(db, commands)
    ledger.quota = Quota(daily)
    ledger.quota.load(db, [one for one in commands if isinstance(one, PostComment)], now_ms())
    answers = [_answer(db, ledger, handled, command) for command in commands]
    ledger.write(db, now_ms())
    handled.write(db)
    return Committed(answers, ledger.publications())


def bury(db: Connection, command: AnyWrite, error: str, denied: Denied) -> None:
    """Puts a command that no transaction could take where somebody can look at it; it stays refused."""
    try:
        shown = msgspec.json.encode(command).decode()
    except UnicodeEncodeError:
        shown = repr(command)
    insert_dead_letter(db, _storable(shown), _storable(error), now_ms())
    handled = Handled(db, [command])
    handled.note(command, denied)
    handled.write(db)


def _storable(text: str) -> str:
    """`text` without what no database takes: lone surrogates and NUL, be it escaped for JSON."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "").replace("\\u0000", "")


def _open(db: Connection, commands: Sequence[AnyWrite]) -> Ledger:
    """Locks the threads first, so that what is read afterwards cannot change under us."""
    pages = threads_by_page(db, [(c.site, c.key) for c in commands if isinstance(c, EnsureThread | PutThread)])
    threads = {command.thread for command in commands if hasattr(command, "thread")}
    ids = {command.comment for command in commands if hasattr(command, "comment")}
    posts = [command for command in commands if isinstance(command, PostComment)]
    ids.update(command.id for command in posts)
    ids.update(command.parent for command in posts if command.parent is not None)
    threads.update(pages.values())
    threads.update(one for command in commands if isinstance(command, KeepThreads) for one in command.threads)
    locked = lock_threads(db, threads) if threads else {}
    known = known_comments(db, ids)
    edits = [command for command in commands if isinstance(command, EditComment) and not command.actor.is_moderator]
    again = [known[one.comment][0] for one in edits if one.comment in known]
    return Ledger(locked, known, pages, moderated_comments(db, [comment for comment in again if comment.edited_at]))


def _answer(db: Connection, ledger: Ledger, handled: Handled, command: AnyWrite) -> Answer:
    try:
        if handled.was_done(command):
            return _again(db, ledger, command)
        refused = handled.refusal(command, ledger.known)
        if refused is not None:
            return refused
        answer: Done | Denied = _carry_out(db, ledger, command, now_ms())
    except Refused as error:
        answer = Denied.of(error)
    handled.note(command, answer)
    return answer


def _again(db: Connection, ledger: Ledger, command: AnyWrite) -> Done:
    """What a command that was carried out before is told: how things are now."""
    match command:
        case EditComment() | RemoveComment() | RestoreComment():
            comment = ledger.comment(command.comment)
            return Done(ledger.thread(comment.thread), comment)
        case CloseThread() | ReopenThread():
            return Done(ledger.thread(command.thread))
        case EnsureThread():  # which may have been forgotten since
            return Done(_ensure(db, ledger, command.site, command.key, command.url))
        case PutThread():
            return Done(ledger.page(command.site, command.key))
        case _:
            return Done()


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
            return Done(_ensure(db, ledger, command.site, command.key, command.url))
        case KeepThreads():
            bounds.see(db, command.threads)
            return Done()
        case PutThread():
            return _put_thread(db, ledger, command, at)
        case PutSite():
            return _put_site(db, ledger, command.site)
        case ChangeSite():
            return _change_site(db, ledger, command)
        case RemoveSite():
            return _remove_site(db, ledger, command.name)
        case UseCode():
            return _use_code(db, command.code)


def _put_site(db: Connection, ledger: Ledger, new: SiteBasics) -> Done:
    old = site_by_name(db, new.name) or Site(new.name, ())
    ledger.put_site(db, Site(new.name, new.origins, replace(old.settings, images=new.images)))
    return Done()


def _change_site(db: Connection, ledger: Ledger, command: ChangeSite) -> Done:
    old = site_by_name(db, command.name)
    if old is None and not command.add:
        raise not_found("site")
    old = old or Site(command.name, ())
    kept = old.origins if command.origins is None else command.origins
    unknown = set(command.remove) - set(kept)
    if unknown:
        raise bad_request(f"{', '.join(sorted(unknown))} is not among the origins of {command.name}.")
    origins = tuple(one for one in dict.fromkeys((*kept, *command.add)) if one not in command.remove)
    images = old.settings.images if command.images is None else command.images
    ledger.put_site(db, Site(old.name, origins, replace(old.settings, images=images)))
    return Done()


def _remove_site(db: Connection, ledger: Ledger, name: str) -> Done:
    if site_by_name(db, name) is None:
        raise not_found("site")
    if is_site_used(db, name):
        raise Refused(ErrorCode.CONFLICT, "This site has comments or articles; take its origins away instead.")
    ledger.remove_site(db, name)
    return Done()


def _use_code(db: Connection, code: str) -> Done:
    """A code is good once; two uses at the same moment can't both be remembered."""
    use = f"code {code}"
    if handled_before(db, [use]):
        raise Refused(ErrorCode.UNAUTHORIZED, "This link was used already; ask for a new one.")
    insert_handled(db, {use: None})
    return Done()


def _ensure(db: Connection, ledger: Ledger, site: str, key: str, url: str | None) -> Thread:
    """The thread of a page, made now if there is none."""
    found = ledger.page(site, key)
    if found is not None:
        return found
    if not ledger.knows_site(db, site):
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
    ledger.make(new)
    return new


def _put_thread(db: Connection, ledger: Ledger, command: PutThread, at: int) -> Done:
    known = ledger.page(command.site, command.key)
    old = None if known is None else ledger.article(db, known.id)
    article = command.article
    if command.details is not None:
        if old is None:
            raise bad_request("Section, author, source and time are an article's: give its `body` too.")
        article = command.details.put_into(old)
    thread = _ensure(db, ledger, command.site, command.key, None)
    changed = replace(
        thread,
        title=thread.title if command.title is None else command.title,
        url=thread.url if command.url is None else command.url,
    )
    if changed == thread and article in (None, old):
        return Done(thread)
    if article is not None:
        ledger.put_article(thread.id, article)
    changed = ledger.log(changed, Kind.CHANGED, at)
    return Done(changed, seq=changed.head)
