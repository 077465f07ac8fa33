"""The demo's scripted readers: while somebody looks at an article, they write, vote and are moderated below it.

They go the way of all readers, through the checks, the command bus and the log. A scene is played when somebody comes,
and no line twice in an hour: a demo that is left alone, or open over night, adds nothing to its data.
"""

import asyncio
import random
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy.exc import DBAPIError

from hubbub.demo.content import Scene, Step, scenes
from hubbub.demo.install import OPERATOR, SITE, comment_id, named
from hubbub.domain.actor import Actor
from hubbub.domain.errors import Refused
from hubbub.domain.events import thread_topic
from hubbub.domain.model import Role
from hubbub.domain.times import now_ms
from hubbub.live.connection import Connection
from hubbub.protocol.requests import WriteRequest
from hubbub.protocol.requests.moderation import Remove
from hubbub.protocol.requests.posting import Edit, Post
from hubbub.protocol.requests.threads import Close, Reopen
from hubbub.protocol.requests.votes import React, Vote
from hubbub.services.caller import Caller
from hubbub.services.handlers import prepare
from hubbub.storage.comments import comment_by_id
from hubbub.storage.threads import thread_by_key
from hubbub.web.node import Node

HOUR_MS = 3_600_000


class Pace(NamedTuple):
    """Seconds: between looks whether somebody reads, of typing a comment, and between steps."""

    look: float = 0.5
    typing: float = 2.5
    rest: float = 4.0


NATURAL = Pace()


async def perform(node: Node, pace: Pace = NATURAL) -> None:
    """Plays all scenes for ever."""
    async with asyncio.TaskGroup() as group:
        for scene in scenes():
            thread = await node.database.read(thread_by_key, SITE, scene.key)
            if thread is not None:
                group.create_task(_Stage(node, scene, thread.id, pace).play_for_ever())


class _Stage:
    """One article's thread, and what is played in it."""

    def __init__(self, node: Node, scene: Scene, thread: str, pace: Pace) -> None:
        self._node = node
        self._scene = scene
        self._thread = thread
        self._topic = thread_topic(thread)
        self._pace = pace
        self._hour = 0
        self._does: dict[str, Callable[[Step], WriteRequest]] = {
            "post": lambda step: Post(0, thread, self._comment(step.label), step.text, self._parent(step)),
            "edit": lambda step: Edit(0, self._comment(step.of), step.text),
            "remove": lambda step: Remove(0, self._comment(step.of), step.text),
            "vote": lambda step: Vote(0, self._comment(step.of), 1),
            "react": lambda step: React(0, self._comment(step.of), step.reaction, on=True),
        }

    async def play_for_ever(self) -> None:
        """Plays the scene whenever somebody has come since it began last."""
        seen: set[Connection] = set()
        while True:
            there = set(self._readers)
            if there - seen:
                seen = there
                await self._play()
            else:
                await asyncio.sleep(self._pace.look)

    @property
    def _readers(self) -> Collection[Connection]:
        return self._node.hub.readers(self._topic)

    async def _play(self) -> None:
        self._hour = now_ms() // HOUR_MS
        for step in self._scene.steps:
            while not self._readers:  # noqa: ASYNC110 (the hub tells of nobody who comes)
                await asyncio.sleep(self._pace.look)
            with suppress(Refused, DBAPIError):  # a moderator may have closed or removed what this is about
                if step.does == "post" and await self._is_posted(step):
                    continue
                await self._take(step)
            await asyncio.sleep(self._pace.rest * random.uniform(0.9, 1.2))  # noqa: S311 (guards nothing)

    async def _is_posted(self, step: Step) -> bool:
        return await self._node.database.read(comment_by_id, self._comment(step.label)) is not None

    async def _take(self, step: Step) -> None:
        if step.does in ("close", "reopen"):
            await self._switch(closed=step.does == "close")
        elif step.does != "wait":
            await self._submit(self._actor(step), self._does[step.does](step), types=step.does == "post")

    async def _switch(self, *, closed: bool) -> None:
        """Closes or reopens the thread, and leaves it alone where a person has closed it."""
        thread = await self._node.history.thread(self._thread)
        if closed and not thread.closed:
            await self._submit(OPERATOR, Close(0, self._thread, self._scene.closing))
        elif not closed and thread.closed and thread.reason == self._scene.closing:
            await self._submit(OPERATOR, Reopen(0, self._thread))

    async def _submit(self, actor: Actor, request: WriteRequest, *, types: bool = False) -> None:
        prepared = await prepare(self._node, Caller(actor, None, "demo"), request)
        if types:
            self._node.hub.note_author_typing(actor.id, self._topic)
            await asyncio.sleep(self._pace.typing)
        await self._node.command_bus.submit(prepared.command)

    def _actor(self, step: Step) -> Actor:
        if step.does == "remove":
            return OPERATOR
        id_ = str(uuid4()) if step.does in ("vote", "react") else named(step.name)  # votes are of ever other readers
        return Actor(id_, SITE, Role.GUEST, step.name)

    def _parent(self, step: Step) -> str | None:
        return None if step.of is None else self._comment(step.of)

    def _comment(self, of: str | int | None) -> str:
        """A comment's id: of the article's by number, of the script's by label, within the hour."""
        if isinstance(of, int):
            return comment_id(self._scene.key, of)
        return named(f"{self._scene.key} {of} {self._hour}")
