"""The in-process ports: two lanes, order kept, bounded, and nobody hurt by a caller who leaves."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.commands import AnyWrite
from hubbub.commands.base import Denied, Done
from hubbub.commands.moderation import ApproveComment, MarkSpam, RemoveComment, RestoreComment
from hubbub.commands.people import (
    EraseComments,
    ErasePasskeys,
    EraseSeen,
    PutPairing,
    PutPasskey,
    PutSeen,
    UsePasskey,
)
from hubbub.commands.posting import EditComment, PostComment
from hubbub.commands.sites import ChangeSite, PutSite, RemoveSite, UseCode
from hubbub.commands.staff import PutMember, RevokeMember
from hubbub.commands.threads import CloseThread, EnsureThread, KeepThreads, PinComment, PutThread, ReopenThread, SetMode
from hubbub.commands.votes import AddReaction, CastVote
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.events import desk_topic, thread_topic
from hubbub.domain.model import Role
from hubbub.transport.base import Delivery, Publication
from hubbub.transport.memory import MemoryBus, MemoryCommandBus
from tests.unit.samples import (
    ANN,
    MAY,
    OLA,
    THREAD,
    approve,
    close,
    edit,
    ensure,
    post,
    put_thread,
    remove,
    reopen,
    restore,
    site,
    spam,
    uuid,
)

SITES: list[AnyWrite] = [PutSite.of(site()), ChangeSite("news", add=("https://b.example",)), RemoveSite("news")]
KEEP = KeepThreads(("t",))
ALL: list[AnyWrite] = [
    post(),
    edit(1, "x"),
    remove(1, ANN),
    ensure(),
    put_thread(),
    *SITES,
    KeepThreads(("t",)),
    UseCode("code"),
    PutMember("news", "May", Role.MODERATOR, OLA),
    CastVote(uuid(1), THREAD, ANN, 1),
    AddReaction(uuid(1), THREAD, ANN, "like", on=True),
    EraseComments(THREAD, (uuid(1),), ANN),
    PutPairing("digest", ANN, 1),
    PutSeen(THREAD, ANN, 1),
    EraseSeen(ANN),
    PutPasskey("id", ANN, "a.example", "key", 0, "challenge"),
    UsePasskey("id", "news", 1, "challenge"),
    ErasePasskeys(ANN),
]
FIRST: list[AnyWrite] = [
    remove(1),
    restore(1),
    approve(1),
    spam(1),
    close(),
    reopen(),
    PinComment(THREAD, MAY, None),
    SetMode(THREAD, MAY, close_at=5),
    SetMode(THREAD, MAY),  # close_at is unset, which is not None
    RevokeMember("news", "May", OLA),
]

TOPIC = thread_topic("t")


async def send(command_bus: MemoryCommandBus, *commands: AnyWrite) -> list[asyncio.Task[Done]]:
    """Appends commands, in order; their senders now wait."""
    tasks = [asyncio.create_task(command_bus.submit(command)) for command in commands]
    await asyncio.sleep(0)
    return tasks


async def leave(tasks: Sequence[asyncio.Task[Done]]) -> None:
    """The senders give up."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def commands(taken: Sequence[Delivery]) -> list[AnyWrite]:
    """What was taken."""
    return [delivery.command for delivery in taken]


def test_these_are_all_commands_there_are() -> None:
    last = {PostComment, EditComment, RemoveComment, EnsureThread, PutThread, PutSite, UseCode, PutMember}
    last |= {ChangeSite, RemoveSite, KeepThreads, CastVote, AddReaction, EraseComments, PutPairing, PutSeen, EraseSeen}
    last |= {PutPasskey, UsePasskey, ErasePasskeys}
    assert {type(command) for command in ALL} == last
    first = {
        *(RemoveComment, RestoreComment, ApproveComment, MarkSpam, CloseThread, ReopenThread),
        *(PinComment, SetMode, RevokeMember),
    }
    assert {type(command) for command in FIRST} == first
    assert {type(command) for command in ALL + FIRST} == set(AnyWrite.__args__)


async def test_moderators_orders_overtake_what_waits() -> None:
    command_bus = MemoryCommandBus()
    tasks = await send(command_bus, *ALL, *FIRST)
    assert commands(await command_bus.take(100)) == [*FIRST, *ALL]
    await leave(tasks)


@given(st.lists(st.sampled_from([*ALL, *FIRST]), min_size=1, max_size=30), st.integers(1, 8))
def test_each_lane_keeps_its_order_and_nothing_is_lost(stream: list[AnyWrite], most: int) -> None:
    async def run() -> list[AnyWrite]:
        command_bus = MemoryCommandBus()
        tasks = await send(command_bus, *stream)
        taken: list[AnyWrite] = []
        while len(taken) < len(stream):
            batch = commands(await asyncio.wait_for(command_bus.take(most), 5))
            assert 1 <= len(batch) <= most
            taken += batch
        await leave(tasks)
        return taken

    wanted = sorted(stream, key=lambda command: not command.priority)
    assert asyncio.run(run()) == wanted


async def test_taking_waits_until_there_is_something() -> None:
    command_bus = MemoryCommandBus()
    taking = asyncio.create_task(command_bus.take(10))
    await asyncio.sleep(0)
    assert not taking.done()
    tasks = await send(command_bus, post())
    assert commands(await taking) == [post()]
    again = asyncio.create_task(command_bus.take(10))
    await asyncio.sleep(0)
    assert not again.done(), "what was taken is gone"
    again.cancel()
    await leave(tasks)


async def test_a_taker_who_leaves_takes_nothing_along() -> None:
    command_bus = MemoryCommandBus()
    taking = asyncio.create_task(command_bus.take(10))
    await asyncio.sleep(0)
    tasks = await send(command_bus, post())
    taking.cancel()
    with suppress(asyncio.CancelledError):
        await taking
    assert commands(await asyncio.wait_for(command_bus.take(10), 5)) == [post()]
    await leave(tasks)


async def test_a_sender_gets_its_own_answer() -> None:
    command_bus = MemoryCommandBus()
    first, second = await send(command_bus, post(1), post(2))
    one, two = await command_bus.take(10)
    two.answer(Done(seq=2))
    one.answer(Denied(ErrorCode.RATE_LIMITED, "Wait.", 3))
    assert await second == Done(seq=2)
    with pytest.raises(Refused) as caught:
        await first
    refused = caught.value
    assert (refused.code, refused.message, refused.retry_after) == (ErrorCode.RATE_LIMITED, "Wait.", 3)


async def test_a_full_backlog_is_said_at_once_and_moderators_still_come_through() -> None:
    command_bus = MemoryCommandBus(backlog=2)
    tasks = await send(command_bus, post(1), post(2))
    with pytest.raises(Refused) as caught:
        await asyncio.wait_for(command_bus.submit(post(3)), 5)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert caught.value.retry_after == 1
    tasks += await send(command_bus, close())
    assert commands(await command_bus.take(1)) == [close()]
    assert commands(await command_bus.take(1)) == [post(1)]
    tasks += await send(command_bus, post(4))
    assert commands(await command_bus.take(9)) == [post(2), post(4)], "there is room again"
    await leave(tasks)


async def test_a_sender_who_leaves_harms_nobody() -> None:
    command_bus = MemoryCommandBus()
    gone, stays = await send(command_bus, post(1), post(2))
    await leave([gone])
    taken = await command_bus.take(10)
    assert commands(taken) == [post(1), post(2)], "it was asked for, and is done"
    for delivery in taken:
        delivery.answer(Done(seq=1))
    assert await stays == Done(seq=1)


async def test_an_answer_that_comes_twice_counts_once() -> None:
    command_bus = MemoryCommandBus()
    (waiting,) = await send(command_bus, post())
    (delivery,) = await command_bus.take(1)
    delivery.answer(Done(seq=1))
    delivery.answer(Done(seq=2))
    assert await waiting == Done(seq=1)


async def test_the_bus_hands_on_in_order() -> None:
    bus = MemoryBus()
    heard: list[Publication] = []
    await bus.publish([Publication(TOPIC, "e", ())])  # nobody listens yet
    await bus.subscribe(TOPIC, heard.append)
    sent = [Publication(TOPIC, str(number), ()) for number in range(3)]
    await bus.publish([Publication(desk_topic("t"), "e", ()), *sent])
    await bus.unsubscribe(TOPIC)
    await bus.publish([Publication(TOPIC, "e", ())])
    assert heard == sent


async def test_what_comes_turn_after_turn_is_taken_in_one_batch() -> None:
    """One commit for what was sent together, although the turns of the loop took it in by parts (live/intake.py)."""
    command_bus = MemoryCommandBus()
    taking = asyncio.create_task(command_bus.take(500))
    senders = []
    for _ in range(4):
        senders += await send(command_bus, post(), post())
    assert len(await taking) == 8
    await leave(senders)


@pytest.mark.parametrize(("most", "taken"), [(500, 9), (4, 4)])
async def test_a_stream_of_commands_does_not_hold_a_batch_back(most: int, taken: int) -> None:
    """It is gathered for GATHERING_TURNS, and for no more than is asked for."""
    command_bus = MemoryCommandBus()
    taking = asyncio.create_task(command_bus.take(most))
    senders = []
    for _ in range(20):
        senders += await send(command_bus, post())
    assert taking.done()
    assert len(taking.result()) == taken
    await leave(senders)
