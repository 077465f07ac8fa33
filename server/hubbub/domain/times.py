"""Wall-clock times for people to read. Order, and expiry inside a process, never depend on them (G11)."""

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_ms() -> int:
    """Milliseconds since 1970 by this machine's wall clock."""
    return time.time_ns() // 1_000_000


def to_rfc3339(ms: int) -> str:
    """RFC 3339 in UTC with milliseconds: 2026-11-22T10:00:00.000Z."""
    seconds, rest = divmod(ms, 1000)
    return f"{_second(seconds)}.{rest:03}Z"


@lru_cache(1024)  # a log's events share their seconds, and formatting one was a quarter of a long replay
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]


def from_rfc3339(text: str) -> int:
    """Milliseconds since 1970 of an RFC 3339 time with an offset; ValueError if it is none."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset, such as Z or +01:00")
    try:
        ms = (moment - _EPOCH) // timedelta(milliseconds=1)
        to_rfc3339(ms)
    except OverflowError:
        raise ValueError("a time must be within the years 1 to 9999 in UTC") from None
    return ms
