"""Rate limits: a token bucket for each author and each address, kept as one number (GCRA, ITU-T I.371).

Ours rather than a library's, since the ones at hand count by the wall clock, and a clock that jumps would lock
people out or let a flood in (G11).
"""

from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from time import monotonic
from typing import NamedTuple

from hubbub.domain.errors import ErrorCode, Refused

KEPT = 100_000  # buckets; the longest unused are forgotten first, when they have long been full again


class Rate(NamedTuple):
    """`burst` at once, then one every `seconds`."""

    name: str
    burst: int
    seconds: float


POSTS_AUTHOR = Rate("comments", 10, 3)  # a lively chatter's pace; nobody reads faster
POSTS_ADDRESS = Rate("comments from your network", 30, 0.5)  # an office or a school behind one address
SESSIONS_ADDRESS = Rate("sessions from your network", 30, 10)
THREADS_ADDRESS = Rate("new threads from your network", 60, 1)
REQUESTS_ADDRESS = Rate("requests from your network", 300, 0.05)
CHANGES_AUTHOR = Rate("changes", 30, 1)
CHANGES_ADDRESS = Rate("changes from your network", 60, 0.5)  # tokens are free: an author is whoever asks for one
CLAIMS_ADDRESS = Rate("sign-ins from your network", 10, 30)


class RateLimits:
    """Buckets by rate and key. With `enabled` False nothing is ever refused."""

    def __init__(self, *, enabled: bool = True, clock: Callable[[], float] = monotonic) -> None:
        self.enabled = enabled
        self._clock = clock
        self._full_at: OrderedDict[tuple[str, str], float] = OrderedDict()

    def check(self, *buckets: tuple[Rate, str]) -> None:
        """Takes a token from each (rate, key) bucket, or none at all.

        Raises Refused `rate_limited`, with seconds to wait, for the first that is empty.
        """
        if not self.enabled:
            return
        now = self._clock()
        taken: dict[tuple[str, str], float] = {}
        for rate, key in buckets:
            full_at = max(self._full_at.get((rate.name, key), now), now) + rate.seconds
            wait = full_at - now - rate.burst * rate.seconds
            if wait > 1e-5:  # less is the rounding of floats
                seconds = ceil(wait * 10) / 10  # never too short, or the next try would be refused too
                message = f"Too many {rate.name}; wait {seconds:g} s and try again."
                raise Refused(ErrorCode.RATE_LIMITED, message, seconds)
            taken[rate.name, key] = full_at
        for bucket, full_at in taken.items():
            self._full_at[bucket] = full_at
            self._full_at.move_to_end(bucket)
        while len(self._full_at) > KEPT:
            self._full_at.popitem(last=False)
