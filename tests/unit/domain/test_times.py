"""Times on the wire: RFC 3339, UTC, milliseconds."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubbub.domain.times import from_rfc3339, now_ms, to_rfc3339

_FIRST = -62_135_596_800_000  # 0001-01-01T00:00:00.000Z
_LAST = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
moments = st.integers(_FIRST, _LAST)
offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_795_341_600_123, "2026-11-22T10:00:00.123Z"),
        (1_795_341_600_000, "2026-11-22T10:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (_LAST, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_form(ms: int, text: str) -> None:
    assert to_rfc3339(ms) == text
    assert from_rfc3339(text) == ms


@given(moments)
@example(_FIRST)
@example(_LAST)
def test_round_trip_to_the_millisecond(ms: int) -> None:
    text = to_rfc3339(ms)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    assert from_rfc3339(text) == ms


@given(moments, moments)
def test_texts_sort_as_times_do(one: int, other: int) -> None:
    assert (to_rfc3339(one) < to_rfc3339(other)) is (one < other)


@pytest.mark.parametrize("text", ["2026-11-22T11:00:00+01:00", "2026-11-22T10:00:00Z", "2026-11-22T04:30:00.000-05:30"])
def test_offsets(text: str) -> None:
    assert from_rfc3339(text) == 1_795_341_600_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-11-22",
        "2026-11-22T10:00:00",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-22T25:00:00Z",
        "2026-11-22T10:00:00+99:00",
        "10000-01-01T00:00:00Z",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_rfc3339(text)


@given(st.datetimes(timezones=offsets).map(datetime.isoformat))
@example("0001-01-01T00:00:00+23:59")
@example("9999-12-31T23:59:59-23:59")
@example("9999-12-31T23:59:59.9996Z")
def test_every_time_that_is_accepted_can_be_shown(text: str) -> None:
    try:
        ms = from_rfc3339(text)
    except ValueError:
        return
    assert from_rfc3339(to_rfc3339(ms)) == ms


def test_now_is_in_whole_milliseconds() -> None:
    before = int(datetime.now(UTC).timestamp() * 1000)
    assert before <= now_ms() <= int(datetime.now(UTC).timestamp() * 1000) + 1
