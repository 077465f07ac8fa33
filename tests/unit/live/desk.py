"""A hub over a real database, with commits and publications done by hand, in whatever order a test wants."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from hubbub.commands import AnyWrite
from hubbub.commands.base import Done
from hubbub.commands.moderation import RemoveComment
from hubbub.commands.posting import PostComment
from hubbub.commands.sites import PutSite
from hubbub.commands.threads import EnsureThread
from hubbub.domain.actor import Actor
from hubbub.domain.events import THREAD, Topic, thread_topic
from hubbub.domain.model import Comment, Role, Site
from hubbub.live.hub import Hub
from hubbub.live.log_cache import LogCache
from hubbub.live.thread_log_reader import ThreadLogReader
from hubbub.live.tuning import Sizes, Timings
from hubbub.services.history import History
from hubbub.storage.engine import Database
from hubbub.transport.base import Publication
from hubbub.transport.memory import MemoryBus
from hubbub.worker.committer import commit
from tests.unit.migrated import migrated

MODERATOR = Actor("m", "s", Role.MODERATOR, "Mo")


class SickBus(MemoryBus):
    """A bus whose health a test decides."""

    healthy = True


class Desk:
    """Storage, a hub, one thread, and the publications not handed on yet."""

    def __init__(self, database: Database, timings: Timings, sizes: Sizes, **caching: Any) -> None:
        self.database = database
        self.history = History(database)
        self.bus = SickBus()
        self.hub = Hub(self.bus, LogCache({THREAD: ThreadLogReader(self.history)}, **caching), timings, sizes)
        self.thread = ""
        self.unpublished: list[Publication] = []

    @property
    def topic(self) -> Topic:
        """The thread's."""
        return thread_topic(self.thread)

    async def write(self, *commands: AnyWrite) -> list[Done]:
        """Commits; publications wait in `unpublished`."""
        committed = await self.database.write(commit, commands)
        self.unpublished += committed.publications
        done = [answer for answer in committed.answers if isinstance(answer, Done)]
        assert len(done) == len(commands), committed.answers
        return done

    async def post(self, text: str = "hello") -> Comment:
        """One comment."""
        actor = Actor(str(uuid.uuid4()), "s", Role.GUEST, "Ann")
        (done,) = await self.write(PostComment(str(uuid.uuid4()), self.thread, actor, text, f"<p>{text}</p>", None))
        assert done.comment is not None
        return done.comment

    async def remove(self, comment: Comment) -> None:
        """One comment less."""
        await self.write(RemoveComment(comment.id, self.thread, MODERATOR, None))

    def publish(self) -> None:
        """Hands on everything, in order."""
        for publication in self.unpublished:
            self.hub.deliver(publication)
        self.unpublished.clear()


@asynccontextmanager
async def open_desk(
    path: Path, *, timings: Timings = Timings(), sizes: Sizes = Sizes(), **caching: Any
) -> AsyncIterator[Desk]:
    """A desk over a fresh database; `caching` are parameters of its LogCache."""
    file = path / f"{uuid.uuid4()}.db"
    file.write_bytes(migrated())
    database = Database(f"sqlite:///{file}")
    try:
        desk = Desk(database, timings, sizes, **caching)
        await desk.write(PutSite.of(Site("s", ())))
        (done,) = await desk.write(EnsureThread("s", "/a"))
        assert done.thread is not None
        desk.thread = done.thread.id
        yield desk
    finally:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        database.close()


async def until(condition: Callable[[], bool]) -> None:
    """Waits for a condition; fails after 60 s: some of what is waited for is seconds of work on a busy machine."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 (what is waited for sets no event)
            await asyncio.sleep(0.001)


async def fill(desk: Desk, count: int, added: str = "") -> None:
    """Commits that many comments at once, which nobody is told of."""
    html = [f"<p>{n}{added}</p>" for n in range(count)]
    await desk.write(*(PostComment(f"id-{n}", desk.thread, MODERATOR, "x", html[n], None) for n in range(count)))
    desk.unpublished.clear()


async def go_back(desk: Desk, head: int) -> None:
    """A standby takes over without all commits; each was a comment."""
    for statement in (
        f"DELETE FROM event WHERE seq > {head}",
        f"DELETE FROM comment WHERE number > {head}",
        f"UPDATE thread SET head = {head}, last_number = {head}, comments = {head}",
    ):
        await desk.database.write(lambda db, statement=statement: db.execute(text(statement)))
