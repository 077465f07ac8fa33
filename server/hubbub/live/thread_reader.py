"""LogReader of threads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubbub.domain.actor import Actor
from hubbub.domain.model import Thread
from hubbub.live.log_reader import LogPage, Snapshot
from hubbub.protocol.codec import Codec
from hubbub.protocol.views import thread_view
from hubbub.services.history import History
from hubbub.storage.comments import Page

FIRST_PAGE = Page(50, most_bytes=128 * 1024)  # what a reader who does not read may cost (G8)


@dataclass(frozen=True, slots=True)
class ThreadState:
    """A LogState."""

    thread: Thread

    @property
    def epoch(self) -> str:
        """See LogState."""
        return self.thread.epoch

    @property
    def head(self) -> int:
        """See LogState."""
        return self.thread.head

    @property
    def closed(self) -> bool:
        """See LogState."""
        return self.thread.closed

    def fields(self, codec: Codec, watching: int) -> dict[str, bytes]:
        """See LogState."""
        return {"thread": codec.encode(thread_view(self.thread, watching))}


class ThreadReader:
    """A LogReader over History."""

    def __init__(self, history: History) -> None:
        self._history = history

    async def state(self, name: str) -> ThreadState:
        """See LogReader."""
        return ThreadState(await self._history.thread(name))

    async def events(self, name: str, after: int, limit: int) -> LogPage:
        """See LogReader."""
        page = await self._history.events(name, after, limit)
        return LogPage(ThreadState(page.thread), page.events, page.more)

    async def heads(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        """See LogReader."""
        return await self._history.heads(names)

    async def snapshot(self, name: str, codec: Codec, viewer: Actor | None) -> Snapshot:
        """See LogReader. The latest comments."""
        page = await self._history.page(name, FIRST_PAGE, codec, viewer)
        return Snapshot(ThreadState(page.thread), {"comments": page.comments, "more": codec.encode(page.more)})
