"""A server under load is killed with -9 and started again, over and over; then the record is held against G1 to G9."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.support import history as h
from tests.support.load import STILL, Load
from tests.support.recorder import Recorder
from tests.support.server import Server
from tests.support.waiting import until

KILLS = 5
SECONDS = 400.0  # for all of it, on a busy machine; a quiet one takes 15
WAIT = 60.0  # s for a condition while the server is under load
ENOUGH = 500  # comments that make a run worth judging
HEAL = 5.0  # s for readers to be where storage is: the promise is 2, the rest is for a busy machine


async def crash(server: Server, load: Load) -> None:
    """Kills the server again and again once it has acknowledged some more, and in between stops it kindly once."""
    for turn in range(KILLS):
        await more_comments(load, random.randint(40, 200))
        if turn == KILLS // 2:
            server.terminate()
            assert await asyncio.to_thread(server.wait) == 0
        else:
            server.kill()
        await asyncio.to_thread(server.start)
    await more_comments(load, max(100, ENOUGH + 1 - len(load.record.acknowledged)))


async def more_comments(load: Load, count: int) -> None:
    """Waits until that many more are acknowledged."""
    enough = len(load.record.acknowledged) + count
    await until(lambda: len(load.record.acknowledged) >= enough, f"{count} more comments", WAIT)


async def run(server: Server, threads: list[str]) -> h.History:
    """All actors on all threads, the crashes, and the end when everything has calmed down."""
    load = Load([server.url], Recorder(), server.token())
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as readers:
        reading = []
        for index, thread in enumerate(threads):
            for number in range(3):
                reading.append(readers.create_task(load.client_reader(f"client {index}.{number}", thread)))
                bare = load.bare_reader(f"bare {index}.{number}", thread, restless=number == 0)
                reading.append(readers.create_task(bare))
        await until(lambda: len(load.places) == len(reading), "every reader has begun", WAIT)
        async with asyncio.TaskGroup() as others:
            for index, thread in enumerate(threads):
                for actor in (load.client_writer, load.client_writer, load.bare_writer, load.bare_writer):
                    others.create_task(actor(thread))
                others.create_task(load.http_writer(thread))
                others.create_task(load.sweeper(thread))
                others.create_task(load.voter(thread))
                others.create_task(load.voter(thread))
                others.create_task(load.poller(f"poller {index}", thread))
            others.create_task(load.gatekeeper(threads[0]))
            await crash(server, load)
            load.enough.set()
        await asyncio.sleep(STILL)
        heads = {thread: server.get("/api/v1/threads", thread=thread)["thread"]["head"] for thread in threads}
        await converged(load, heads)
        for task in reading:
            task.cancel()
    assert load.connections > 3 * len(threads) * KILLS
    return load.record.history(server, threads)


async def converged(load: Load, heads: dict[str, int]) -> None:
    """Waits for all readers to reach the stored heads; the checker tells (G5) who did not."""
    threads = list(heads)
    try:
        await until(
            lambda: all(place() >= heads[threads[int(name.split()[1][0])]] for name, place in load.places.items()),
            "every reader is where storage is",
            HEAL,
        )
    except AssertionError as late:
        print(late)


def assert_eventful(history: h.History) -> None:
    """The run was worth judging."""
    answers = Counter(type(post.outcome) for post in history.posts)
    assert answers[h.Acknowledged] > ENOUGH
    assert answers[h.Unknown] > 0
    assert any(post.outcome == h.Refused("thread_closed") for post in history.posts)
    done = Counter(
        moderation.kind for moderation in history.moderations if isinstance(moderation.outcome, h.Acknowledged)
    )
    assert all(done[kind] > 3 for kind in ("close", "reopen", "remove", "restore"))


async def test_no_promise_is_broken_by_a_crash(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        threads = [server.open_thread(f"/2026/11/22/crash-{index}") for index in range(2)]
        history = await run(server, threads)
    assert_eventful(history)
    broken = h.check(history)
    if broken:
        pytest.fail("\n".join([f"{len(broken)} promises broken", *map(str, broken[:20])]))
