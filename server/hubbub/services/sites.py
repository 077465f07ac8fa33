"""The sites this server serves and which origins may embed each; few, so all are kept in memory."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import structlog

from hubbub.domain.errors import Refused, forbidden, not_found
from hubbub.domain.limits import SITE_CHARS
from hubbub.domain.model import Site
from hubbub.domain.origins import origin_allowed, parse_origin
from hubbub.services.limits import Rate, RateLimits
from hubbub.storage.engine import Database
from hubbub.storage.faults import reason
from hubbub.storage.sites import all_sites
from hubbub.transport.base import Ingest
from hubbub.transport.commands import ChangeSite, PutSite, RemoveSite

RELOAD_EVERY = 2.0  # s until a site that was added elsewhere is known here
_NAME = re.compile(r"\w[\w-]*", re.ASCII)
REFUSALS = Rate("lines about refused pages", 20, 30)  # in the log, whoever asks
REFUSALS_ORIGIN = Rate("lines about a refused page", 1, 600)

log = structlog.get_logger()


class Sites:
    """A copy of the `site` table; `own_origins` are this server's, whose pages may show every site."""

    def __init__(self, database: Database, ingest: Ingest) -> None:
        self._database = database
        self._ingest = ingest
        self._sites: dict[str, Site] = {}
        self.own_origins: frozenset[str] = frozenset()
        self._told = RateLimits()
        self.changed: Callable[[], Awaitable[None]] = _nothing  # called after each change of a site

    async def load(self) -> None:
        """Takes the copy anew."""
        before, self._sites = self._sites, {site.name: site for site in await self._database.read(all_sites)}
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
            self.tell(origin, site)
            raise forbidden("This page's address is not among the site's allowed origins.")

    def tell(self, origin: str, site: str | None, *, own: bool = False) -> None:
        """Says in the log, once in a while, that the page at `origin` was refused, and what would let it in. `own`: it
        may be this server's, under a name that it does not know."""
        if site is None and len(self._sites) == 1:
            (site,) = self._sites
        try:
            self._told.check((REFUSALS, ""), (REFUSALS_ORIGIN, f"{origin} {site}"))
        except Refused:
            return
        name = None if site is None else site[:SITE_CHARS]
        log.info("origin_refused", origin=origin[:200], site=name, hint=_hint(origin, name, own=own))

    def knows_origin(self, origin: str) -> bool:
        """Whether any site allows `origin`: all that can be said before a request names its site."""
        return origin in self.own_origins or any(origin_allowed(origin, site.origins) for site in self._sites.values())


async def _nothing() -> None:
    """Who keeps nothing that rests on a site has nothing to look at again."""


def _hint(origin: str, site: str | None, *, own: bool) -> str:
    """What lets the page in. Others chose the words, and somebody may paste them into a shell."""
    try:
        if parse_origin(origin) != origin:
            raise ValueError
    except ValueError:
        return "a page without an address of its own, such as a file or a sandboxed frame, can't be allowed"
    if own:
        return f"if this server is meant: HUBBUB_PUBLIC_URL={origin}"
    name = site if site and _NAME.fullmatch(site) else "SITE"
    return f"if it may embed the comments: hubbub site add {name} --origin {origin}"
