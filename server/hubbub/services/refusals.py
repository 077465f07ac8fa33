"""How an error is answered: one place for the live socket, HTTP, pages and the worker."""

import structlog
from sqlalchemy.exc import DBAPIError

from hubbub.domain.errors import ErrorCode, Refused, unavailable
from hubbub.logs import describe

log = structlog.get_logger()


def refusal_of(error: Exception, event: str, **about: object) -> Refused:
    """The refusal that answers `error`: a Refused is one, a fault of storage is `unavailable`, all else is `internal`.
    Faults are logged: storage's as storage_unavailable, ours as `event`, with what it was `about`."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, DBAPIError):
        log.error("storage_unavailable", error=describe(error))
        return storage_unavailable()
    log.error(event, **about, exc_info=error)
    return Refused(ErrorCode.INTERNAL, "Something went wrong here; the fault is ours.")


def storage_unavailable() -> Refused:
    """Storage is away or full."""
    return unavailable("Storage is not available; please try again.", retry_after=1)
