"""The client and a real server, over a network that cuts and freezes connections."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from hubbub.client import Client, Options, Reset, Thread, connect
from hubbub.client.thread import Phase
from hubbub.domain.errors import Refused
from hubbub.domain.model import State
from hubbub.protocol.views import CommentView, EventView, MineView, OwnCommentView
from tests.support.contract import Api
from tests.support.relay import Relay
from tests.support.server import Server
from tests.support.tokens import mint
from tests.support.waiting import until

SECONDS = 120.0  # for all of a test, on a busy machine
IMPATIENT = Options(backoff=lambda attempt: random.uniform(0, 0.05), ping=0.5, deadline=SECONDS)


@pytest.fixture
def key() -> str:
    """A page nobody has opened yet."""
    return f"/2026/11/22/{uuid.uuid4()}"


@pytest.fixture
def thread_id(shared_server: Server, key: str) -> str:
    """The page's new thread, opened as its page does."""
    return shared_server.open_thread(key)


@asynccontextmanager
async def guest(url: str, name: str = "Ada", options: Options = IMPATIENT) -> AsyncIterator[Client]:
    """A client with a session."""
    async with asyncio.timeout(SECONDS), connect(url, name=name, options=options) as client:
        await client.session("demo")
        yield client


async def read(thread: Thread, until: int) -> list[EventView]:
    """The next events, up to seq `until`, each exactly once."""
    events: list[EventView] = []
    async for item in thread:
        assert isinstance(item, EventView), item
        assert not events or item.seq == events[-1].seq + 1
        events.append(item)
        if item.seq == until:
            break
    return events


def ids(events: list[EventView]) -> list[str]:
    """The comments the events are about."""
    return [event.comment.id for event in events if isinstance(event.comment, CommentView)]


def stored(server: Server, thread_id: str) -> Reset:
    """The thread as storage has it, with up to 200 comments."""
    found = server.get("/api/v1/threads", thread=thread_id, limit=200)
    return msgspec.convert({"kind": "reset", **found}, Reset)


def assert_same(thread: Thread, snapshot: Reset) -> None:
    """The reader's state is what storage has; `watching` is as fresh as its last push."""
    mine = msgspec.structs.replace(thread.view, watching=0)
    assert mine == msgspec.structs.replace(snapshot.thread, watching=0)
    assert thread.comments == snapshot.comments[::-1][-len(thread.comments) :]


async def test_all_that_can_be_done(shared_server: Server, thread_id: str) -> None:
    token = shared_server.token("moderator", name="Mo")
    async with guest(shared_server.url) as ada, guest(shared_server.url, "Bob") as bob:
        reading, writing = await bob.join(thread=thread_id), await ada.join(thread=thread_id)
        first = await writing.post("*Hello*")
        answer = await reading.post("Hi", parent=first.id)
        await writing.edit(first.id, "**Hello**")
        await ada.hello(token)
        await writing.remove(answer.id, "rude")
        await writing.restore(answer.id)
        assert (await writing.close("Enough")).reason == "Enough"
        with pytest.raises(Refused, match="thread_closed") as closed:
            await reading.post("Me too")
        assert closed.value.message == "Enough"
        await writing.reopen()
        kinds = [event.kind for event in await read(reading, 7)]
        assert kinds == [
            "comment.posted",
            "comment.posted",
            "comment.edited",
            "comment.removed",
            "comment.restored",
            "thread.closed",
            "thread.reopened",
        ]
        assert_same(reading, stored(shared_server, thread_id))
        assert [comment.html for comment in reading.comments] == ["<p><strong>Hello</strong></p>", "<p>Hi</p>"]


async def test_votes_and_reactions(shared_server: Server, thread_id: str) -> None:
    async with guest(shared_server.url) as ada, guest(shared_server.url, "Bob") as bob:
        written, reading = await ada.join(thread=thread_id), await bob.join(thread=thread_id)
        comment = await written.post("Mine")
        assert (await reading.vote(comment.id, 1)).score.up == 1
        said = await reading.react(comment.id, "wow")
        assert said.mine == MineView(1, ["wow"])
        await until(lambda: written.comments[0].reactions == {"wow": 1}, "the author hears of it")
        assert (await reading.vote(comment.id, 0)).score.up == 0
        with pytest.raises(Refused, match="own comment"):
            await written.vote(comment.id, 1)


async def test_refusals(shared_server: Server, thread_id: str) -> None:
    async with asyncio.timeout(SECONDS), connect(shared_server.url) as client:
        with pytest.raises(Refused, match="not_found"):
            await client.session("nowhere")
        with pytest.raises(Refused, match="not_found"):
            await client.join(thread="nowhere")
        with pytest.raises(Refused, match="unauthorized"):
            await client.hello("forged")
        joined = await client.join(thread=thread_id)
        with pytest.raises(Refused, match="unauthorized"):
            await joined.post("Who am I?")
        await client.session("demo", name="Ada", website="https://ada.example")
        with pytest.raises(Refused, match="forbidden"):
            await joined.close()
        comment = await joined.post("Now you know", str(uuid.uuid4()))
        with pytest.raises(Refused, match="conflict"):
            await joined.post("Something else", comment.id)
        assert (comment.author.name, comment.author.website) == ("Ada", "https://ada.example")


async def test_staff_mark_spam_and_read_the_queue(shared_server: Server, thread_id: str) -> None:
    token = mint(shared_server.data_dir, "moderator", name="Mo")
    async with (
        asyncio.timeout(SECONDS),
        guest(shared_server.url) as ada,
        connect(shared_server.url, token) as staff,
    ):
        comment = await (await ada.join(thread=thread_id)).post("Buy boats")
        joined = await staff.join(thread=thread_id)
        assert (await joined.spam(comment.id, seen=State.VISIBLE)).state == "spam"
        with pytest.raises(Refused, match="conflict") as refused:
            await joined.remove(comment.id, seen=State.VISIBLE)
        assert refused.value.decided is not None
        assert (refused.value.decided.action, refused.value.decided.by_id is None) == ("spam", False)
        card = (await staff.queue("demo", "spam", limit=1)).cards[0]
        assert (card.comment.id, card.comment.body, card.action) == (comment.id, "Buy boats", "spam")
        with pytest.raises(Refused, match="forbidden"):
            await ada.queue("demo")


async def test_who_was_revoked_reads_on(shared_server: Server, thread_id: str) -> None:
    name = f"Rita {uuid.uuid4()}"
    async with asyncio.timeout(SECONDS), connect(shared_server.url, options=IMPATIENT) as client:
        await client.hello(mint(shared_server.data_dir, "moderator", name=name))
        joined = await client.join(thread=thread_id)
        await joined.post("From Rita")
        with Api(shared_server.url, token=mint(shared_server.data_dir, "operator", site="*")) as api:
            api.call("DELETE", "/api/v1/sites/demo/staff", {"name": name}).ok()
        async with guest(shared_server.url) as ada:
            await (await ada.join(thread=thread_id)).post("From Ada")
        assert [event.seq for event in await read(joined, 2)] == [1, 2]
        with pytest.raises(Refused, match="unauthorized"):
            await joined.close()


async def post_all(thread: Thread, count: int, at_once: int = 50) -> list[OwnCommentView]:
    """Posts as fast as the server takes it."""
    slots = asyncio.Semaphore(at_once)

    async def post(number: int) -> OwnCommentView:
        async with slots:
            return await thread.post(f"Comment {number}")

    return await asyncio.gather(*(post(number) for number in range(count)))


async def test_cuts_cost_nothing(shared_server: Server, thread_id: str) -> None:
    chance = random.Random(7)  # the cuts come at the same comments in every run
    async with Relay(shared_server.url) as relay, guest(relay.url) as ada, guest(relay.url, "Bob") as bob:
        writing, reading = await ada.join(thread=thread_id), await bob.join(thread=thread_id)
        comments = []
        for number in range(150):
            comments.append(await writing.post(f"Comment {number}"))
            if chance.random() < 0.1:
                relay.cut()
        events = await read(reading, 150)
        assert relay.connections > 10
        assert ids(events) == [comment.id for comment in comments]
        assert [comment.number for comment in comments] == list(range(1, 151))
        assert_same(reading, stored(shared_server, thread_id))


async def test_frozen_connections_are_given_up(shared_server: Server, thread_id: str) -> None:
    async with Relay(shared_server.url) as relay, guest(relay.url) as ada, guest(shared_server.url, "Bob") as bob:
        frozen, writing = await ada.join(thread=thread_id), await bob.join(thread=thread_id)
        relay.freeze()
        await writing.post("Do you hear me?")
        mine = await frozen.post("Late, but yes")
        assert mine.number == 2
        assert [event.seq for event in await read(frozen, 2)] == [1, 2]


async def test_a_reader_far_behind_catches_up(shared_server: Server, thread_id: str) -> None:
    options = Options(queue=40, backoff=IMPATIENT.backoff)
    async with guest(shared_server.url) as ada, guest(shared_server.url, "Bob", options) as bob:
        writing, reading = await ada.join(thread=thread_id), await bob.join(thread=thread_id)
        await post_all(writing, 60)
        await until(lambda: reading.phase is Phase.PARKED, "the reader has enough")
        await post_all(writing, 1500)
        assert len(reading._items) < 200  # the queue's limit and the message that went over it
        await reading.post("Writing goes on")
        assert len(await read(reading, 1561)) == 1561
        assert reading.view.comments == 1561


async def test_a_resume_over_more_than_a_page(shared_server: Server, thread_id: str) -> None:
    options = Options(backoff=lambda attempt: 0.2, queue=5000)
    async with (
        Relay(shared_server.url) as relay,
        guest(shared_server.url) as ada,
        guest(relay.url, "Bob", options) as bob,
    ):
        reading, writing = await bob.join(thread=thread_id), await ada.join(thread=thread_id)
        relay.freeze()
        await post_all(writing, 1200)
        relay.cut()
        assert len(await read(reading, 1200)) == 1200


async def test_a_killed_server_costs_nothing(server: Server) -> None:
    thread_id = server.open_thread("/2026/11/22/killed")
    async with guest(server.url) as ada, guest(server.url, "Bob") as bob:
        writing, reading = await ada.join(thread=thread_id), await bob.join(thread=thread_id)
        posting = asyncio.create_task(post_all(writing, 300, at_once=5))
        await until(lambda: reading.view.head >= 50, "some comments")
        server.kill()
        await asyncio.to_thread(server.restart)
        comments = await posting
        events = await read(reading, 300)
        assert sorted(comment.number or 0 for comment in comments) == list(range(1, 301))
        assert set(ids(events)) == {comment.id for comment in comments}
        found = stored(server, thread_id)
        assert (found.thread.head, found.thread.comments) == (300, 300)
