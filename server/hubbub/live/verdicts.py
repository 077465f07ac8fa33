"""What a connection is told and what is logged when it is ended for what it sent."""

from collections.abc import Callable
from http import HTTPStatus
from time import monotonic

import structlog

from hubbub.domain.errors import Refused
from hubbub.protocol.codec import JSON
from hubbub.protocol.messages import error_view

LOG_EVERY = 10.0  # s between two log lines for the same reason

log = structlog.get_logger()


def last_answer(status: HTTPStatus, refused: Refused) -> bytes:
    """An HTTP answer that ends its connection, for input that never became a request."""
    body = JSON.encode({"error": error_view(refused)})
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: {JSON.media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Complaints:
    """Logs peers that were dropped for what they sent: a line for each reason every 10 s, however many."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._noted: dict[str, tuple[float, int]] = {}

    def note(self, reason: str) -> None:
        """One more; `reason` is one of a few."""
        now = self._clock()
        at, others = self._noted.get(reason, (-LOG_EVERY, 0))
        if now - at < LOG_EVERY:
            self._noted[reason] = at, others + 1
            return
        log.warning("peer_dropped", reason=reason, others=others)
        self._noted[reason] = now, 0


complaints = Complaints()
