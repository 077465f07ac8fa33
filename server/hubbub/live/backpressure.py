"""Backpressure: what becomes of a reader who does not read as fast as events come.

A slow reader delays nobody and costs a bounded amount of memory (G8). Once the kernel does not take a write whole, the
transport pauses the connection (`Connection.pause`), and

- every channel it follows moves it from its ready readers to those behind: no flush writes to it any more;
- no further command of it is looked at before it drains (`web.live.requests`);
- if it has not drained after `connection.STALL` seconds, it counts as dead and its connection is dropped.

Once it drains, a task of its own brings it up from the log, at the pace at which it reads (`catch_up`).
"""

import asyncio
from collections.abc import Callable

from hubbub.live.catch_up import CatchUp
from hubbub.live.connection import Connection, Variant
from hubbub.live.topic_log import TopicLog
from hubbub.live.tuning import Sizes, Timings
from hubbub.metrics import LAGGING


class SlowReaders:
    """The readers of one channel who are behind, each with the task that brings it up."""

    def __init__(
        self, topic_log: TopicLog, try_resume: Callable[[Connection, int], bool], timings: Timings, sizes: Sizes
    ) -> None:
        self._catch_up = CatchUp(topic_log, self._resumed, timings, sizes)
        self._try_resume = try_resume
        self._tasks: dict[Connection, asyncio.Task[None]] = {}

    def add(self, reader: Connection, variant: Variant, position: int) -> None:
        """`reader` was sent the log up to `position` and no further."""
        self._tasks[reader] = asyncio.create_task(self._catch_up.run(reader, variant, position))
        LAGGING.inc()

    def _resumed(self, reader: Connection, position: int) -> bool:
        resumed = self._try_resume(reader, position)
        if resumed:
            self.discard(reader)
        return resumed

    def discard(self, reader: Connection) -> asyncio.Task[None] | None:
        """Forgets a reader who has caught up or left; returns the task that may still run for it."""
        task = self._tasks.pop(reader, None)
        if task is not None:
            LAGGING.dec()
        return task
