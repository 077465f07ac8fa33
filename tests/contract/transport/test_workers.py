"""Workers share the partitions, take over from one another, and lose nothing over it."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from time import monotonic

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from hubbub.commands.base import Done
from hubbub.commands.threads import CloseThread
from hubbub.transport.base import Delivery
from hubbub.transport.redis import keys, wire
from hubbub.transport.redis.connect import CONNECTIONS, Argument, connect
from hubbub.transport.redis.queue import RedisQueue
from hubbub.transport.redis.scripts import Script
from hubbub.transport.redis.timings import Timings
from tests.contract.transport.conftest import UNHURRIED, Clerk, clerk, running, web_node, worker_end
from tests.contract.transport.test_ports import MO, TOPIC, ids, post
from tests.support.redis_service import Cluster, tell
from tests.support.services import Service
from tests.support.waiting import until, within

PARTITION = keys.partition_of(post())
STREAM = keys.stream(PARTITION, priority=False)


def owners(redis: Service) -> dict[str, str]:
    """Who has a lease of which partition."""
    words = tell(redis, "HGETALL", keys.LEASES).split()
    return dict(zip(words[::2], words[1::2], strict=True))


def shares(redis: Service) -> list[int]:
    """How many partitions each worker has."""
    found = list(owners(redis).values())
    return sorted(found.count(name) for name in set(found))


async def taken(end: RedisQueue, count: int) -> list[Delivery]:
    """So many deliveries."""
    found: list[Delivery] = []
    async with asyncio.timeout(30):
        while len(found) < count:
            found += await end.take(count - len(found))
    return found


@asynccontextmanager
async def stopped(url: str, timings: Timings) -> AsyncIterator[RedisQueue]:
    """A worker's end over a Redis that runs only while the test says so, and never says that it ends."""
    server = connect(url, timings)
    try:
        yield RedisQueue(server)
    finally:
        await server.aclose()


async def test_what_a_killed_worker_had_at_hand_is_taken_over_in_order(own_redis: Service) -> None:
    """Killed: its tasks end without a word to Redis."""

    async def take_over() -> float:
        async with web_node(own_redis.url, UNHURRIED) as node, stopped(own_redis.url, UNHURRIED) as dying:
            async with running(dying.run()):
                asked = [asyncio.create_task(node.command_bus.submit(post(number))) for number in range(9)]
                assert ids(await taken(dying, 9)) == [f"id-{number}" for number in range(9)]
            killed = monotonic()
            asked += [asyncio.create_task(node.command_bus.submit(post(number))) for number in range(9, 20)]
            async with clerk(own_redis.url, UNHURRIED) as heir:
                await asyncio.gather(*asked)
                took = monotonic() - killed
                assert heir.done == [f"id-{number}" for number in range(20)]
        return took

    await within(3, take_over)  # 2 s are promised; this machine may be busy


async def test_a_worker_that_ends_in_order_is_succeeded_at_once(own_redis: Service) -> None:
    timings, dead_after = replace(UNHURRIED, lost=250.0), 1000  # nobody takes it for dead, nor what it has for lost
    async with web_node(own_redis.url, UNHURRIED) as node, AsyncExitStack() as stack:
        async with worker_end(own_redis.url, timings, dead_after=dead_after) as ending:
            asked = [asyncio.create_task(node.command_bus.submit(post(number))) for number in range(5)]
            (first, *_rest) = await taken(ending, 5)
            heir = await stack.enter_async_context(clerk(own_redis.url, timings, dead_after=dead_after))
            first.answer(Done())
        async with asyncio.timeout(20):
            await asyncio.gather(*asked)
        assert heir.done == [f"id-{number}" for number in range(1, 5)]


async def test_a_worker_that_cannot_write_leaves_its_share_to_others(own_redis: Service) -> None:
    async with web_node(own_redis.url, UNHURRIED) as node, worker_end(own_redis.url, UNHURRIED) as resting:
        asking = asyncio.create_task(node.command_bus.submit(post()))
        await taken(resting, 1)  # and no answer comes
        resting.pause()
        async with clerk(own_redis.url, UNHURRIED) as other:
            await asking
            assert other.done == ["id-1"]
            resting.resume()
            await until(lambda: shares(own_redis) == [8, 8], "fair shares again")


async def test_a_batch_from_very_many_nodes_is_answered_whole(own_redis: Service) -> None:
    """From more of them than the worker has connections."""
    nodes = [f"node-{number}" for number in range(CONNECTIONS + 50)]
    async with worker_end(own_redis.url, UNHURRIED) as end, aclosing(Redis.from_url(own_redis.url)) as client:
        listening = client.pubsub()
        await listening.subscribe(*(keys.answers(node) for node in nodes))
        for node in nodes:
            words: list[Argument] = [5000, 60_000, node, f"request of {node}", wire.pack(post()), 2**53]
            await end._client.run(Script.APPEND, [STREAM], words)
        for delivery in await taken(end, len(nodes)):
            delivery.answer(Done())
        heard: list[str] = []
        async with asyncio.timeout(30):
            while len(heard) < len(nodes):
                message = await listening.get_message(ignore_subscribe_messages=True, timeout=1)
                heard += [request for request, _ in wire.answers(message["data"])] if message else []
        assert sorted(heard) == sorted(f"request of {node}" for node in nodes)


async def test_answers_that_cannot_be_sent_are_logged(own_redis: Service) -> None:
    async with web_node(own_redis.url, UNHURRIED) as node, worker_end(own_redis.url, UNHURRIED) as end:
        asking = asyncio.create_task(node.command_bus.submit(post()))
        (delivery,) = await taken(end, 1)
        own_redis.end(signal.SIGKILL)
        with capture_logs() as lines:
            delivery.answer(Done())
            await until(lambda: any(line["event"] == "answers_not_sent" for line in lines), "a line")
        asking.cancel()


async def test_workers_have_fair_shares(own_redis: Service) -> None:
    async with AsyncExitStack() as stack:
        for shared in ([16], [8, 8], [4, 6, 6]):
            await stack.enter_async_context(worker_end(own_redis.url, UNHURRIED))
            await until(lambda: shares(own_redis) == shared, f"{shared}")  # noqa: B023 (awaited in the same turn)
        tell(own_redis, "FLUSHALL")
        await until(lambda: shares(own_redis) == [4, 6, 6], "the same again")
        kept = owners(own_redis)
        await asyncio.sleep(0.6)  # two renewals: nothing moves without a reason
        assert owners(own_redis) == kept


async def test_nobody_is_taken_for_dead_because_redis_was_away(own_redis: Service) -> None:
    async with worker_end(own_redis.url, UNHURRIED), worker_end(own_redis.url, UNHURRIED):
        await until(lambda: shares(own_redis) == [8, 8], "two workers")
        kept = owners(own_redis)
        tell(own_redis, "CLIENT", "PAUSE", "2000", "ALL")
        await asyncio.sleep(2.6)  # the pause, and two renewals
        assert owners(own_redis) == kept


async def test_a_worker_that_wakes_late_harms_nobody(own_redis: Service) -> None:
    async with web_node(own_redis.url, UNHURRIED) as node, stopped(own_redis.url, UNHURRIED) as sleeping:
        async with running(sleeping.run()):
            asked = [asyncio.create_task(node.command_bus.submit(post(number))) for number in range(5)]
            late = await taken(sleeping, 5)
        tell(own_redis, "HDEL", keys.BEATS, sleeping._name)  # as if all had taken it for dead
        async with clerk(own_redis.url, UNHURRIED):
            await asyncio.gather(*asked)
            async with running(sleeping.run()):
                for delivery in late:
                    delivery.answer(Done(seq=99))
                await until(lambda: not sleeping._at_hand, "it has told")
                await until(lambda: tell(own_redis, "XLEN", STREAM) == "0", "nothing left")


async def test_dead_workers_names_are_forgotten(own_redis: Service) -> None:
    for _ in range(3):
        async with worker_end(own_redis.url, UNHURRIED) as end, web_node(own_redis.url, UNHURRIED) as node:
            asking = asyncio.create_task(node.command_bus.submit(post()))
            await taken(end, 1)  # and no answer comes
            asking.cancel()
    assert tell(own_redis, "XINFO", "CONSUMERS", STREAM, keys.GROUP).count("name") == 3
    async with clerk(own_redis.url, replace(UNHURRIED, consumer_kept=0.6)) as worker:
        await until(lambda: bool(worker.done), "what they left undone")
        await until(lambda: tell(own_redis, "XINFO", "CONSUMERS", STREAM, keys.GROUP).count("name") <= 1, "no more")


async def test_what_was_read_and_lost_on_the_way_is_taken_up_again(own_redis: Service) -> None:
    """As when the connection breaks that the entries came on."""
    async with web_node(own_redis.url, UNHURRIED) as node:
        async with worker_end(own_redis.url, UNHURRIED) as first:
            await until(lambda: PARTITION in first._held, "groups")
        asking = asyncio.create_task(node.command_bus.submit(post()))
        await until(lambda: tell(own_redis, "XLEN", STREAM) == "1", "a command")
        async with worker_end(own_redis.url, UNHURRIED) as end:
            await taken(end, 1)
            end._at_hand.clear()  # it never came
            (delivery,) = await taken(end, 1)
            delivery.answer(Done())
            await asking


async def test_a_long_backlog_waits_in_redis_and_moderators_do_not(own_redis: Service) -> None:
    bounds = {"most_at_hand": 10, "read": 4}
    async with web_node(own_redis.url, UNHURRIED) as node, worker_end(own_redis.url, UNHURRIED, **bounds) as end:
        asked = [asyncio.create_task(node.command_bus.submit(post(number))) for number in range(100)]
        await until(lambda: len(end._at_hand) >= 10, "enough at hand")
        asked.append(asyncio.create_task(node.command_bus.submit(CloseThread("t", MO, None))))
        await until(lambda: bool(end._queue.priority), "the moderator's order at hand")
        assert len(end._at_hand) < 20
        working = Clerk(end)
        async with running(working.run()):
            await asyncio.gather(*asked)
        assert working.taken[0] == "CloseThread"
        assert working.done == [f"id-{number}" for number in range(100)]


@pytest.mark.parametrize("answers", ["along", "elsewhere"])
async def test_a_slot_that_moves_takes_everything_along(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, answers: str
) -> None:
    """Where the channel of the answers moves along, one may be lost: then its command comes again, as the same request.
    A channel's name is drawn, and shares the commands' slot once in 16 times."""
    partition = (PARTITION + (answers == "elsewhere")) % keys.PARTITIONS
    monkeypatch.setattr(keys, "answers", lambda node: f"hubbub:{{p{partition}}}:answers:{node}")
    cluster.flush()
    slot = int(tell(cluster.nodes[0], "CLUSTER", "KEYSLOT", STREAM))
    async with web_node(cluster.url, UNHURRIED) as node, clerk(cluster.url, UNHURRIED) as worker:
        await node.subscribe(TOPIC)
        await until(lambda: node.returns == keys.PARTITIONS, "every partition subscribed")  # each tells of itself
        for number in range(3):
            returns = node.returns
            target = cluster.move(slot)
            await node.command_bus.submit(post(number))
            await until(lambda: node.returns > returns, "subscribed again")  # noqa: B023 (awaited in the same turn)
            await until(lambda: keys.events(TOPIC) in tell(target, "PUBSUB", "SHARDCHANNELS"), "there")  # noqa: B023 (the same)
        done = [worker.done.count(f"id-{number}") for number in range(3)]
        assert len(worker.requests) == 3
        assert done == [1, 1, 1] if answers == "elsewhere" else min(done) >= 1
