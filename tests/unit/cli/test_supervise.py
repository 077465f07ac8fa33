"""cli.supervise where the system refuses a process, which no test can make it do."""

import asyncio
import errno
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from hubbub.cli import supervise
from tests.support.waiting import until


async def test_a_process_that_cannot_be_started_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[asyncio.subprocess.Process | None] = []
    start: Callable[..., Coroutine[Any, Any, asyncio.subprocess.Process]] = asyncio.create_subprocess_exec

    async def start_or_not(*_words: str, **_options: Any) -> asyncio.subprocess.Process:
        if len(started) % 2:
            started.append(None)
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        started.append(await start("true"))
        process = started[-1]
        assert process is not None
        return process

    monkeypatch.setattr(supervise, "SHORTEST_WAIT", 0.001)
    monkeypatch.setattr(asyncio, "create_subprocess_exec", start_or_not)
    keeping = asyncio.create_task(supervise.Child(["worker"]).keep())
    await until(lambda: keeping.done() or len(started) > 4, "it is tried again and again")
    assert not keeping.done()
    keeping.cancel()
    await asyncio.wait([keeping])
