"""What sites know of those who comment, as web nodes read it."""

import asyncio

import structlog

from hubbub.domain.actor import Actor
from hubbub.domain.people import KnownAuthor
from hubbub.logs import describe
from hubbub.protocol.views import OwnAuthorView, author_view
from hubbub.storage.engine import Database
from hubbub.storage.people import AuthorKey, authors_by_key

WAIT = 2.0  # s; who somebody is does not wait for how much they wrote

log = structlog.get_logger()


class Authors:
    """Reads authors. Those who ask at about the same time, as after a restart, share one query, which begins after
    them. `wait` in seconds."""

    def __init__(self, database: Database, wait: float = WAIT) -> None:
        self._database = database
        self._wait = wait
        self._asked: dict[AuthorKey, asyncio.Future[KnownAuthor | None]] = {}
        self._lookup: asyncio.Task[None] | None = None

    async def find(self, site: str, author_id: str) -> KnownAuthor | None:
        """What the site knows of an author; None if they have never commented."""
        key = site, author_id
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = asyncio.get_running_loop().create_future()
            if self._lookup is None:
                self._lookup = asyncio.create_task(self._look_up())
        return await asyncio.shield(asked)

    async def own_view(self, actor: Actor) -> OwnAuthorView:
        """An actor as shown to themselves; `comments` is None where storage does not tell in time."""
        try:
            async with asyncio.timeout(self._wait):
                known = await self.find(actor.site, actor.id)
        except Exception as error:
            log.warning("author_not_read", error=describe(error))
            return own_author_view(actor, None)
        return own_author_view(actor, 0) if known is None else own_author_view(actor, known.comments, known.original)

    async def _look_up(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            try:
                found = await self._database.read(authors_by_key, asked.keys())
            except Exception as error:
                for future in asked.values():
                    future.set_exception(error)
                    future.exception()  # everybody who waits for it may have left
            else:
                for key, future in asked.items():
                    future.set_result(found.get(key))
        self._lookup = None


def own_author_view(actor: Actor, comments: int | None, original: str | None = None) -> OwnAuthorView:
    """An actor as shown to themselves."""
    shown = author_view(actor.author)
    return OwnAuthorView(shown.id, shown.name, shown.website, shown.role, comments, original)
