"""live.verdicts: what is logged about peers that were dropped."""

import structlog

from hubbub.live.verdicts import LOG_EVERY, Complaints


def test_a_reason_is_logged_once_however_many_were_dropped_for_it() -> None:
    now = 100.0
    complaints = Complaints(lambda: now)
    with structlog.testing.capture_logs() as lines:
        for _ in range(1000):
            complaints.note("broken frame")
        complaints.note("message too large")
        now += LOG_EVERY
        complaints.note("broken frame")
    assert [(line["reason"], line["others"]) for line in lines] == [
        ("broken frame", 0),
        ("message too large", 0),
        ("broken frame", 999),
    ]
