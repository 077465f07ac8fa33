"""LogReader of threads."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from hubbub.domain.actor import Actor
from hubbub.domain.model import Site, Thread
from hubbub.live.log_reader import LogPage, Snapshot
from hubbub.protocol.codec import Codec
from hubbub.protocol.views import OwnCommentView, SiteView, site_view, thread_view
from hubbub.services.history import History
from hubbub.storage.comments import Page

FIRST_PAGE = Page(50, most_bytes=128 * 1024)  # what a reader who does not read may cost (G8)


class ThreadState(NamedTuple):
    """A LogState."""

    epoch: str
    head: int
    closed: bool
    thread: Thread
    site: Callable[[str], SiteView]
    history: History

    async def own(self, viewer: Actor) -> Sequence[OwnCommentView] | None:
        """See LogState: their comments that others don't see."""
        return await self.history.own(self.thread, viewer)

    def fields(self, codec: Codec, watching: int) -> dict[str, bytes]:
        """See LogState. The site is as it is when the reply is made: what changes later is pushed."""
        site = self.site(self.thread.site)
        return {"thread": codec.encode(thread_view(self.thread, watching)), "site": codec.encode(site)}


def default_site(name: str) -> SiteView:
    """A site of which nothing is set."""
    return site_view(Site(name, ()))


class ThreadLogReader:
    """A LogReader over History; `site` is what readers are told of the site of this name."""

    def __init__(self, history: History, site: Callable[[str], SiteView] = default_site) -> None:
        self._history = history
        self._site = site

    def _state(self, thread: Thread) -> ThreadState:
        return ThreadState(thread.epoch, thread.head, thread.closed, thread, self._site, self._history)

    async def state(self, name: str) -> ThreadState:
        """See LogReader."""
        return self._state(await self._history.thread(name))

    async def events(self, name: str, after: int, limit: int) -> LogPage:
        """See LogReader."""
        page = await self._history.events(name, after, limit)
        return LogPage(self._state(page.thread), page.events, page.more)

    async def heads(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        """See LogReader."""
        return await self._history.heads(names)

    async def snapshot(self, name: str, codec: Codec, viewer: Actor | None) -> Snapshot:
        """See LogReader. The latest comments."""
        page = await self._history.page(name, FIRST_PAGE, codec, viewer)
        return Snapshot(self._state(page.thread), {"comments": page.comments, "more": codec.encode(page.more)})
