"""Rate limits: never more than the burst and one every so many seconds, whatever the clock."""

import inspect
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain.errors import ErrorCode, Refused
from hubbub.services import rate_limits
from hubbub.services.rate_limits import DAY, Rate, RateLimits
from tests.unit.samples import ANN, OLA


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Now."""
        return self.now


def wait(buckets: RateLimits, rate: Rate, key: str = "ann") -> float:
    """Seconds to wait, as told; 0 for what is let through."""
    try:
        buckets.check((rate, key))
    except Refused as error:
        refused = error
    else:
        return 0
    assert refused.code is ErrorCode.RATE_LIMITED
    assert refused.retry_after is not None
    assert refused.retry_after > 0
    return refused.retry_after


def allowed(buckets: RateLimits, rate: Rate, key: str = "ann") -> bool:
    """Whether one more is let through."""
    return wait(buckets, rate, key) == 0


RATE = Rate("comments", 3, 2.0)


def test_a_burst_then_one_at_a_time() -> None:
    clock = Clock()
    buckets = RateLimits(clock=clock)
    assert [allowed(buckets, RATE) for _ in range(5)] == [True, True, True, False, False]
    clock.now += 1.99
    assert not allowed(buckets, RATE)
    clock.now += 0.01
    assert [allowed(buckets, RATE), allowed(buckets, RATE)] == [True, False]


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    clock = Clock()
    buckets = RateLimits(clock=clock)
    allowed(buckets, RATE)
    clock.now += 1e6
    assert [allowed(buckets, RATE) for _ in range(4)] == [True, True, True, False]


def test_buckets_are_for_one_key_and_one_rate() -> None:
    buckets = RateLimits(clock=Clock())
    other = Rate("changes", 1, 2.0)
    assert [allowed(buckets, RATE) for _ in range(4)][-1] is False
    assert allowed(buckets, RATE, "bob")
    assert allowed(buckets, other)


def test_the_message_says_what_is_too_much_and_for_how_long() -> None:
    buckets = RateLimits(clock=Clock())
    buckets.check((Rate("comments", 1, 2.5), "ann"))
    with pytest.raises(Refused) as caught:
        buckets.check((Rate("comments", 1, 2.5), "ann"))
    assert caught.value.message == "Too many comments; wait 2.5 s and try again."
    assert caught.value.retry_after == 2.5


rates = st.builds(Rate, st.just("r"), st.integers(1, 10), st.floats(0.01, 30))
pauses = st.lists(st.one_of(st.just(0.0), st.floats(0, 5), st.floats(0, 100)), max_size=60)


@given(rates, pauses)
def test_no_stretch_of_time_lets_more_through_than_burst_and_pace(rate: Rate, waits: list[float]) -> None:
    clock = Clock()
    buckets = RateLimits(clock=clock)
    passed = []
    for pause in waits:
        clock.now += pause
        if allowed(buckets, rate):
            passed.append(clock.now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            stretch = passed[last] - passed[first]
            assert last - first + 1 <= rate.burst + stretch / rate.seconds + 0.01


@given(rates, pauses)
def test_who_waits_as_long_as_told_is_let_through_and_refusals_cost_nothing(rate: Rate, waits: list[float]) -> None:
    clock = Clock()
    buckets = RateLimits(clock=clock)
    for pause in waits:
        clock.now += pause
        told = wait(buckets, rate)
        if told:
            clock.now += told
            assert allowed(buckets, rate)


@given(rates, st.integers(1, 50))
def test_at_one_moment_exactly_the_burst_is_let_through(rate: Rate, tries: int) -> None:
    buckets = RateLimits(clock=Clock())
    assert sum(allowed(buckets, rate) for _ in range(tries)) == min(tries, rate.burst)


def test_a_token_is_taken_from_each_bucket_or_none_at_all() -> None:
    buckets = RateLimits(clock=Clock())
    author, address = Rate("author", 2, 1.0), Rate("address", 1, 5.0)
    buckets.check((author, "ann"), (address, "here"))
    with pytest.raises(Refused, match="Too many address; wait 5 s"):
        buckets.check((author, "ann"), (address, "here"))
    buckets.check((author, "ann"), (address, "there"))
    with pytest.raises(Refused, match="Too many author"):
        buckets.check((author, "ann"), (address, "elsewhere"))
    assert allowed(buckets, address, "elsewhere"), "nothing was taken from it"


def test_memory_is_bounded_and_the_longest_unused_is_forgotten_first() -> None:
    buckets = RateLimits(clock=Clock(), kept=3)
    once = Rate("r", 1, 1.0)
    for key in ("a", "b", "c"):
        assert allowed(buckets, once, key)
    twice = Rate("r", 2, 1.0)
    assert allowed(buckets, twice, "a"), "used again, so b is the oldest now"
    assert allowed(buckets, once, "d")
    assert not allowed(buckets, once, "a")
    assert not allowed(buckets, once, "c")
    assert not allowed(buckets, once, "d")
    assert allowed(buckets, once, "b"), "forgotten"
    assert len(buckets._full_at) == 3


def test_a_refusal_is_not_remembered() -> None:
    """Otherwise whoever is refused on and on would push the others out."""
    buckets = RateLimits(clock=Clock(), kept=2)
    once = Rate("r", 1, 1.0)
    assert allowed(buckets, once, "a")
    assert allowed(buckets, once, "b")
    assert not allowed(buckets, once, "a")
    assert allowed(buckets, once, "c")
    assert list(buckets._full_at) == [("r", "b"), ("r", "c")]


def test_off_means_off() -> None:
    buckets = RateLimits(enabled=False, clock=Clock())
    assert all(allowed(buckets, Rate("r", 1, 1000.0)) for _ in range(100))


def test_the_rates_in_use_have_names_of_their_own() -> None:
    used = [value for value in vars(rate_limits).values() if isinstance(value, Rate)]
    assert len({rate.name for rate in used}) == len(used) > 5, "two with one name would share their buckets"
    assert all(rate.burst >= 1 and rate.seconds > 0 for rate in used)


def test_waiting_is_counted_by_a_clock_that_nobody_sets() -> None:
    assert inspect.signature(RateLimits).parameters["clock"].default is time.monotonic


@pytest.mark.parametrize("most", [1, 2, 7, 100])
def test_an_address_has_a_days_comments(most: int) -> None:
    clock = Clock()
    buckets = RateLimits(daily=most, clock=clock)
    assert buckets.daily is not None
    sent: list[float] = []
    for _ in range(4 * 24 * 60):
        if allowed(buckets, buckets.daily, "192.0.2.1"):
            sent.append(clock.now)
        clock.now += 60
    fullest = max(sum(start <= at < start + DAY for at in sent) for start in sent)
    assert most - 1 <= fullest <= most
    assert allowed(buckets, buckets.daily, "192.0.2.2")


def test_a_days_comments_are_not_forgotten_for_other_limits() -> None:
    buckets = RateLimits(daily=1, clock=Clock(), kept=3)
    buckets.check_post(ANN, "192.0.2.1")
    for number in range(10):
        buckets.check((RATE, str(number)))
    with pytest.raises(Refused, match="in a day"):
        buckets.check_post(ANN, "192.0.2.1")
    buckets.check_post(OLA, "192.0.2.1")  # an owner
    RateLimits(clock=Clock()).check_post(ANN, "192.0.2.1")
