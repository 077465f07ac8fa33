"""A planned end: readers are told, nobody loses anything, and it takes less than three seconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from hubbub.client import Client, Options, Thread, connect
from hubbub.protocol.close_codes import RESTART
from hubbub.protocol.views import EventView
from tests.support.raw import raw_live
from tests.support.relay import Relay
from tests.support.server import Server
from tests.support.waiting import until

READERS = 40
SECONDS = 120.0  # for all of it, on a busy machine
PROMPT = 3.0  # s to end in
TRIES = 3  # that it gets for that: a busy machine may stop for seconds, but hardly again and again
PATIENT = Options(deadline=SECONDS)


async def follow(thread: Thread, seqs: list[int]) -> None:
    """Notes the seq of every event."""
    async for item in thread:
        assert isinstance(item, EventView), item
        seqs.append(item.seq)


async def post_on(thread: Thread, enough: asyncio.Event) -> int:
    """Posts one comment after the other; how many were acknowledged. Any failure is the test's."""
    posted = 0
    while not enough.is_set():
        await thread.post(f"Comment {posted}")
        posted += 1
    return posted


async def ended(server: Server) -> float:
    """Tells the server to end; how many seconds that took."""
    started = time.monotonic()
    server.terminate()
    assert await asyncio.to_thread(server.wait) == 0
    return time.monotonic() - started


async def promptly(play: Callable[[Server, str], Awaitable[float]], server: Server) -> None:
    """Plays a scene on a page of its own, until the seconds that an end took in it were as few as promised."""
    seconds: list[float] = []
    while len(seconds) < TRIES and min(seconds, default=PROMPT) >= PROMPT:
        if not server.running:
            server.start()
        seconds.append(await play(server, f"/2026/11/22/end-{len(seconds)}"))
    assert min(seconds) < PROMPT, seconds


async def test_readers_are_told_and_nobody_loses_anything(server: Server) -> None:
    await promptly(end_before_readers, server)


async def end_before_readers(server: Server, key: str) -> float:
    """Everybody reads and writes, the server ends, and comes back."""
    thread_id = server.open_thread(key)
    async with asyncio.timeout(SECONDS), AsyncExitStack() as stack:
        raw = [await stack.enter_async_context(raw_live(server.url)) for _ in range(READERS)]
        for live in raw:
            await live.call("join", thread=thread_id)
        client = await stack.enter_async_context(connect(server.url, name="Ada", options=PATIENT))
        await client.session("demo")
        thread = await client.join(thread=thread_id)
        seqs: list[int] = []
        reading = asyncio.create_task(follow(thread, seqs))
        enough = asyncio.Event()
        posting = [asyncio.create_task(post_on(thread, enough)) for _ in range(4)]
        await until(lambda: len(seqs) > 50, "comments flow")

        took = await ended(server)
        await asyncio.wait_for(asyncio.gather(*(live.reading for live in raw)), SECONDS)
        for live in raw:
            assert live.close_code == RESTART.code
            assert live.pushes[-1]["push"] == "goodbye"
            assert 0 < live.pushes[-1]["reconnect_in"] <= 10
            events = [event["seq"] for push in live.pushes if push["push"] == "events" for event in push["events"]]
            assert events == list(range(events[0], events[0] + len(events)))

        before = len(seqs)
        await asyncio.to_thread(server.start)
        await until(lambda: len(seqs) > before + 50, "comments flow again", SECONDS)
        enough.set()
        posted = sum(await asyncio.gather(*posting))
        await until(lambda: len(seqs) >= posted, "every comment is read")
        assert seqs == list(range(1, posted + 1))
        assert server.get("/api/v1/threads", thread=thread_id)["thread"]["head"] == posted
        reading.cancel()
    return took


async def test_a_peer_that_is_gone_does_not_hold_it_up(server: Server) -> None:
    await promptly(end_before_one_who_is_gone, server)


async def end_before_one_who_is_gone(server: Server, key: str) -> float:
    """One reads nothing any more and answers nothing when the server ends."""
    thread_id = server.open_thread(key)
    async with asyncio.timeout(SECONDS), Relay(server.url) as relay, AsyncExitStack() as stack:
        frozen: Client = await stack.enter_async_context(connect(relay.url, options=Options(ping=20)))
        await frozen.join(thread=thread_id)
        client = await stack.enter_async_context(connect(server.url, name="Ada", options=PATIENT))
        await client.session("demo")
        thread = await client.join(thread=thread_id)
        relay.freeze()
        # More than the kernel's buffers hold: the server is in the middle of writing when it is told to end.
        await asyncio.gather(*(thread.post("x" * 10_000) for _ in range(800)))
        return await ended(server)
