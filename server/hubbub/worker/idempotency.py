"""Idempotency: remembers answers for as long as a transport may deliver a command again. A repeated request gets the
same answer.

The key of a command is its request id. The key of a comment is its own id: a stored comment has its row, a refused one
has a note here. So a refusal also holds for an older attempt with the same id that arrives later, because it hung on
its way while its sender tried elsewhere. Clocks cannot tell which attempt is older (G11). So the sender is asked: only
a connected sender can confirm that its attempt is new, by naming the latest refusal."""

from collections.abc import Container, Sequence

import msgspec
from sqlalchemy import Connection

from hubbub.commands import AnyWrite
from hubbub.commands.base import Ambiguous, Denied, Done
from hubbub.commands.posting import PostComment
from hubbub.storage.idempotency import forget_requests, handled_before, insert_handled


class _Refusal(msgspec.Struct, frozen=True):
    """The note about a refused comment. Other commands have `denied` only."""

    request: str
    denied: Denied


class IdempotencyRecords:
    """The records about the commands of one batch."""

    def __init__(self, db: Connection, commands: Sequence[AnyWrite]) -> None:
        keys = [key for command in commands if (key := _key(command)) is not None]
        self._stored = handled_before(db, keys) if keys else {}
        self._new: dict[str, str | None] = {}

    def _notes(self, key: str | None) -> tuple[str | None, ...]:
        """The latest note under `key`, if there is one."""
        return tuple(notes[key] for notes in (self._new, self._stored) if key is not None and key in notes)[:1]

    def was_done(self, command: AnyWrite) -> bool:
        """Whether the command was carried out before. For comments, their rows tell that."""
        return self._notes(_key(command)) == (None,)

    def refusal(self, command: AnyWrite, known: Container[str]) -> Denied | Ambiguous | None:
        """The answer of a command that was refused before. `known` are the ids of stored comments."""
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
        """Notes a new answer."""
        key = _key(command)
        if key is None or command.request is None:
            return
        if isinstance(answer, Denied):
            kept = _Refusal(command.request, answer) if isinstance(command, PostComment) else answer
            self._new[key] = msgspec.json.encode(kept).decode()
        elif not isinstance(command, PostComment):
            self._new[key] = None

    def write(self, db: Connection) -> None:
        """Stores the new notes, in place of older ones."""
        if self._new:
            forget_requests(db, self._new.keys() & self._stored.keys())
            insert_handled(db, self._new)


def _key(command: AnyWrite) -> str | None:
    """The idempotency key; None for a command that no transport delivers twice."""
    if command.request is not None and isinstance(command, PostComment):
        return f"post {command.id}"
    return command.request
