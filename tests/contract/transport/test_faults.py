"""Whatever happens to Redis or to the way there: nobody waits for long, and everything comes back by itself."""

import asyncio
import hashlib
import re
import signal
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest
from redis.asyncio.connection import AbstractConnection

from hubbub.cli.redis_findings import redis_findings
from hubbub.commands import AnyWrite
from hubbub.commands.base import Done
from hubbub.commands.threads import CloseThread, ReopenThread
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.events import thread_topic
from hubbub.transport.base import Publication
from hubbub.transport.redis import command_bus, keys
from hubbub.transport.redis.command_bus import LONGEST_BACKLOG, RedisCommandBus, Waiting
from hubbub.transport.redis.connect import Argument, RedisClient, connect
from hubbub.transport.redis.queue import RedisQueue
from hubbub.transport.redis.scripts import Script
from hubbub.transport.redis.timings import Timings
from tests.contract.transport.conftest import UNHURRIED, Node, clerk, connected, web_node, worker_end
from tests.contract.transport.test_ports import MO, TOPIC, post
from tests.support.redis_service import tell
from tests.support.relay import Relay
from tests.support.services import Service
from tests.support.waiting import until, within

STREAM = keys.stream(keys.partition_of(post()), priority=False)
AT_ONCE = 1.5  # s: soon enough for a reader


async def refused(asking: Awaitable[Done]) -> float:
    """Expects `unavailable` with a time to wait; how long it took."""
    started = monotonic()
    with pytest.raises(Refused) as caught:
        await asking
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert caught.value.retry_after is not None
    return monotonic() - started


async def refused_at_once(end: RedisCommandBus, seconds: float = AT_ONCE) -> None:
    """A post is."""
    await within(seconds, lambda: refused(end.submit(post(99))))


async def accepted(end: RedisCommandBus, number: int) -> None:
    """Posts again and again until it is taken, as clients do."""
    async with asyncio.timeout(60):
        while True:
            try:
                await end.submit(post(number))
            except Refused as refusal:
                await asyncio.sleep(min(0.1, refusal.retry_after or 0))
            else:
                return


async def hears(node: Node, text: str) -> None:
    """The thread's publications arrive, perhaps after some that do not."""
    async with asyncio.timeout(60):
        while not any(one.epoch == text for one in node.brought):
            await node.bus.publish([Publication(TOPIC, text, ())])
            await asyncio.sleep(0.05)


async def test_a_restart_is_refused_at_once_and_then_healed(own_redis: Service) -> None:
    async with web_node(own_redis.url, UNHURRIED) as node, clerk(own_redis.url, UNHURRIED) as worker:
        await node.subscribe(TOPIC)
        await connected(node)
        await node.command_bus.submit(post(1))
        own_redis.end(signal.SIGKILL)
        await refused_at_once(node.command_bus)
        await until(lambda: not node.bus.healthy and not node.command_bus.healthy, "both know")
        own_redis.start()
        await accepted(node.command_bus, 3)
        await until(lambda: node.bus.healthy and node.command_bus.healthy, "both know again")
        await hears(node, "after")
        assert node.returns == 2
        assert worker.done[0] == "id-1"
        assert worker.done[-1] == "id-3"


async def test_what_waited_in_a_redis_that_restarts_is_asked_again(own_redis: Service) -> None:
    async with web_node(own_redis.url, UNHURRIED) as node:
        await connected(node)
        asked = [asyncio.create_task(node.command_bus.submit(post(number))) for number in range(20)]
        await until(lambda: tell(own_redis, "XLEN", STREAM) == "20", "20 commands")
        own_redis.end(signal.SIGKILL)
        own_redis.start()
        async with clerk(own_redis.url, UNHURRIED) as worker:
            await asyncio.gather(*asked)
            assert worker.done == [f"id-{number}" for number in range(20)]


async def test_what_waited_when_redis_was_emptied_is_asked_again(own_redis: Service) -> None:
    timings = replace(UNHURRIED, oldest=2.0)  # that nothing comes for so long is all that shows it
    async with web_node(own_redis.url, timings) as node, clerk(own_redis.url, timings):
        await node.command_bus.submit(post(1))
        for number in range(2, 30):
            tell(own_redis, "FLUSHALL")
            await node.command_bus.submit(post(number))
    async with web_node(own_redis.url, timings) as node:
        asked = [asyncio.create_task(node.command_bus.submit(post(number))) for number in range(20)]
        await until(lambda: tell(own_redis, "XLEN", STREAM) == "20", "20 commands")
        tell(own_redis, "FLUSHALL")
        async with clerk(own_redis.url, UNHURRIED) as worker:
            await asyncio.gather(*asked)
            in_order = list(dict.fromkeys(worker.done))  # on a busy machine some come a third time
            assert in_order == [f"id-{number}" for number in range(20)]


async def test_an_answer_that_nobody_heard_is_asked_for_again(
    own_redis: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, listener = asyncio.Event(), RedisClient.listener

    async def later(server: RedisClient, channel: str) -> AbstractConnection:
        await told.wait()
        return await listener(server, channel)

    async with web_node(own_redis.url, UNHURRIED) as node, worker_end(own_redis.url, UNHURRIED) as queue:
        await connected(node)
        asking = asyncio.create_task(node.command_bus.submit(post(1)))
        (first,) = await queue.take(9)
        monkeypatch.setattr(RedisClient, "listener", later)
        tell(own_redis, "CLIENT", "KILL", "TYPE", "pubsub")
        first.answer(Done(seq=1))
        await until(lambda: queue._unanswered == 0, "an answer while nobody listens")
        told.set()
        async with asyncio.timeout(30):
            (again,) = await queue.take(9)
        assert again.command == first.command  # its request included
        again.answer(Done(seq=1))
        assert await asking == Done(seq=1)


async def test_a_killed_subscription_comes_back_and_says_so(own_redis: Service) -> None:
    async with web_node(own_redis.url, UNHURRIED) as node:
        await node.subscribe(TOPIC)
        await until(lambda: node.returns == 1, "the first time")
        for _ in range(3):
            returns = node.returns
            tell(own_redis, "CLIENT", "KILL", "TYPE", "pubsub")
            await until(lambda: node.returns == returns + 1, "another return")  # noqa: B023 (awaited in the same turn)
        await hears(node, "after")


async def test_a_redis_that_stalls_is_noticed(own_redis: Service) -> None:
    async with web_node(own_redis.url) as node, clerk(own_redis.url):
        await node.subscribe(TOPIC)
        await connected(node)
        await node.command_bus.submit(post(1))
        own_redis.send(signal.SIGSTOP)
        await until(lambda: not node.bus.healthy and not node.command_bus.healthy, "both know")
        await refused_at_once(node.command_bus)
        own_redis.send(signal.SIGCONT)
        await accepted(node.command_bus, 3)
        await hears(node, "after")
        await until(lambda: node.returns > 1, "it says so")


async def test_a_half_open_connection_is_noticed(own_redis: Service) -> None:
    async with Relay(own_redis.url) as relay, web_node(relay.url) as node, clerk(own_redis.url):
        await node.subscribe(TOPIC)
        await connected(node)
        relay.freeze()
        await until(lambda: node.returns > 1, "another connection")
        await hears(node, "after")
        await accepted(node.command_bus, 1)


async def test_a_full_redis_refuses_at_once_and_goes_on_answering(own_redis: Service) -> None:
    async with web_node(own_redis.url, UNHURRIED) as node, worker_end(own_redis.url, UNHURRIED) as queue:
        asking = asyncio.create_task(node.command_bus.submit(post(1)))
        (delivery,) = await queue.take(9)
        tell(own_redis, "CONFIG", "SET", "maxmemory", "1")
        await refused_at_once(node.command_bus)
        assert await node.bus.count({TOPIC: 3}) == {TOPIC: 3}
        delivery.answer(Done(seq=1))
        assert await asking == Done(seq=1)
        tell(own_redis, "CONFIG", "SET", "maxmemory", "0")
        asking = asyncio.create_task(node.command_bus.submit(post(2)))
        (delivery,) = await queue.take(9)
        delivery.answer(Done(seq=2))
        await asking


async def test_a_replica_refuses_at_once(own_redis: Service) -> None:
    async with web_node(own_redis.url, UNHURRIED) as node, clerk(own_redis.url, UNHURRIED):
        await node.command_bus.submit(post(1))
        tell(own_redis, "REPLICAOF", "127.0.0.1", "1")
        await refused_at_once(node.command_bus)
        tell(own_redis, "REPLICAOF", "NO", "ONE")
        await accepted(node.command_bus, 2)


@pytest.mark.parametrize(("longest", "oldest"), [(4, UNHURRIED.oldest), (LONGEST_BACKLOG, 0.05)])
async def test_a_backlog_is_refused_at_once_except_to_moderators(
    own_redis: Service, longest: int, oldest: float
) -> None:
    async with web_node(own_redis.url, replace(UNHURRIED, oldest=oldest), longest_backlog=longest) as node:
        await connected(node)  # so that all come together, and none is refused for the age of the first
        asked = [asyncio.create_task(node.command_bus.submit(post(number))) for number in range(5)]
        await until(lambda: tell(own_redis, "XLEN", STREAM) == "5", "a backlog")
        await asyncio.sleep(0.1)  # it grows old
        await refused_at_once(node.command_bus)
        asked.append(asyncio.create_task(node.command_bus.submit(CloseThread("t", MO, None))))
        async with clerk(own_redis.url, UNHURRIED) as worker:
            await asyncio.gather(*asked)
            assert worker.done == [f"id-{number}" for number in range(5)]


class Unheard(Waiting):
    """What only a newer version knows."""

    def __init__(self, command: AnyWrite, timings: Timings) -> None:
        super().__init__(command, timings)
        self.packed = b"\x81\xa4type\xa7Unheard"


async def test_what_another_version_sent_is_refused_and_blocks_nobody(
    own_redis: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with web_node(own_redis.url, UNHURRIED) as node, clerk(own_redis.url, UNHURRIED):
        with monkeypatch.context() as patch:
            patch.setattr(command_bus, "Waiting", Unheard)
            await refused_at_once(node.command_bus)
        await node.command_bus.submit(post(2))
        await until(lambda: tell(own_redis, "XLEN", STREAM) == "0", "nothing left")


async def test_a_message_that_cannot_be_read_costs_no_other(own_redis: Service) -> None:
    async with web_node(own_redis.url, UNHURRIED) as node:
        await connected(node)
        await node.subscribe(TOPIC)
        assert tell(own_redis, "PUBLISH", keys.events(TOPIC), "gibberish") == "1", "it is heard"
        await node.bus.publish([Publication(TOPIC, "after", ())])
        await until(lambda: len(node.brought) == 1, "the other")
        assert node.returns == 1


async def test_readers_of_a_node_that_died_are_forgotten(own_redis: Service) -> None:
    timings = replace(UNHURRIED, counted=60.0)
    threads = {thread_topic(f"thread-{number}"): number for number in range(50)}
    ninth = thread_topic("thread-9")
    async with web_node(own_redis.url, timings) as node, web_node(own_redis.url, replace(timings, counted=0.3)) as soon:
        async with web_node(own_redis.url, timings) as other:
            await other.bus.count(threads)
            assert await node.bus.count(dict.fromkeys(threads, 1)) == {name: n + 1 for name, n in threads.items()}
            tell(own_redis, "FLUSHALL")
            assert await node.bus.count({ninth: 1}) == {ninth: 1}
            await other.bus.count(threads)
            assert await node.bus.count({ninth: 1}) == {ninth: 10}
        async with asyncio.timeout(30):
            while await soon.bus.count({ninth: 1}) != {ninth: 1}:  # noqa: ASYNC110 (nothing signals it)
                await asyncio.sleep(0.05)


async def test_a_web_node_that_is_told_to_end_ends(own_redis: Service) -> None:
    """Whatever Redis does: `web_node` waits for its loops."""
    async with web_node(own_redis.url) as node:
        await connected(node)
        await node.subscribe(TOPIC)
        own_redis.send(signal.SIGSTOP)
        asking = asyncio.create_task(node.command_bus.submit(post(1)))
        await asyncio.sleep(0.2)  # for the command to be on its way, which no condition shows
    await refused(asking)


def let_clock_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """APPEND reads Redis's clock as ahead by the seconds in the key `ahead`: Redis's allocator bears no faketime."""
    asked, told = "redis.call('TIME');", "redis.call('TIME'); now[1] = now[1] + (redis.call('GET', 'ahead') or 0);"
    assert Script.APPEND.text.count(asked) == 1
    text = Script.APPEND.text.replace(asked, told)
    monkeypatch.setattr(Script.APPEND, "text", text)
    monkeypatch.setattr(Script.APPEND, "sha", hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def scripts_run(redis: Service) -> int:
    """How many scripts ran since it was started."""
    found = re.search(r"cmdstat_evalsha:calls=(\d+)", tell(redis, "INFO", "commandstats"))
    assert found
    return int(found[1])


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis+cluster://127.0.0.1:1"])
async def test_a_server_that_is_not_there_is_said_at_once(url: str) -> None:
    server = connect(url)
    end = RedisCommandBus(server)
    await refused_at_once(end, 1 + AT_ONCE)  # the patience for a first subscription
    await RedisQueue(server).close()
    findings = await asyncio.to_thread(lambda: list(redis_findings(url)))  # it has a loop of its own
    assert [good for good, *_ in findings] == [False]
    await server.aclose()


async def test_what_was_given_up_does_not_come_after_redis_clock_was_set_back(
    own_redis: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    timings = Timings(clock_kept=0.3, oldest=60.0)  # on a busy machine nothing comes again for its age alone
    let_clock_be_set(monkeypatch)
    stream = keys.stream(keys.partition_of_name("t"), priority=True)
    async with Relay(own_redis.url) as relay, web_node(relay.url, timings) as node:
        asking = asyncio.create_task(node.command_bus.submit(ReopenThread("t", MO)))
        await until(lambda: tell(own_redis, "XLEN", stream) == "1", "a command: the clock is known")
        asking.cancel()
        tell(own_redis, "SET", "ahead", "-60")
        await asyncio.sleep(0.4)  # until it is not relied on any more
        relay.stall()
        await refused(node.command_bus.submit(ReopenThread("t", MO)))
        scripts = scripts_run(own_redis)
        relay.resume()
        await until(lambda: scripts_run(own_redis) > scripts, "what the node said, late")
        assert tell(own_redis, "XLEN", stream) == "1"


def count_appends(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many commands each APPEND from here on has."""
    counts: list[int] = []
    run = RedisClient.run

    async def counting(
        server: RedisClient, script: Script, keys: Sequence[str], arguments: Sequence[Argument] = ()
    ) -> Any:
        if script is Script.APPEND:
            counts.append(len(arguments[3:]) // 3)
        return await run(server, script, keys, arguments)

    monkeypatch.setattr(RedisClient, "run", counting)
    return counts


async def test_a_busy_stream_learns_the_clock_from_its_answers(
    own_redis: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    timings = replace(UNHURRIED, clock_kept=20.0)
    skipped = 0
    monkeypatch.setattr(command_bus, "monotonic", lambda: monotonic() + skipped)
    async with web_node(own_redis.url, timings) as node, clerk(own_redis.url, timings):
        await node.command_bus.submit(post(0))
        scripts = count_appends(monkeypatch)
        for number in range(12):
            await node.command_bus.submit(post(number))
            skipped += 3  # altogether longer than the clock is relied on
        assert scripts == [1] * 12
        skipped += 21  # until it is not relied on any more
        await node.command_bus.submit(post(12))
        assert scripts == [1] * 12 + [0, 1]
