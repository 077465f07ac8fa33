"""Under a server whose WebSocket protocol is not ours the same code falls back to plain ASGI messages."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from hubbub.app import embedded, web_application
from hubbub.domain.actor import Actor
from hubbub.domain.model import Role, Site
from hubbub.server import bind
from hubbub.settings import Settings
from hubbub.transport.commands import EnsureThread, PostComment
from hubbub.web.state import Node
from tests.support.waiting import until

ANN = Actor("ann", "news", Role.GUEST, "Ann")


class Plain(uvicorn.Server):
    """uvicorn as it comes, but for signals, which belong to the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves them alone."""
        yield


@asynccontextmanager
async def plain_server(data_dir: Path) -> AsyncIterator[tuple[Node, str, str]]:
    """A node, its address and the id of a thread of it."""
    listener, url = bind("127.0.0.1", 0)
    async with embedded(Settings.load(data_dir, {"HUBBUB_RATE_LIMITS": "off"}), url) as node:
        await node.sites.put(Site("news", ()))
        done = await node.ingest.append(EnsureThread("news", "/a"))
        assert done.thread is not None
        application = web_application(node, ())
        server = Plain(
            uvicorn.Config(application, ws="websockets-sansio", log_config=None, timeout_graceful_shutdown=1)
        )
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield node, url.replace("http", "ws") + "/api/v1/live", done.thread.id
        finally:
            server.should_exit = True
            await serving


async def joined(url: str, thread: str) -> ClientConnection:
    """A reader of the thread."""
    reader = await connect(url, subprotocols=[Subprotocol("hubbub.v1.json")], max_size=None)
    await reader.send(json.dumps({"cmd": "join", "ref": 1, "thread": thread}))
    assert (await received(reader))["re"] == 1
    return reader


async def received(reader: ClientConnection) -> dict[str, Any]:
    """The next message but for presence, which may come at any time."""
    while True:
        message: dict[str, Any] = json.loads(await reader.recv())
        if message.get("push") != "presence":
            return message


def post(thread: str, number: int, text: str = "hello") -> PostComment:
    """A comment."""
    return PostComment(f"id-{number}", thread, ANN, text, f"<p>{text}</p>", None)


async def test_readers_follow_a_thread(tmp_path: Path) -> None:
    async with plain_server(tmp_path) as (node, url, thread):
        reader = await joined(url, thread)
        await node.ingest.append(post(thread, 1))
        push = await received(reader)
        assert [event["seq"] for event in push["events"]] == [1]
        await reader.close()
        await until(lambda: not node.hub.connections, "the reader to be forgotten")


async def test_a_message_over_the_limit_closes_its_own_connection(tmp_path: Path) -> None:
    async with plain_server(tmp_path) as (node, url, thread):
        careless, other = await joined(url, thread), await joined(url, thread)
        await careless.send("x" * 70_000)
        await careless.wait_closed()
        assert careless.close_code == 1009
        await node.ingest.append(post(thread, 1))
        assert (await received(other))["push"] == "events"
        await other.close()


async def test_a_slow_reader_is_paused_and_caught_up(tmp_path: Path) -> None:
    async with plain_server(tmp_path) as (node, url, thread):
        reader = await joined(url, thread)
        (connection,) = node.hub.connections
        reader.transport.pause_reading()
        count = 0
        async with asyncio.timeout(60):
            while not connection.paused:
                await node.ingest.append(post(thread, count := count + 1, "x" * 60_000))
        await node.ingest.append(post(thread, count := count + 1))
        reader.transport.resume_reading()
        seqs: list[int] = []
        async with asyncio.timeout(60):
            while len(seqs) < count:
                seqs += [event["seq"] for event in (await received(reader))["events"]]
        assert seqs == list(range(1, count + 1))
        await reader.close()


async def test_goodbye_closes_with_its_code(tmp_path: Path) -> None:
    async with plain_server(tmp_path) as (node, url, thread):
        reader = await joined(url, thread)
        node.hub.goodbye()
        assert (await received(reader))["push"] == "goodbye"
        await reader.wait_closed()
        assert reader.close_code == 1012
