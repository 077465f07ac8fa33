"""Finished pages in memory."""

from typing import NamedTuple

from cachetools import LRUCache

from hubbub.domain.model import SiteSettings
from hubbub.services.cache import lru_cache_of_bytes
from hubbub.services.history import Version
from hubbub.web.pages.look import Look

KEPT_PAGES = 16 * 1024 * 1024  # bytes


class FinishedPage(NamedTuple):
    """A thread's page as HTML, plain and compressed, for a `version` of the thread and the site's `settings`."""

    version: Version
    settings: SiteSettings
    body: bytes
    zipped: bytes


# By thread, `before`, `around`, template, look (None: the site's) and the language that was asked for. Ids are random
# and an epoch names one log, so an entry is right on every node.
PageCache = LRUCache[tuple[str, int | None, int | None, str, Look | None, str | None], FinishedPage]


def page_cache(limit: int = KEPT_PAGES) -> PageCache:
    """An empty cache for `limit` bytes of pages."""
    return lru_cache_of_bytes(limit, lambda page: len(page.body) + len(page.zipped))
