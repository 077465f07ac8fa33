"""Rate limits: a token bucket for each author and each address, stored as one number (GCRA, ITU-T I.371).

Libraries for this count by the wall clock: a clock that jumps would lock people out or let a flood in (G11).
"""

from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from time import monotonic
from typing import NamedTuple

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.permissions import Permission

DAY = 24 * 3600  # s
KEPT = 100_000  # buckets; the least recently used are dropped, and by then they are full anyway


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
PREVIEWS_ADDRESS = Rate("previews from your network", 60, 0.5)  # a writer asks for one at each pause, at most a second
NICKS_ADDRESS = Rate("draws of names from your network", 20, 3)
VOTES_AUTHOR = Rate("votes", 30, 1)  # somebody who reads on and likes much of it
VOTES_ADDRESS = Rate("votes from your network", 60, 0.5)  # tokens are free, so this is what holds up a flood
OWN_DATA = Rate("requests for all you wrote", 3, 60)  # each reads all comments
SEEN = Rate("visits", 60, 1)  # a page says once how far it was read, when it is left
PAIRINGS = Rate("pairing codes", 5, 60)
PASSKEYS = Rate("passkeys", 5, 60)
CLAIMS_ADDRESS = Rate("sign-ins from your network", 10, 30)


def a_day(name: str, most: int) -> Rate:
    """At most `most` in any 24 hours: half of them at once, the others spread over the day."""
    at_once = max(1, most // 2)
    return Rate(name, at_once, DAY / max(1, most - at_once))


Buckets = OrderedDict[tuple[str, str], float]  # (rate, key) → when the bucket is full again


class RateLimits:
    """Buckets by rate and key, at most `kept` of them. With `enabled` False nothing is ever refused. `daily` is how
    many comments an address may send in a day; 0 is without a bound."""

    def __init__(
        self, *, enabled: bool = True, daily: int = 0, clock: Callable[[], float] = monotonic, kept: int = KEPT
    ) -> None:
        self.enabled = enabled
        self.daily = a_day("comments from your network in a day", daily) if daily else None
        self._clock = clock
        self._kept = kept
        # No cachetools here: every post writes two buckets, and its FIFOCache takes three times as long.
        self._full_at: Buckets = OrderedDict()
        self._of_days: Buckets = OrderedDict()  # of their own: they take long to be full

    def check_post(self, actor: Actor, address: str) -> None:
        """Takes what a comment of `actor` costs; see `check`. Staff may write all day."""
        buckets = [(POSTS_AUTHOR, actor.id), (POSTS_ADDRESS, address)]
        if self.daily is not None and not actor.may(Permission.NO_QUOTA):
            buckets.append((self.daily, address))
        self.check(*buckets)

    def check(self, *buckets: tuple[Rate, str]) -> None:
        """Takes a token from each (rate, key) bucket, or none at all.

        Raises Refused `rate_limited`, with seconds to wait, for the first that is empty.
        """
        if not self.enabled:
            return
        now = self._clock()
        taken: list[tuple[Buckets, tuple[str, str], float]] = []
        for rate, key in buckets:
            kept = self._of_days if rate is self.daily else self._full_at
            full_at = max(kept.get((rate.name, key), now), now) + rate.seconds
            wait = full_at - now - rate.burst * rate.seconds
            if wait > 1e-5:  # less is the rounding of floats
                seconds = ceil(wait * 10) / 10  # never too short, or the next try would be refused too
                message = f"Too many {rate.name}; wait {seconds:g} s and try again."
                raise Refused(ErrorCode.RATE_LIMITED, message, seconds)
            taken.append((kept, (rate.name, key), full_at))
        for kept, bucket, full_at in taken:
            kept[bucket] = full_at
            kept.move_to_end(bucket)
            if len(kept) > self._kept:
                kept.popitem(last=False)
