"""Commands that come late, when their sender has gone elsewhere and heard something else: they change nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis

from hubbub.transport.redis import keys
from tests.support import plain_http
from tests.support.many import Many, Web, many
from tests.support.raw import RawLive, raw_live
from tests.support.relay import Relay
from tests.support.waiting import until

HELD_UP = 0.5  # s: longer than who is back at once may need
TRIES = 3  # that last words get to arrive in time: Redis takes none that are 3 s old


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """A web node and a worker."""
    with many(Path(tmp_path_factory.mktemp("fleet")), webs=1, workers=1) as running:
        yield running


@asynccontextmanager
async def node_behind(fleet: Many, setting: str) -> AsyncIterator[tuple[Web, Relay]]:
    """Another web node, with a relay on its way to what the setting names."""
    async with Relay(fleet.env[setting]) as relay:
        web = fleet.web(**{setting: relay.url})
        try:
            await asyncio.to_thread(web.start)
            yield web, relay
        finally:
            if web.running:
                web.kill()


@asynccontextmanager
async def speaking(web: Web, token: str) -> AsyncIterator[RawLive]:
    """A connection on which a moderator speaks."""
    async with raw_live(web.url) as live:
        await live.call("hello", token=token)
        yield live


def code(reply: dict[str, Any]) -> str | None:
    """Why it was refused, or None."""
    return None if reply["ok"] else reply["error"]["code"]


def refused_at(web: Web) -> float:
    """How many commands a node has refused as `unavailable`."""
    lines = plain_http.get(f"{web.url}/metrics").text.splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith('hubbub_refused_total{code="unavailable"}'))


async def log_of(live: RawLive, thread: str) -> list[str]:
    """The kinds of the thread's events."""
    epoch = (await live.call("join", thread=thread))["thread"]["epoch"]
    joined = await live.call("join", thread=thread, after={"epoch": epoch, "seq": 0})
    return [event["kind"] for event in joined["events"]]


async def test_what_a_node_could_not_begin_is_dropped_when_its_sender_left(fleet: Many) -> None:
    """Its storage hangs; the sender goes, is refused at another node, and meanwhile the thread is opened and closed."""
    (there,), token = fleet.webs[:1], await asyncio.to_thread(fleet.token)
    thread, comment = there.open_thread("/held-up"), str(uuid4())
    async with speaking(there, token) as elsewhere, node_behind(fleet, "HUBBUB_DATABASE_URL") as (web, relay):
        before = refused_at(web)
        async with speaking(web, token) as live:
            relay.stall()
            held_up = [
                asyncio.create_task(live.call(command, thread=thread, **fields))
                for command, fields in (("post", {"id": comment, "body": "Late"}), ("reopen", {}))
            ]
            await asyncio.wait(held_up, timeout=HELD_UP)
        await asyncio.sleep(HELD_UP)  # since the node has read both, at the latest when it let the sender go
        assert code(await elsewhere.call("close", thread=thread)) is None
        assert code(await elsewhere.call("post", thread=thread, id=comment, body="Late")) == "thread_closed"
        assert code(await elsewhere.call("reopen", thread=thread)) is None
        assert code(await elsewhere.call("close", thread=thread)) is None
        assert code(await elsewhere.call("reopen", thread=thread)) is None
        relay.resume()
        await until(lambda: refused_at(web) >= before + 2, "both are dropped")
        assert code(await elsewhere.call("post", thread=thread, id=str(uuid4()), body="After")) is None
        kinds = await log_of(elsewhere, thread)
        assert kinds == ["thread.closed", "thread.reopened"] * 2 + ["comment.posted"]
        await asyncio.gather(*held_up, return_exceptions=True)


async def test_a_refused_comment_is_not_stored_by_an_attempt_that_was_on_its_way(fleet: Many) -> None:
    """The node died while Redis seemed to hang; its last words arrive when the thread is open again. Whoever posts the
    same once more, and is there to be asked, gets it stored."""
    for number in range(TRIES):
        if await last_words_arrive(fleet, f"/on-its-way/{number}"):
            return
    pytest.fail("the last words never arrived in time")


async def last_words_arrive(fleet: Many, key: str) -> bool:
    """Whether they did; what follows from them is checked."""
    (there,), token = fleet.webs[:1], await asyncio.to_thread(fleet.token)
    thread, comment = there.open_thread(key), str(uuid4())
    stream = keys.stream(keys.partition_of_name(thread), priority=False)
    redis = Redis.from_url(fleet.redis.url)
    async with speaking(there, token) as elsewhere, node_behind(fleet, "HUBBUB_REDIS_URL") as (web, relay):
        async with speaking(web, token) as live:
            assert code(await live.call("post", thread=thread, id=str(uuid4()), body="First")) is None
            relay.stall()
            lost = asyncio.create_task(live.call("post", thread=thread, id=comment, body="Late"))
            await until(lambda: comment.encode() in relay.held or lost.done(), "it is on its way")
            web.kill()
            await asyncio.wait([lost])
        if not isinstance(lost.exception(), ConnectionError):
            return False
        assert code(await elsewhere.call("close", thread=thread)) is None
        assert code(await elsewhere.call("post", thread=thread, id=comment, body="Late")) == "thread_closed"
        assert code(await elsewhere.call("reopen", thread=thread)) is None
        arrived = redis.xinfo_stream(stream)["entries-added"]
        relay.resume()
        try:
            await until(lambda: redis.xinfo_stream(stream)["entries-added"] > arrived, "the last words have arrived", 5)
        except AssertionError:
            return False
        assert code(await elsewhere.call("post", thread=thread, id=str(uuid4()), body="After")) is None
        kinds = await log_of(elsewhere, thread)
        assert kinds == ["comment.posted", "thread.closed", "thread.reopened", "comment.posted"]
        stored = await elsewhere.call("post", thread=thread, id=comment, body="Late")
        assert (code(stored), stored["seq"]) == (None, 5)
    redis.close()
    return True
