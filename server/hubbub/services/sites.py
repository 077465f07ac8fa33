"""The sites and their allowed origins. They are few, so all are kept in memory."""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable
from zlib import crc32

import msgspec
import structlog

from hubbub.commands.sites import ChangeSite, PutSite, RemoveSite
from hubbub.domain.errors import Refused, forbidden, not_found
from hubbub.domain.model import Site, SiteSettings
from hubbub.domain.origins import origin_allowed, parse_origin
from hubbub.domain.sizes import SITE_CHARS
from hubbub.protocol.views import SiteView, site_view
from hubbub.services.rate_limits import Rate, RateLimits
from hubbub.storage.engine import Database
from hubbub.storage.sites import all_sites
from hubbub.storage.stamps import read_if_changed
from hubbub.transport.base import CommandBus

_NAME = re.compile(r"\w[\w-]*", re.ASCII)
DEFAULTS = SiteSettings()
REFUSALS = Rate("lines about refused pages", 20, 30)  # in the log, whoever asks
REFUSALS_ORIGIN = Rate("lines about a refused page", 1, 600)

log = structlog.get_logger()


class Sites:
    """A copy of the `site` table."""

    def __init__(
        self,
        database: Database,
        command_bus: CommandBus,
        own_origins: frozenset[str] = frozenset(),
    ) -> None:
        """`own_origins` are this server's, whose pages may show every site."""
        self._database = database
        self._command_bus = command_bus
        self._version: int | None = None
        self._sites: dict[str, Site] = {}
        self._views: dict[str, SiteView] = {}
        self._tags: dict[str, str] = {}
        self._origins: frozenset[str] = frozenset()  # of all sites
        self.own_origins = own_origins
        self._told = RateLimits()
        # Called after each change, with the names of the sites of which readers are told something else now.
        self.changed: Callable[[Collection[str]], Awaitable[None]] | None = None

    async def load(self) -> None:
        """Reads the table again if it has changed."""
        version, sites = await self._database.read(read_if_changed, "site", self._version, all_sites)
        if sites is None:
            return
        first, before, views = self._version is None, self._sites, self._views
        self.take(version, sites)
        if not first and before != self._sites and self.changed is not None:
            await self.changed([name for name, view in self._views.items() if views.get(name) != view])

    def take(self, version: int, sites: Iterable[Site]) -> None:
        """Replaces the copy by these sites, read at `version` of the table."""
        self._version = version
        self._sites = {site.name: site for site in sites}
        self._views = {name: site_view(site) for name, site in self._sites.items()}
        self._tags = {name: _tag(view) for name, view in self._views.items() if view != site_view(Site(name, ()))}
        self._origins = frozenset(origin for site in self._sites.values() for origin in site.origins)

    async def put(self, site: Site) -> None:
        """Stores a site, new or changed, as PutSite does."""
        await self.carry_out(PutSite.of(site))

    async def carry_out(self, command: PutSite | ChangeSite | RemoveSite) -> None:
        """Has the worker change sites, then reloads. Raises Refused."""
        await self._command_bus.submit(command)
        await self.load()

    def get(self, name: str) -> Site:
        """The site; Refused `not_found` if there is none."""
        site = self._sites.get(name)
        if site is None:
            raise not_found("site")
        return site

    def settings_of(self, name: str) -> SiteSettings:
        """A site's settings; the defaults where it is not known (yet)."""
        site = self._sites.get(name)
        return DEFAULTS if site is None else site.settings

    def view(self, name: str) -> SiteView:
        """What a site's readers are told of it; the defaults where it is not known (yet)."""
        return self._views.get(name) or site_view(Site(name, ()))

    def tag(self, name: str) -> str:
        """Differs between any two views; empty for the defaults."""
        return self._tags.get(name, "")

    def check_origin(self, site: str, origin: str | None) -> None:
        """Refused `forbidden` if a page at `origin` may not use `site`. A request without an origin comes from a
        program, which may."""
        if origin is None or origin in self.own_origins:
            return
        if not origin_allowed(origin, self.get(site).origins):
            self.tell(origin, site)
            raise forbidden("This page's address is not among the site's allowed origins.")

    def tell(self, origin: str, site: str | None, *, own: bool = False) -> None:
        """Logs, at most once in a while, that the page at `origin` was refused and how to allow it. `own`: the page may
        be this server's own, under an unknown name."""
        if site is None and len(self._sites) == 1:
            (site,) = self._sites
        try:
            self._told.check((REFUSALS, ""), (REFUSALS_ORIGIN, f"{origin} {site}"))
        except Refused:
            return
        name = None if site is None else site[:SITE_CHARS]
        log.info("origin_refused", origin=origin[:200], site=name, hint=_hint(origin, name, own=own))

    def knows_origin(self, origin: str) -> bool:
        """Whether any site allows `origin`. Nothing more can be checked before a request names its site."""
        return origin in self.own_origins or origin_allowed(origin, self._origins)


def _tag(view: SiteView) -> str:
    return f".{crc32(msgspec.json.encode(view)):08x}"


def _hint(origin: str, site: str | None, *, own: bool) -> str:
    """How to allow the page. A stranger chose the words, and somebody may paste them into a shell, so they are
    checked."""
    try:
        if parse_origin(origin) != origin:
            raise ValueError
    except ValueError:
        return "a page without an address of its own, such as a file or a sandboxed frame, can't be allowed"
    if own:
        return f"if this server is meant: HUBBUB_PUBLIC_URL={origin}"
    name = site if site and _NAME.fullmatch(site) else "SITE"
    return f"if it may embed the comments: hubbub site add {name} --origin {origin}"
