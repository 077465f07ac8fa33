"""Two web nodes and two workers, each stopped and started again in turn under load: nobody is refused, nobody misses
anything. And a worker that is killed: the other takes over."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from uuid import uuid4

from redis import Redis

from hubbub.client import Options, connect
from hubbub.transport.redis import keys
from tests.support import history as h
from tests.support.load import STILL, Load
from tests.support.many import Many, many
from tests.support.recorder import Recorder
from tests.support.tokens import mint
from tests.support.waiting import until

SECONDS = 300.0  # for all of it, on a busy machine; a quiet one takes a tenth
WAIT = 60.0  # s for a condition under load
MORE = 40  # comments between two restarts
THREADS = 16  # so that both workers have some
TAKEOVER = 5.0  # s; 2 are promised, the rest is for a busy machine
TRIES = 3  # that a promise about time gets: a machine may stop for longer than that, but hardly again and again

Actor = Callable[[str], Awaitable[None]]


async def restart_each_in_turn(found: Many, load: Load) -> None:
    """As a rolling update does it."""
    for process in (*found.webs, *found.workers, *found.webs):
        await more_comments(load)
        process.terminate()
        assert await asyncio.to_thread(process.wait) == 0, process.log()
        await asyncio.to_thread(process.start)
    await more_comments(load)


async def more_comments(load: Load) -> None:
    """Waits until some more are acknowledged."""
    enough = len(load.record.acknowledged) + MORE
    await until(lambda: len(load.record.acknowledged) >= enough, f"{MORE} more comments", WAIT)


async def run(found: Many, threads: list[str]) -> h.History:
    """Writers and readers of each thread, through the client and over bare sockets, while everything is restarted."""
    load = Load([web.url for web in found.webs], Recorder(), mint(found.secret, "moderator"))
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as readers:
        reading = []
        for index, thread in enumerate(threads):
            for number in range(3):
                reading.append(readers.create_task(load.client_reader(f"client {index}.{number}", thread)))
                reading.append(readers.create_task(load.bare_reader(f"bare {index}.{number}", thread)))
        await until(lambda: len(load.places) == len(reading), "every reader has begun", WAIT)
        async with asyncio.TaskGroup() as writers:
            for thread in threads:
                for writer in (load.client_writer, load.client_writer, load.bare_writer, load.http_writer):
                    writers.create_task(writer(thread))
            await restart_each_in_turn(found, load)
            load.enough.set()
        await asyncio.sleep(STILL)
        heads = [found.webs[0].get("/api/v1/threads", thread=thread)["thread"]["head"] for thread in threads]
        await until(
            lambda: all(place() >= heads[int(name.split()[1][0])] for name, place in load.places.items()),
            "every reader is where storage is",
            WAIT,
        )
        for task in reading:
            task.cancel()
    return load.record.history(found.webs[0], threads)


async def test_a_rolling_restart_fails_no_post_and_leaves_no_gap(tmp_path: Path) -> None:
    with many(tmp_path) as found:
        threads = [found.webs[index].open_thread(f"/rolling-{index}") for index in range(2)]
        history = await run(found, threads)
    outcomes = Counter(repr(post.outcome) for post in history.posts if not isinstance(post.outcome, h.Acknowledged))
    refused = [post for post in history.posts if isinstance(post.outcome, h.Refused)]
    assert not refused, outcomes
    broken = h.check(history)
    assert not broken, "\n".join(map(str, broken[:10]))
    print(f"{len(history.posts)} posts, of which without an answer at first: {sum(outcomes.values())}")


async def test_a_worker_that_is_killed_is_taken_over(tmp_path: Path) -> None:
    with many(tmp_path) as found:
        threads = [found.webs[0].open_thread(f"/takeover/{number}") for number in range(THREADS)]
        for victim in found.workers:
            seconds: list[float] = []
            while len(seconds) < TRIES and min(seconds, default=TAKEOVER) >= TAKEOVER:
                await asyncio.gather(*(post(found, thread) for thread in threads))
                victim.kill()
                seconds.append(max(await asyncio.gather(*(post(found, thread) for thread in threads))))
                await asyncio.to_thread(victim.start)
            print(f"posting again after {seconds} s")
            assert min(seconds) < TAKEOVER
        with Redis.from_url(found.redis.url) as redis:
            await until(lambda: redis.hlen(keys.BEATS) == 2, "both workers count, and nobody else")
            assert await asyncio.to_thread(found.workers[0].stop) == 0
            assert redis.hlen(keys.BEATS) <= 1, "one that is stopped hands its share over before it ends"


async def post(found: Many, thread: str) -> float:
    """Posts a comment; how many seconds that took, with as many tries as it needed."""
    started = monotonic()
    async with connect(
        found.webs[0].url, token=mint(found.secret, "moderator"), options=Options(deadline=WAIT)
    ) as client:
        joined = await client.join(thread=thread)
        await joined.post("Still here?", str(uuid4()))
    return monotonic() - started
