"""The rules of posting and moderating once more, without batches, transactions or storage: the reference that the
worker is held against."""

from dataclasses import dataclass, field

from hubbub.commands import AnyWrite
from hubbub.commands.moderation import RemoveComment, RestoreComment
from hubbub.commands.posting import EditComment, PostComment
from hubbub.commands.threads import CloseThread, PinComment, ReopenThread
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode
from hubbub.domain.events import Kind
from hubbub.domain.model import Role

EDIT_WINDOW_MS = 15 * 60 * 1000
Outcome = tuple[str, object]


def _is_staff(actor: Actor) -> bool:
    return actor.role is not Role.GUEST


@dataclass
class Kept:
    """A comment as the model knows it."""

    number: int
    seq: int
    first: tuple[str, str | None, str]  # author, parent, text: what a retry must repeat
    body: str
    at: int
    edited_at: int | None = None
    removed: bool = False
    moderated: bool = False  # whether somebody else than its author has edited it


@dataclass
class Model:
    """One thread."""

    closed: bool = False
    reason: str | None = None
    pinned: str | None = None
    comments: dict[str, Kept] = field(default_factory=dict)
    log: list[tuple[Kind, str | None]] = field(default_factory=list)

    def apply(self, command: AnyWrite, now: int) -> Outcome:
        """Carries out `command` at `now`; how it must be answered."""
        match command:
            case PostComment():
                return self._post(command, now)
            case EditComment():
                return self._edit(command, now)
            case RemoveComment() | RestoreComment():
                return self._show(command, now)
            case CloseThread() | ReopenThread() | PinComment() if not _is_staff(command.actor):
                return "denied", ErrorCode.FORBIDDEN
            case CloseThread():
                if self.closed and self.reason == command.reason:
                    return "done", None
                self.closed, self.reason = True, command.reason
                return self._happened(Kind.CLOSED)
            case ReopenThread():
                if not self.closed:
                    return "done", None
                self.closed, self.reason = False, None
                return self._happened(Kind.REOPENED)
            case PinComment():
                return self._pin(command.comment)
        raise AssertionError(f"the model knows no {command!r}")

    @property
    def seen(self) -> int:
        """How many comments are in sight."""
        return sum(not comment.removed for comment in self.comments.values())

    def _happened(self, kind: Kind, comment: str | None = None) -> Outcome:
        self.log.append((kind, comment))
        return "done", len(self.log)

    def _post(self, command: PostComment, now: int) -> Outcome:
        known = self.comments.get(command.id)
        first = (command.actor.id, command.parent, command.body)
        if known is not None:
            return ("done", known.seq) if known.first == first else ("denied", ErrorCode.CONFLICT)
        if self.closed:
            return "denied", ErrorCode.THREAD_CLOSED
        if command.parent is not None and command.parent not in self.comments:
            return "denied", ErrorCode.BAD_REQUEST
        self.comments[command.id] = Kept(len(self.comments) + 1, len(self.log) + 1, first, command.body, now)
        return self._happened(Kind.POSTED, command.id)

    def _edit(self, command: EditComment, now: int) -> Outcome:
        comment = self.comments.get(command.comment)
        if comment is None:
            return "denied", ErrorCode.NOT_FOUND
        if not self._may(command, comment, now) or (comment.moderated and not _is_staff(command.actor)):
            return "denied", ErrorCode.FORBIDDEN
        if comment.removed:
            return "denied", ErrorCode.CONFLICT
        if comment.body == command.body:
            return "done", None
        if self.closed and not _is_staff(command.actor):
            return "denied", ErrorCode.THREAD_CLOSED
        comment.body, comment.edited_at = command.body, now
        comment.moderated |= command.actor.id != comment.first[0]
        return self._happened(Kind.EDITED, command.comment)

    def _show(self, command: RemoveComment | RestoreComment, now: int) -> Outcome:
        comment = self.comments.get(command.comment)
        if comment is None:
            return "denied", ErrorCode.NOT_FOUND
        removing = isinstance(command, RemoveComment)
        if not (self._may(command, comment, now) if removing else _is_staff(command.actor)):
            return "denied", ErrorCode.FORBIDDEN
        if comment.removed is removing:
            return "done", None
        comment.removed = removing
        done = self._happened(Kind.REMOVED if removing else Kind.RESTORED, command.comment)
        if removing and self.pinned == command.comment:
            self._pin(None)
        return done

    def _pin(self, wanted: str | None) -> Outcome:
        if wanted is not None and wanted not in self.comments:
            return "denied", ErrorCode.NOT_FOUND
        if wanted is not None and self.comments[wanted].removed:
            return "denied", ErrorCode.CONFLICT
        if self.pinned == wanted:
            return "done", None
        self.pinned = wanted
        return self._happened(Kind.PINNED)

    @staticmethod
    def _may(command: EditComment | RemoveComment | RestoreComment, comment: Kept, now: int) -> bool:
        return _is_staff(command.actor) or (command.actor.id == comment.first[0] and now - comment.at <= EDIT_WINDOW_MS)
