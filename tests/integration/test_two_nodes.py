"""Readers of two web nodes: one says goodbye, one is stopped for seconds. Nobody misses an event, and no post fails."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import psycopg
import pytest

from hubbub import app
from hubbub.client import Client, Reset, Thread, connect
from hubbub.domain.events import thread_topic
from hubbub.storage.engine import Database
from hubbub.storage.events import events_since
from hubbub.transport.base import Publication
from tests.support.contract import WIRES, Api, Live, Wire
from tests.support.many import Many, Web, many

STOPPED = 4.0  # s: longer than the 3 s of silence after which a node no longer believes in its subscription


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """Two web nodes and a worker."""
    with many(Path(tmp_path_factory.mktemp("fleet")), webs=2, workers=1) as running:
        yield running


@asynccontextmanager
async def balanced(*webs: Web) -> AsyncIterator[str]:
    """A proxy that leads to the first of them that takes connections; its address."""

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
        sink.close()

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for web in webs:
            try:
                there, back = await asyncio.open_connection("127.0.0.1", web.port)
            except OSError:
                continue
            await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)
            return
        writer.transport.abort()

    server = await asyncio.start_server(lead, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def joined(client: Client, key: str) -> Thread:
    """The thread of an article, and what has been said there is nothing."""
    thread = await client.join("demo", key)
    assert thread.view.head == 0
    return thread


async def seqs(thread: Thread, count: int) -> list[int]:
    """The next events; a reset would be a gap in what a reader was told."""
    found: list[int] = []
    async with asyncio.timeout(30):
        while len(found) < count:
            item = await anext(thread)
            assert not isinstance(item, Reset), "expected no reset: the log is the same"
            found.append(item.seq)
    return found


async def test_readers_of_a_node_that_says_goodbye_go_on_at_another(fleet: Many) -> None:
    leaving, staying = fleet.webs
    staying.open_thread("/goodbye")
    token = fleet.token()
    async with (
        balanced(leaving, staying) as url,
        connect(url, token=token) as reading,
        connect(staying.url, token=token) as writing,
    ):
        thread, elsewhere = await joined(reading, "/goodbye"), await joined(writing, "/goodbye")
        for n in range(20):
            await elsewhere.post(f"Before {n}")
        leaving.terminate()
        for n in range(20):
            await elsewhere.post(f"Meanwhile {n}")
            await thread.post(f"Through the restart {n}")
        assert await seqs(thread, 60) == list(range(1, 61))
        assert await asyncio.to_thread(leaving.wait) == 0
        await thread.post("At the other node")
        assert await seqs(elsewhere, 61) == list(range(1, 62))
    leaving.start()


async def test_a_node_that_was_stopped_brings_its_readers_everything(fleet: Many) -> None:
    stopped, running = fleet.webs
    running.open_thread("/stopped")
    token = fleet.token()
    async with connect(stopped.url, token=token) as reading, connect(running.url, token=token) as writing:
        thread, elsewhere = await joined(reading, "/stopped"), await joined(writing, "/stopped")
        stopped.send(signal.SIGSTOP)
        try:
            for n in range(40):
                await elsewhere.post(f"Unheard {n}")
                await asyncio.sleep(STOPPED / 40)
        finally:
            stopped.send(signal.SIGCONT)
        assert await seqs(thread, 40) == list(range(1, 41))
        await thread.post("Awake")
        assert await seqs(elsewhere, 41) == list(range(1, 42))


def newer_worker(fleet: Many, thread: str, kind: str, comment: str | None = None) -> None:
    """Stores an event and publishes it, as a newer version's worker does."""
    with psycopg.connect(fleet.env["HUBBUB_DATABASE_URL"]) as db:
        moved = db.execute("UPDATE thread SET head = head + 1 WHERE id = %s RETURNING head", (thread,)).fetchone()
        assert moved
        db.execute(
            "INSERT INTO event (thread, seq, kind, at, comment) VALUES (%s, %s, %s, 1, %s)",
            (thread, moved[0], kind, comment),
        )

    async def publish() -> None:
        with closing(Database(fleet.env["HUBBUB_DATABASE_URL"])) as database:
            page = await database.read(events_since, thread, moved[0] - 1, 1)
        assert page is not None
        publication = Publication(thread_topic(thread), page.thread.epoch, tuple(page.events))
        await app.publish(fleet.env["HUBBUB_REDIS_URL"], [publication])

    asyncio.run(publish())


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
def test_an_event_that_only_a_newer_worker_knows_reaches_the_readers_of_both(fleet: Many, wire: Wire) -> None:
    """And everything goes on."""
    here, there = (web.url for web in fleet.webs)
    with Api(here) as api, Live(here, wire) as near, Live(there, wire) as far:
        found = api.snapshot("demo", f"/future-{wire.name}")["thread"]
        token = api.session().token
        for reader in (near, far):
            reader.do("join", thread=found["id"])
        comment = api.post(found["id"], token=token).ok(201)["comment"]["id"]
        newer_worker(fleet, found["id"], "comment.future", comment)
        newer_worker(fleet, found["id"], "thread.future")
        api.post(found["id"], token=token).ok(201)
        kinds = ["comment.posted", "comment.future", "thread.future", "comment.posted"]
        for reader in (near, far):
            events = reader.events(found["id"], 4)
            assert [event["kind"] for event in events] == kinds
            assert events[1]["comment"]["id"] == comment
        with Live(there, wire) as returning:
            after = {"epoch": found["epoch"], "seq": 0}
            replayed = returning.do("join", thread=found["id"], after=after)["events"]
            assert [event["kind"] for event in replayed] == kinds
        api.call("PATCH", f"/api/v1/comments/{comment}", {"body": "edited"}, token=token).ok()
        assert far.events(found["id"], 1)[0]["kind"] == "comment.edited"
