"""LogReader of threads."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hubbub.domain.actor import Actor
from hubbub.domain.model import Thread
from hubbub.live.log_reader import LogPage, Snapshot
from hubbub.protocol.codec import Codec
from hubbub.protocol.views import thread_view
from hubbub.services.history import History
from hubbub.storage.comments import Page

FIRST_PAGE = Page(50, most_bytes=128 * 1024)  # what a reader who does not read may cost (G8)


class ThreadState(NamedTuple):
    """A LogState."""

    epoch: str
    head: int
    closed: bool
    thread: Thread

    @classmethod
    def of(cls, thread: Thread) -> "ThreadState":
        """The state of a thread."""
        return cls(thread.epoch, thread.head, thread.closed, thread)

    def fields(self, codec: Codec, watching: int) -> dict[str, bytes]:
        """See LogState."""
        return {"thread": codec.encode(thread_view(self.thread, watching))}


class ThreadLogReader:
    """A LogReader over History."""

    def __init__(self, history: History) -> None:
        self._history = history

    async def state(self, name: str) -> ThreadState:
        """See LogReader."""
        return ThreadState.of(await self._history.thread(name))

    async def events(self, name: str, after: int, limit: int) -> LogPage:
        """See LogReader."""
        page = await self._history.events(name, after, limit)
        return LogPage(ThreadState.of(page.thread), page.events, page.more)

    async def heads(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        """See LogReader."""
        return await self._history.heads(names)

    async def snapshot(self, name: str, codec: Codec, viewer: Actor | None) -> Snapshot:
        """See LogReader. The latest comments."""
        page = await self._history.page(name, FIRST_PAGE, codec, viewer)
        return Snapshot(ThreadState.of(page.thread), {"comments": page.comments, "more": codec.encode(page.more)})
