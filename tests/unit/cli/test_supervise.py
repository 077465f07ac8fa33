"""cli.supervise where the system refuses a process, which no test can make it do."""

import asyncio
import errno
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from hubbub.cli import supervise
from tests.support.waiting import until


async def test_a_process_that_cannot_be_started_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    processes: list[asyncio.subprocess.Process] = []
    start: Callable[..., Coroutine[Any, Any, asyncio.subprocess.Process]] = asyncio.create_subprocess_exec

    async def start_or_not(*_words: str, **_options: Any) -> asyncio.subprocess.Process:
        nonlocal asked
        asked += 1
        if asked % 2 == 0:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        processes.append(await start("true"))
        return processes[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start_or_not)
    keeping = asyncio.create_task(supervise.Child(["worker"], wait=0.001).keep())
    await until(lambda: keeping.done() or asked > 4, "it is tried again and again")
    assert not keeping.done()
    keeping.cancel()
    await asyncio.wait([keeping])
    await asyncio.gather(*(process.wait() for process in processes))
