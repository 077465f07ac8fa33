"""What the main thread of a page did, by Chromium's own trace: in CPU time, which neighbours lengthen least."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page

CATEGORIES = ["-*", "toplevel", "devtools.timeline", "blink.user_timing"]
TASK = "ThreadControllerImpl::RunTask"


@dataclass(frozen=True, slots=True)
class Work:
    """The tasks of a main thread: when each began (µs), and its CPU time (ms). `marks`: when the page set each (µs)."""

    tasks: tuple[tuple[float, float], ...]
    marks: dict[str, float]

    def after(self, mark: str, until: str | None = None) -> list[float]:
        """The CPU time (ms) of each task from that in which `mark` was set on, and before `until` was."""
        begun = max(at for at, _ in self.tasks if at <= self.marks[mark])
        end = self.marks[until] if until else float("inf")
        return [cpu for at, cpu in self.tasks if begun <= at < end]


def traced(browser: Browser, page: Page, doing: Callable[[], object]) -> Work:
    """What the main thread of `page` does meanwhile, but for those who measure. `doing` has the page set a mark."""
    browser.start_tracing(page=page, categories=CATEGORIES)
    doing()
    return work(json.loads(browser.stop_tracing())["traceEvents"])


def work(events: list[dict[str, Any]]) -> Work:
    """What the events of a trace tell of the thread on which a page has set marks. Raises ValueError without a mark."""
    marking = [event for event in events if event.get("cat") == "blink.user_timing"]
    if not marking:
        raise ValueError("expected a mark of the page's, got none")
    thread = (marking[-1]["pid"], marking[-1]["tid"])
    own = [event for event in events if (event["pid"], event["tid"]) == thread and event.get("ph") == "X"]
    measuring = [event["ts"] for event in own if "DevToolsSession" in str(event.get("args"))]
    tasks = tuple(
        (event["ts"], event.get("tdur", 0) / 1000)
        for event in own
        if event["name"] == TASK and not any(event["ts"] <= at <= event["ts"] + event["dur"] for at in measuring)
    )
    return Work(tuple(sorted(tasks)), {event["name"]: event["ts"] for event in marking})
