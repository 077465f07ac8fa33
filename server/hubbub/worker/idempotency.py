"""What was answered before, for as long as a transport may bring a command again: whoever does so hears the same.

A command is known by its request. A comment is known by its own id instead: a stored one by its row, a refused one by
what is noted here. So a refusal also counts for attempts with the same id that began earlier and come later, such as
one that hung on its way while its sender tried elsewhere, was refused, and turned away. Which one began earlier no
clock can tell (G11); but only a sender who is still there can be asked, and insist, on the latest refusal that was.
"""

from collections.abc import Container, Sequence

import msgspec
from sqlalchemy import Connection

from hubbub.commands import AnyWrite
from hubbub.commands.base import Ambiguous, Denied, Done
from hubbub.commands.posting import PostComment
from hubbub.storage.idempotency import forget_requests, handled_before, insert_handled


class _Refusal(msgspec.Struct, frozen=True):
    """What is noted of a comment; of anything else, `denied` alone."""

    request: str
    denied: Denied


class IdempotencyRecords:
    """The records about the commands of one batch."""

    def __init__(self, db: Connection, commands: Sequence[AnyWrite]) -> None:
        self._stored = handled_before(db, [key for command in commands if (key := _key(command)) is not None])
        self._new: dict[str, str | None] = {}

    def _notes(self, key: str | None) -> tuple[str | None, ...]:
        """The latest note under `key`, if there is any."""
        return tuple(notes[key] for notes in (self._new, self._stored) if key is not None and key in notes)[:1]

    def was_done(self, command: AnyWrite) -> bool:
        """Whether this was carried out before; of comments their rows tell that."""
        return self._notes(_key(command)) == (None,)

    def refusal(self, command: AnyWrite, known: Container[str]) -> Denied | Ambiguous | None:
        """What it is told if it was refused before; `known` are the ids of the comments that are stored."""
        (kept,) = self._notes(_key(command)) or (None,)
        if kept is None or (isinstance(command, PostComment) and command.id in known):
            return None
        if not isinstance(command, PostComment):
            return msgspec.json.decode(kept, type=Denied)
        before = msgspec.json.decode(kept, type=_Refusal)
        if before.request == command.request:
            return before.denied
        return None if command.supersedes == before.request else Ambiguous(before.request)

    def note(self, command: AnyWrite, answer: Done | Denied) -> None:
        """Takes down a new answer."""
        key = _key(command)
        if key is None or command.request is None:
            return
        if isinstance(answer, Denied):
            kept = _Refusal(command.request, answer) if isinstance(command, PostComment) else answer
            self._new[key] = msgspec.json.encode(kept).decode()
        elif not isinstance(command, PostComment):
            self._new[key] = None

    def write(self, db: Connection) -> None:
        """Stores what is new, in place of what was there."""
        forget_requests(db, self._new.keys() & self._stored.keys())
        insert_handled(db, self._new)


def _key(command: AnyWrite) -> str | None:
    """The idempotency key; None where no transport brings it twice."""
    if command.request is not None and isinstance(command, PostComment):
        return f"post {command.id}"
    return command.request
