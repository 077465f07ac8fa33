"""What `transport.base` promises, of every adapter."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from hubbub.commands import AnyWrite
from hubbub.commands.base import Ambiguous, Denied, Done
from hubbub.commands.posting import PostComment
from hubbub.commands.threads import CloseThread
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.events import Event, desk_topic, thread_topic
from hubbub.domain.model import Role
from hubbub.transport.base import Delivery, Publication
from hubbub.transport.memory import MemoryCommandBus
from hubbub.transport.redis.queue import RedisQueue
from tests.contract.transport.conftest import Ends
from tests.support.waiting import until
from tests.unit.samples import comment

ANN = Actor("ann", "demo", Role.GUEST, "Ann")
MO = Actor("mo", "demo", Role.MODERATOR, "Mo")


TOPIC = thread_topic("t")


def post(number: int = 1, thread: str = "t") -> PostComment:
    """A comment."""
    return PostComment(f"id-{number}", thread, ANN, f"text {number} ✓", "<p>…</p>", None)


async def taken(ends: Ends, count: int) -> list[Delivery]:
    """So many deliveries, however they are cut into batches."""
    found: list[Delivery] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            found += await ends.queue.take(count - len(found))
    return found


def ids(deliveries: Sequence[Delivery]) -> list[str]:
    """The comments' ids."""
    return [one.command.id for one in deliveries if isinstance(one.command, PostComment)]


async def append(ends: Ends, commands: Sequence[AnyWrite]) -> list[asyncio.Task[Done]]:
    """Appends in order; the answers are due."""
    return [asyncio.create_task(ends.command_bus.submit(command)) for command in commands]


def same(command: AnyWrite) -> AnyWrite:
    """The command as it was appended: a transport may have added `request`."""
    return msgspec.structs.replace(command, request=None)


async def test_a_command_arrives_and_its_answer_comes_back(ends: Ends) -> None:
    (asked,) = await append(ends, [post(1)])
    (delivery,) = await taken(ends, 1)
    assert same(delivery.command) == post(1)
    delivery.answer(Done(seq=7))
    assert await asked == Done(seq=7)


async def test_a_refusal_is_raised_where_it_was_asked(ends: Ends) -> None:
    (asked,) = await append(ends, [post(1)])
    (delivery,) = await taken(ends, 1)
    delivery.answer(Denied(ErrorCode.THREAD_CLOSED, "Closed.", 3))
    with pytest.raises(Refused) as refused:
        await asked
    assert (refused.value.code, refused.value.message, refused.value.retry_after) == ("thread_closed", "Closed.", 3)


@pytest.mark.parametrize("there", [True, False])
async def test_whoever_is_there_insists_where_the_worker_doubts(ends: Ends, there: bool) -> None:
    """Within one process nothing is late, so nothing is in doubt; a worker that doubts all the same refuses."""

    async def is_connected() -> bool:
        return there

    asked = asyncio.create_task(ends.command_bus.submit(post(1), is_connected))
    (delivery,) = await taken(ends, 1)
    assert delivery.command.supersedes is None
    delivery.answer(Ambiguous("before"))
    if there and not isinstance(ends.command_bus, MemoryCommandBus):
        (again,) = await taken(ends, 1)
        assert again.command.supersedes == "before"
        assert again.command.request != delivery.command.request
        again.answer(Done(seq=7))
        assert await asked == Done(seq=7)
        return
    with pytest.raises(Refused) as refused:
        await asked
    assert refused.value.code is ErrorCode.UNAVAILABLE
    (after,) = await append(ends, [post(2)])
    (delivery,) = await taken(ends, 1)
    assert same(delivery.command) == post(2), "nobody insisted meanwhile"
    delivery.answer(Done())
    await after


async def test_one_threads_commands_keep_their_order(ends: Ends) -> None:
    asked = await append(ends, [post(number) for number in range(100)])
    deliveries = await taken(ends, 100)
    assert ids(deliveries) == [f"id-{number}" for number in range(100)]
    for delivery in deliveries:
        delivery.answer(Done())
    await asyncio.gather(*asked)


async def test_a_moderator_overtakes_what_waits(ends: Ends) -> None:
    asked = await append(ends, [post(1)])
    deliveries = await taken(ends, 1)  # the queue reads from here on
    asked += await append(ends, [post(number) for number in range(2, 30)])
    asked += await append(ends, [CloseThread("t", MO, None)])
    assert isinstance(ends.queue, MemoryCommandBus | RedisQueue)
    lanes = ends.queue._queue
    await until(lambda: len(lanes.priority) + len(lanes.normal) == 29, "all of them at hand")
    rest = await taken(ends, 29)
    assert isinstance(rest[0].command, CloseThread)
    for delivery in deliveries + rest:
        delivery.answer(Done())
    await asyncio.gather(*asked)


async def test_publications_reach_those_who_subscribed(ends: Ends) -> None:
    await until(lambda: ends.bus.healthy, "a healthy bus")
    await ends.subscribe(TOPIC)
    publication = Publication(TOPIC, "epoch", ())
    await ends.bus.publish([publication])
    await until(lambda: ends.brought == [publication], "the publication")


async def test_a_topic_of_another_kind_has_publications_of_its_own(ends: Ends) -> None:
    """Even where its name is the same."""
    await until(lambda: ends.bus.healthy, "a healthy bus")
    desk = desk_topic("t")
    await ends.subscribe(desk)
    sent = Publication(desk, "epoch", (Event(1, "comment.future", 5, comment()),))
    await ends.bus.publish([Publication(TOPIC, "epoch", ()), sent])
    await until(lambda: ends.brought == [sent], "the desk's publication")


async def test_readers_are_counted(ends: Ends) -> None:
    counts = {TOPIC: 3, thread_topic("u"): 0, desk_topic("t"): 2}
    assert await ends.bus.count(counts) == counts


async def test_a_batch_of_publications_keeps_each_threads_order(ends: Ends) -> None:
    await until(lambda: ends.bus.healthy, "a healthy bus")
    threads = [thread_topic(f"thread-{n}") for n in range(40)]  # of all partitions, on a cluster of all nodes
    for thread in threads:
        await ends.subscribe(thread)
    sent = [Publication(thread, str(turn), ()) for turn in range(3) for thread in threads]
    await ends.bus.publish(sent)
    await until(lambda: len(ends.brought) == len(sent), "all publications")
    for thread in threads:
        assert [one.epoch for one in ends.brought if one.topic == thread] == ["0", "1", "2"]


async def test_the_bus_is_healthy(ends: Ends) -> None:
    await until(lambda: ends.bus.healthy, "a healthy bus")
