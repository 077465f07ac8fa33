"""The sites this server serves and which origins may embed each; few, so all are kept in memory."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from hubbub.domain.errors import forbidden, not_found
from hubbub.domain.model import Site
from hubbub.domain.origins import origin_allowed
from hubbub.storage import reads
from hubbub.storage.engine import Database
from hubbub.storage.faults import reason
from hubbub.transport.base import Ingest
from hubbub.transport.commands import ChangeSite, PutSite, RemoveSite

RELOAD_EVERY = 2.0  # s until a site that was added elsewhere is known here

log = structlog.get_logger()


class Sites:
    """A copy of the `site` table; `own_origins` are this server's, whose pages may show every site."""

    def __init__(self, database: Database, ingest: Ingest) -> None:
        self._database = database
        self._ingest = ingest
        self._sites: dict[str, Site] = {}
        self.own_origins: frozenset[str] = frozenset()
        self.changed: Callable[[], Awaitable[None]] = _nothing  # called after each change of a site

    async def load(self) -> None:
        """Takes the copy anew."""
        before, self._sites = self._sites, {site.name: site for site in await self._database.read(reads.sites)}
        if before not in ({}, self._sites):
            await self.changed()

    async def run(self) -> None:
        """Takes it anew for ever, where other nodes may change it."""
        while True:
            await asyncio.sleep(RELOAD_EVERY)
            try:
                await self.load()
            except Exception as error:
                log.warning("sites_not_read", error=reason(error))

    async def put(self, site: Site) -> None:
        """Stores a site, new or changed."""
        await self.carry_out(PutSite(site))

    async def carry_out(self, command: PutSite | ChangeSite | RemoveSite) -> None:
        """Changes what sites there are. Raises Refused."""
        await self._ingest.append(command)
        await self.load()

    def get(self, name: str) -> Site:
        """The site; Refused `not_found` if there is none."""
        site = self._sites.get(name)
        if site is None:
            raise not_found("site")
        return site

    def check_origin(self, site: str, origin: str | None) -> None:
        """Refused `forbidden` if a browser's page at `origin` may not use `site`. No origin: a program, which may."""
        if origin is None or origin in self.own_origins:
            return
        if not origin_allowed(origin, self.get(site).origins):
            raise forbidden("This page's address is not among the site's allowed origins.")

    def knows_origin(self, origin: str) -> bool:
        """Whether any site allows `origin`: all that can be said before a request names its site."""
        return origin in self.own_origins or any(origin_allowed(origin, site.origins) for site in self._sites.values())


async def _nothing() -> None:
    """Who keeps nothing that rests on a site has nothing to look at again."""
