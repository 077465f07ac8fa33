"""What an author may do with all they wrote on a site: take it along, and erase it."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, TypeVar

from hubbub.commands.people import EraseComments, ErasePasskeys, EraseSeen
from hubbub.domain.actor import Actor
from hubbub.domain.times import to_rfc3339
from hubbub.protocol.codec import JSON
from hubbub.services.base import Services
from hubbub.services.passkeys import passkey_view
from hubbub.storage.own_comments import comment_details, own_comments
from hubbub.storage.passkeys import count_passkeys, passkeys_of
from hubbub.storage.people import author_by_id
from hubbub.storage.queue import Card, own_held
from hubbub.storage.seen import all_seen
from hubbub.storage.votes import said_by

T = TypeVar("T")
AT_ONCE = 100  # comments: of a transaction, and of a part of an export


async def export(services: Services, actor: Actor) -> AsyncIterator[bytes]:
    """JSON lines: what the site knows of the author, their comments, oldest first, their votes and reactions,
    how far they have read, and their passkeys."""
    known = await services.database.read(author_by_id, actor.site, actor.id)
    about: dict[str, Any] = {"site": actor.site, "id": actor.id, "name": actor.name, "website": actor.website}
    about["email"] = actor.email or (known and known.email)
    if known is not None:
        seen = {"first_seen": to_rfc3339(known.first_seen), "last_seen": to_rfc3339(known.last_seen)}
        about |= {"original": known.original, "comments": known.comments, **seen}
    yield JSON.encode({"author": about}) + b"\n"
    own = await services.database.read(own_comments, actor.site, actor.id)
    for part in _parts(own):
        details = await services.database.read(comment_details, [one.id for one in part])
        yield b"".join(JSON.encode({"comment": _exported(one)}) + b"\n" for one in details)
    for card in await services.database.read(own_held, actor.site, actor.id):
        yield JSON.encode({"comment": _exported_held(card)}) + b"\n"
    for _, comment, said in await services.database.read(said_by, actor.site, actor.id):
        about = {"comment": comment, "vote": said.vote, "reactions": said.reactions}
        yield JSON.encode({"said": about}) + b"\n"
    for key, number, at in await services.database.read(all_seen, actor.site, actor.id):
        yield JSON.encode({"seen": {"page": key, "number": number, "at": to_rfc3339(at)}}) + b"\n"
    for one in await services.database.read(passkeys_of, actor.site, actor.id):
        yield JSON.encode({"passkey": passkey_view(one)}) + b"\n"


def _exported(row: dict[str, Any]) -> dict[str, Any]:
    page = {name: row[name] for name in ("key", "url", "title")}
    written = {name: row[name] for name in ("id", "number", "parent", "body", "html", "removed")}
    edited = row["edited_at"]
    times = {"at": to_rfc3339(row["at"]), "edited_at": None if edited is None else to_rfc3339(edited)}
    by = {"name": row["author_name"], "website": row["author_website"], "email": row["author_email"]}
    return {**written, **times, "author": by, "page": page}


def _exported_held(card: Card) -> dict[str, Any]:
    one, by = card.comment, card.comment.author
    page = {"key": card.key, "url": card.url, "title": card.title}
    written = {"id": one.id, "number": None, "parent": one.parent, "body": one.body, "html": one.html, "removed": True}
    author = {"name": by.name, "website": by.website, "email": card.held and card.held.email}
    return {**written, "at": to_rfc3339(one.at), "edited_at": None, "author": author, "page": page}


async def erase(services: Services, actor: Actor) -> int:
    """Erases an author's passkeys and all their comments, a part of a thread at a time, then what the site knows of
    them and how far they have read. Returns how many comments there were. Where it is interrupted, the next call goes
    on."""
    if await services.database.read(count_passkeys, actor.site, actor.id):  # else an older worker need not know of them
        await services.command_bus.submit(ErasePasskeys(actor))
    own = await services.database.read(own_comments, actor.site, actor.id)
    held = await services.database.read(own_held, actor.site, actor.id)
    by_thread: defaultdict[str, list[str]] = defaultdict(list)
    for one in own:
        by_thread[one.thread].append(one.id)
    parts: list[tuple[str, Sequence[str]]] = [
        (thread, part) for thread, ids in by_thread.items() for part in _parts(ids)
    ]
    # Where all that they wrote is held: in each of these threads their other connections are told.
    only_held = {card.comment.thread for card in held} - by_thread.keys()
    parts += [(thread, ()) for thread in sorted(only_held)]
    for number, (thread, part) in enumerate(parts, 1):
        await services.command_bus.submit(EraseComments(thread, tuple(part), actor, last=number == len(parts)))
    if not parts:  # else it went with the last of them
        await services.command_bus.submit(EraseSeen(actor))
    return len(own) + len(held)


def _parts(all_of_them: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(all_of_them), AT_ONCE):
        yield all_of_them[first : first + AT_ONCE]
