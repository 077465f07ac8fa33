"""What only a newer version knows stands in the log: it passes through, and everything else goes on."""

import asyncio
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from hubbub.client import connect
from hubbub.protocol.views import EventView
from tests.support import plain_http
from tests.support.contract import WIRES, Api, Json, Live, Wire
from tests.support.processes import PATIENCE, started
from tests.support.server import Server
from tests.support.waiting import until

WIRE = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)


def append(server: Server, thread: str, kind: str, comment: str | None = None) -> None:
    """An event as a newer version's worker stores it beside this server."""
    with closing(sqlite3.connect(server.data_dir / "hubbub.db", timeout=PATIENCE)) as db, db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE thread SET head = head + 1 WHERE id = ?", (thread,))
        (head,) = db.execute("SELECT head FROM thread WHERE id = ?", (thread,)).fetchone()
        db.execute(
            "INSERT INTO event (thread, seq, kind, at, comment) VALUES (?, ?, ?, 1, ?)", (thread, head, kind, comment)
        )


@pytest.fixture
def thread(shared_server: Server, request: pytest.FixtureRequest) -> Json:
    """A thread with a comment by an author of an unknown role, and two events of unknown kinds."""
    server, key = shared_server, f"/{request.node.name}"
    with Api(server.url) as api:
        found: Json = api.snapshot("demo", key)["thread"]
        comment = api.post(found["id"], token=api.session().token).ok(201)["comment"]["id"]
    with closing(sqlite3.connect(server.data_dir / "hubbub.db", timeout=PATIENCE)) as db, db:
        db.execute("UPDATE comment SET author_role = 'future' WHERE id = ?", (comment,))
    append(server, found["id"], "thread.future")
    append(server, found["id"], "comment.future", comment)
    return found


KINDS = ["comment.posted", "thread.future", "comment.future"]


def test_a_snapshot_a_page_and_the_log_show_what_is_known(shared_server: Server, thread: Json) -> None:
    with Api(shared_server.url) as api:
        found = api.snapshot("demo", thread["key"])
        assert found["thread"]["head"] == 3
        assert [comment["author"]["role"] for comment in found["comments"]] == ["future"]
        assert [event["kind"] for event in api.events(thread["id"], thread["epoch"]).ok()["events"]] == KINDS
        assert "Hello" in plain_http.get(f"{shared_server.url}/t/{thread['id']}").text


@WIRE
def test_readers_join_resume_and_hear_what_comes_later(shared_server: Server, wire: Wire, thread: Json) -> None:
    with Live(shared_server.url, wire) as live, Api(shared_server.url) as api:
        token = api.session().token
        assert live.do("join", thread=thread["id"])["thread"]["head"] == 3
        append(shared_server, thread["id"], "thread.future")
        api.post(thread["id"], token=token).ok(201)
        assert [event["kind"] for event in live.events(thread["id"], 5)] == ["thread.future", "comment.posted"]
        with Live(shared_server.url, wire) as other:
            after = {"epoch": thread["epoch"], "seq": 0}
            events = other.do("join", thread=thread["id"], after=after)["events"]
            assert [event["kind"] for event in events] == [*KINDS, "thread.future", "comment.posted"]


async def test_the_client_follows(shared_server: Server, thread: Json) -> None:
    async with asyncio.timeout(PATIENCE), connect(shared_server.url, name="Ann") as client:
        await client.session("demo")
        followed = await client.join("demo", thread["key"])
        (known,) = followed.comments
        append(shared_server, thread["id"], "thread.future")
        append(shared_server, thread["id"], "comment.future", known.id)
        await followed.post("later")
        items = [await anext(followed) for _ in range(3)]
        kinds = [item.kind for item in items if isinstance(item, EventView)]
        assert kinds == ["thread.future", "comment.future", "comment.posted"]
        assert (followed.view.comments, followed.comments[0]) == (2, known)


async def test_tail_goes_on(shared_server: Server, thread: Json, tmp_path: Path) -> None:
    words = ["tail", "--site", "demo", "--key", thread["key"], "--data-dir", str(shared_server.data_dir)]
    out = tmp_path / "out"
    tail = started(words, shared_server.env, out, tmp_path / "errors")
    try:
        await until(lambda: watching(shared_server, thread) == 1, "tail joins the thread")
        append(shared_server, thread["id"], "thread.future")
        append(shared_server, thread["id"], "thread.reopened")
        await until(lambda: out.read_text().count("\n") == 2, "tail prints two lines")
        lines = [msgspec.json.decode(line) for line in out.read_text().splitlines()]
        assert [line["kind"] for line in lines] == ["thread.future", "thread.reopened"]
    finally:
        tail.send_signal(signal.SIGTERM)
        tail.wait()


def watching(server: Server, thread: Json) -> int:
    """How many watch a thread."""
    found: int = server.get("/api/v1/threads", site="demo", key=thread["key"])["thread"]["watching"]
    return found
