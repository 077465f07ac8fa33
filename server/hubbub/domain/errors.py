"""Every way a request can be refused.

Refused
├── bad_request    400   the message is not of the contract's form: correct it
├── too_large      413   a frame or body over its limit: shorten it
├── unauthorized   401   no token, or one that is expired or forged: get a new session
├── forbidden      403   the token or the origin does not allow this
├── not_found      404   no such thread, comment or site
├── thread_closed  409   closed: no comment until a moderator reopens it
├── conflict       409   the id is taken by something else
├── name_taken     409   the name is somebody else's: take another, such as one of `suggestions`
├── reset          409   the reader's place in the log is unknown: load a snapshot
├── rate_limited   429   too much, too fast: wait `retry_after` seconds
├── slow_mode      429   the thread has each author wait between comments: wait `retry_after` seconds
├── internal       500   our fault; the request may be tried again with the same id
└── unavailable    503   overloaded or shutting down: wait `retry_after` seconds
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class ErrorCode(StrEnum):
    """The codes of the contract, as they travel."""

    BAD_REQUEST = "bad_request"
    TOO_LARGE = "too_large"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    THREAD_CLOSED = "thread_closed"
    CONFLICT = "conflict"
    NAME_TAKEN = "name_taken"
    RESET = "reset"
    RATE_LIMITED = "rate_limited"
    SLOW_MODE = "slow_mode"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


_CODES = frozenset[str](ErrorCode)
HTTP_STATUS: dict[str, int] = {
    ErrorCode.BAD_REQUEST: 400,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.THREAD_CLOSED: 409,
    ErrorCode.CONFLICT: 409,
    ErrorCode.NAME_TAKEN: 409,
    ErrorCode.RESET: 409,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.SLOW_MODE: 429,
    ErrorCode.INTERNAL: 500,
    ErrorCode.UNAVAILABLE: 503,
}


def http_status(code: str) -> int:
    """The status of a refusal; 400, which stands for its class (RFC 9110, 15), where only a newer version knows it."""
    return HTTP_STATUS.get(code, 400)


class Decided(NamedTuple):
    """What was done with a comment (`approved`, `removed`, `spam` …), and by whom: id and name, as far as known."""

    action: str
    by_id: str | None
    by: str | None


class Refused(Exception):
    """A request is refused: `code` for programs, `message` for people, `retry_after` in seconds or None. The code is an
    `ErrorCode`, or what only a newer version's worker knows: that is passed on. `suggestions` are what is free where
    something is taken; `decided` is what somebody else decided before."""

    def __init__(
        self,
        code: str,
        message: str,
        retry_after: float | None = None,
        suggestions: tuple[str, ...] = (),
        decided: Decided | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = ErrorCode(code) if code in _CODES else code
        self.message = message
        self.retry_after = retry_after
        self.suggestions = suggestions
        self.decided = decided


class BadText(Refused):
    """What a person typed is refused as `bad_request`; `message` tells them what to do, in a sentence."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.BAD_REQUEST, message)
        self.args = (message,)


def bad_request(message: str) -> Refused:
    """The message is not of the contract's form; `message` says what was expected."""
    return Refused(ErrorCode.BAD_REQUEST, message)


def token_missing() -> Refused:
    """Who asks has no token."""
    return Refused(ErrorCode.UNAUTHORIZED, "This needs a token: start a session first.")


def forbidden(message: str) -> Refused:
    """The actor or the origin may not do this."""
    return Refused(ErrorCode.FORBIDDEN, message)


def not_found(what: str) -> Refused:
    """There is no such `what` ("thread", "comment", "site")."""
    return Refused(ErrorCode.NOT_FOUND, f"There is no such {what}.")


def unavailable(message: str, retry_after: float) -> Refused:
    """Nothing was done; trying again with the same id after `retry_after` seconds is safe."""
    return Refused(ErrorCode.UNAVAILABLE, message, retry_after)


def name_taken(suggestions: Iterable[str]) -> Refused:
    """The name is somebody else's; `suggestions` are free."""
    message = "This name is somebody else's here; please take another."
    return Refused(ErrorCode.NAME_TAKEN, message, None, tuple(suggestions))


def decided_before(decided: Decided) -> Refused:
    """Somebody else has decided about the comment."""
    action = "marked as spam" if decided.action == "spam" else decided.action
    message = f"{decided.by or 'Somebody else'} has decided about this comment already: it was {action}."
    return Refused(ErrorCode.CONFLICT, message, None, (), decided)
