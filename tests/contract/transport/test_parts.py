"""One of the three parts of a cluster hangs: what is on the two others goes on as if nothing were."""

import asyncio
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic

import pytest
from redis.exceptions import RedisError

from hubbub.commands.base import Done
from hubbub.domain.events import thread_topic
from hubbub.transport.base import Publication
from hubbub.transport.redis import connect, keys, wire
from hubbub.transport.redis.scripts import Script
from hubbub.transport.redis.timings import Timings
from tests.contract.transport.conftest import UNHURRIED, Clerk, Node, running, web_node, worker_end
from tests.contract.transport.test_faults import AT_ONCE
from tests.contract.transport.test_ports import post
from tests.contract.transport.test_workers import taken
from tests.support.redis_service import Cluster, port_of, redis_cluster, tell
from tests.support.services import Service
from tests.support.waiting import until, within

HELD_UP = 10.0  # s: less than who waits for the part waits (see UNHURRIED), and enough for a busy machine
THREADS = {keys.partition_of_name(thread): thread for thread in map(str, range(300))}  # one of each partition


@pytest.fixture(scope="module")
def parted() -> Iterator[Cluster]:
    """A cluster that goes on without a part of it, as operators who have several want it."""
    with redis_cluster(failed_after=1000) as cluster:
        for node in cluster.nodes:
            tell(node, "CONFIG", "SET", "cluster-require-full-coverage", "no")
        yield cluster


@pytest.fixture(autouse=True)
async def whole(parted: Cluster) -> None:
    """All parts are there and empty, whatever the test before did."""
    infos = ("cluster_slots_fail:0", "cluster_slots_pfail:0")
    for node in parted.nodes:
        await until(lambda: all(one in tell(node, "CLUSTER", "INFO") for one in infos), "a whole cluster")  # noqa: B023 (awaited in the same turn)
    parted.flush()


def owner(cluster: Cluster, name: str) -> Service:
    """Where a name with a hash tag is."""
    return cluster.owner(int(tell(cluster.nodes[0], "CLUSTER", "KEYSLOT", name)))


def apart(cluster: Cluster, node: Node) -> tuple[Service, list[int]]:
    """A part that has neither the leases nor the node's answers; the partitions that are elsewhere."""
    spared = owner(cluster, keys.LEASES), owner(cluster, node.command_bus._answers)
    part = next(one for one in cluster.nodes if one not in spared)
    found = [one for one in THREADS if owner(cluster, keys.stream(one, priority=False)) is not part]
    assert 0 < len(found) < len(THREADS) == keys.PARTITIONS
    return part, found


@contextmanager
def hanging(part: Service) -> Iterator[None]:
    """It takes connections and says nothing meanwhile."""
    part.send(signal.SIGSTOP)
    try:
        yield
    finally:
        part.send(signal.SIGCONT)


async def go_on(node: Node, partitions: list[int]) -> None:
    """Posts to each partition, again and again for some time; none is held up."""

    async def keep_posting(partition: int) -> None:
        for number in range(20):
            async with asyncio.timeout(HELD_UP):
                await node.command_bus.submit(post(number, THREADS[partition]))
            await asyncio.sleep(0.1)

    await asyncio.gather(*map(keep_posting, partitions))


async def test_what_cannot_be_acknowledged_holds_up_no_other_answer(
    parted: Cluster,
) -> None:
    """Nor does it count as at hand."""
    async with web_node(parted.url, UNHURRIED) as node, worker_end(parted.url, UNHURRIED) as end:
        part, elsewhere = apart(parted, node)
        asked = [asyncio.create_task(node.command_bus.submit(post(1, thread))) for thread in THREADS.values()]
        deliveries = await taken(end, len(THREADS))
        end._most_at_hand = 3  # fewer than there are in the part
        with hanging(part):
            for delivery in deliveries:
                delivery.answer(Done())
            async with asyncio.timeout(HELD_UP):
                await asyncio.gather(*asked)
            async with running(Clerk(end).run()):
                await go_on(node, elsewhere)
                await until(lambda: not set(elsewhere) & set(end._at_hand.values()), "the others' are", HELD_UP)


async def test_an_answer_that_cannot_be_told_holds_up_no_other(parted: Cluster) -> None:
    async with web_node(parted.url, UNHURRIED) as node, worker_end(parted.url, UNHURRIED) as end:
        part, elsewhere = apart(parted, node)
        unreachable = next(name for name in map(str, range(300)) if owner(parted, keys.answers(name)) is part)
        command = wire.pack(post(1, THREADS[elsewhere[0]]))
        words: list[connect.Argument] = [5000, 60_000, unreachable, "request", command, 2**53]
        await node.command_bus._client.run(Script.APPEND, [keys.stream(elsewhere[0], priority=False)], words)
        (delivery,) = await taken(end, 1)
        with hanging(part):
            delivery.answer(Done())
            async with running(Clerk(end).run()):
                await go_on(node, elsewhere)


async def test_publishing_waits_only_shortly_and_reaches_the_others(parted: Cluster) -> None:
    publish_timeout = Timings().publish
    async with (
        web_node(parted.url, UNHURRIED) as node,
        web_node(parted.url, replace(UNHURRIED, publish=publish_timeout)) as hurried,
    ):

        async def publish(by: Node = hurried) -> float:
            started = monotonic()
            await by.bus.publish([Publication(thread_topic(thread), "epoch", ()) for thread in THREADS.values()])
            return monotonic() - started

        part, elsewhere = apart(parted, node)
        await until(lambda: node.bus.healthy, "a healthy bus")
        for partition in elsewhere:
            await node.subscribe(thread_topic(THREADS[partition]))
        for by in (node, hurried):
            await publish(by)  # so that there are connections
        await until(lambda: len(node.brought) >= 2 * len(elsewhere), "all")
        node.brought.clear()
        with hanging(part):
            await within(AT_ONCE, publish)
            async with asyncio.timeout(30):
                while {one.topic.name for one in node.brought} != {THREADS[partition] for partition in elsewhere}:
                    await publish()  # on a busy machine one is lost now and then


async def test_a_worker_that_cannot_claim_a_part_is_not_taken_for_dead(parted: Cluster) -> None:
    async with web_node(parted.url, UNHURRIED) as node, worker_end(parted.url, UNHURRIED) as end:
        part, _ = apart(parted, node)
        leases = owner(parted, keys.LEASES)
        await until(lambda: len(end._held) == keys.PARTITIONS, "all partitions")
        with hanging(part):
            await asyncio.sleep(1.2)  # a claim of what may be lost has begun
            for _ in range(3):
                before = tell(leases, "HVALS", keys.BEATS)
                await until(lambda: tell(leases, "HVALS", keys.BEATS) != before, "a beat", HELD_UP)  # noqa: B023 (awaited in the same turn)


async def test_who_failed_last_is_not_asked_first_where_the_slots_are(
    parted: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others' answers tell it as well, and all commands wait for it."""
    server = connect.connect(parted.url, replace(UNHURRIED, answer=4.0))
    part, other, _ = parted.nodes
    streams = [keys.stream(partition, priority=False) for partition in THREADS]
    here, there = (next(stream for stream in streams if owner(parted, stream) is at) for at in (part, other))
    try:
        await server.client.xlen(there)
        with hanging(part):
            # redis-py shuffles them
            monkeypatch.setattr(random, "shuffle", lambda nodes: nodes.sort(key=lambda one: one.port != port_of(part)))
            with pytest.raises(RedisError):
                await server.client.xlen(here)
            async with asyncio.timeout(3.5):  # less than it takes to wait for the one that hangs
                await server.client.xlen(there)
    finally:
        await server.aclose()
