"""The demo's scripted readers play while somebody looks, bring each line once, and leave alone what a person closed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from hubbub import demo
from hubbub.commands.threads import CloseThread
from hubbub.demo.content import scenes
from hubbub.demo.install import SITE
from hubbub.demo.readers import Pace, perform
from hubbub.domain.actor import Actor
from hubbub.domain.events import Topic, thread_topic
from hubbub.domain.model import Role, Thread
from hubbub.storage.threads import thread_by_key
from hubbub.web.node import Node
from tests.support.nodes import running_node
from tests.unit.live.reader import Reader

FERRY, CLOCK = scenes()[:2]
PATIENCE = 30


class Stage(NamedTuple):
    """A node on which the script is played without any pause."""

    node: Node

    async def thread(self, key: str) -> Thread:
        thread = await self.node.database.read(thread_by_key, SITE, key)
        assert thread is not None
        return thread

    async def look(self, key: str) -> Reader:
        """Somebody opens the article."""
        reader = Reader()
        await self.node.hub.join(reader.connection, await self.topic(key), 1, None)
        return reader

    async def topic(self, key: str) -> Topic:
        return thread_topic((await self.thread(key)).id)


@asynccontextmanager
async def played(data_dir: Path) -> AsyncIterator[Stage]:
    async with running_node(data_dir) as (node, _):
        await demo.install(node)
        playing = asyncio.create_task(perform(node, Pace(0, 0, 0)))
        try:
            yield Stage(node)
        finally:
            playing.cancel()


def kinds(reader: Reader) -> list[str]:
    """What has happened before this reader's eyes."""
    return [event["kind"] for push in reader.pushes("events") for event in push["events"]]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.01)


async def seen_to_the_end(reader: Reader) -> None:
    """Waits for the last comment of the ferry's scene."""
    posts = sum(step.does == "post" for step in FERRY.steps)
    await until(lambda: kinds(reader).count("comment.posted") == posts)


async def test_who_looks_sees_comments_come_be_edited_and_be_removed(tmp_path: Path) -> None:
    async with played(tmp_path) as stage:
        reader = await stage.look(FERRY.key)
        await seen_to_the_end(reader)
        assert {"comment.edited", "comment.removed"} <= set(kinds(reader))
        votes = await stage.node.database.read(lambda db: db.exec_driver_sql("SELECT count(*) FROM vote").scalar())
        assert votes
        assert votes > 5


async def test_a_thread_closes_and_opens_again(tmp_path: Path) -> None:
    async with played(tmp_path) as stage:
        reader = await stage.look(CLOCK.key)
        await until(lambda: kinds(reader).count("thread.reopened") == 2)
        assert kinds(reader).count("thread.closed") == 2


async def test_nothing_happens_where_nobody_looks(tmp_path: Path) -> None:
    async with played(tmp_path) as stage:
        before = await stage.thread(CLOCK.key)
        await seen_to_the_end(await stage.look(FERRY.key))
        assert await stage.thread(CLOCK.key) == before


async def test_who_comes_next_brings_no_line_a_second_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.demo.readers.now_ms", lambda: 0)  # all of it in one hour
    async with played(tmp_path) as stage:
        first = await stage.look(CLOCK.key)
        posts = sum(step.does == "post" for step in CLOCK.steps)
        await until(lambda: kinds(first).count("comment.posted") == posts)
        second = await stage.look(CLOCK.key)
        await until(lambda: kinds(second).count("thread.reopened") == 2)
        assert kinds(first).count("comment.posted") == posts


async def test_what_a_person_closed_stays_closed(tmp_path: Path) -> None:
    async with played(tmp_path) as stage:
        thread = await stage.thread(CLOCK.key)
        moderator = Actor("m", SITE, Role.MODERATOR, "M.")
        await stage.node.command_bus.submit(CloseThread(thread.id, moderator, "Enough."))
        reader = await stage.look(CLOCK.key)
        await seen_to_the_end(await stage.look(FERRY.key))
        assert kinds(reader) == []
        assert (await stage.thread(CLOCK.key)).reason == "Enough."


async def test_a_scripted_reader_is_seen_typing_first(tmp_path: Path) -> None:
    async with running_node(tmp_path) as (node, _):
        await demo.install(node)
        stage = Stage(node)
        reader = await stage.look(FERRY.key)
        playing = asyncio.create_task(perform(node, Pace(0, PATIENCE, 0)))
        await until(lambda: any(push.get("typing") for push in reader.pushes("presence")))
        playing.cancel()
        assert "comment.posted" not in kinds(reader)
