"""Reading a trace of Chromium's: the tasks of one thread, from a mark of the page's on."""

from typing import Any

import pytest

from tests.bench.page_trace import TASK, work

PAGE, OTHER = 1, 2


def task(at: int, lasts: int, thread: int = PAGE, name: str = TASK, **args: Any) -> dict[str, Any]:
    """A whole event at `at` of `lasts` µs, of which half was CPU time."""
    event = {"ph": "X", "pid": 7, "tid": thread, "name": name, "ts": at, "dur": lasts, "tdur": lasts // 2}
    return {**event, "args": args}


def mark(at: int, name: str) -> dict[str, Any]:
    """A mark that the page has set."""
    return {"ph": "I", "cat": "blink.user_timing", "pid": 7, "tid": PAGE, "name": name, "ts": at, "args": {}}


def test_the_cpu_time_of_each_task_from_a_mark_on() -> None:
    events = [task(0, 8_000), mark(12_000, "begin"), task(10_000, 4_000), task(20_000, 6_000), mark(29_000, "end")]
    events += [task(28_000, 2_000), task(40_000, 10_000), task(11_000, 1_000, name="Layout"), task(21_000, 50, OTHER)]
    found = work(events)
    assert found.after("begin") == [2, 3, 1, 5]
    assert found.after("begin", "end") == [2, 3, 1]


def test_those_who_measure_are_left_out() -> None:
    message = task(21_000, 3_000, name="Receive mojo message", tag="blink.mojom.DevToolsSession")
    assert work([mark(1, "begin"), task(0, 2_000), task(20_000, 6_000), message]).after("begin") == [1]


def test_a_trace_without_a_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a mark"):
        work([task(0, 1_000)])
