"""Reads threads: snapshots and the log. An answer is never older than its request.

Every answer is checked against the thread's head, read from storage after the request came (G7, G9). Requests that
arrive while a query runs share the next one, so a thousand readers cost a few queries. Pages are cached under their
head."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cachetools import FIFOCache, LRUCache
from sqlalchemy import Connection

from hubbub.domain.actor import Actor, of_site
from hubbub.domain.errors import ErrorCode, Refused, not_found
from hubbub.domain.ids import comment_id as parse_comment_id
from hubbub.domain.ids import thread_id as parse_thread_id
from hubbub.domain.keys import key_forms
from hubbub.domain.model import Comment, Opinion, Thread
from hubbub.domain.permissions import Permission
from hubbub.protocol.codec import Codec
from hubbub.protocol.views import OwnCommentView, comment_views, own_view
from hubbub.services.cache import lru_cache_of_bytes
from hubbub.storage.comments import Page, Snapshot, comment_by_id, read_snapshot
from hubbub.storage.engine import Database
from hubbub.storage.events import EventPage, events_since
from hubbub.storage.faults import is_away
from hubbub.storage.held import own_unseen
from hubbub.storage.threads import comment_counts, thread_by_key, thread_heads, threads_by_id
from hubbub.storage.trees import AnswersPage, BestPage, TreePage, read_answers, read_best, read_tree
from hubbub.storage.votes import own_opinions

KEPT_PAGES = 64 * 1024 * 1024  # bytes: more than one node's busy threads
KEPT_KEYS = 100_000
OWN_COMMENTS = 50  # that an author is told of beside the log, the newest: as many as a snapshot has

AnyPage = Page | TreePage | BestPage | AnswersPage
PageKey = tuple[str, AnyPage, str]  # a thread's id, which page, the codec's name
Version = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class EncodedPage:
    """A thread with a page of its comments, these encoded already as a stranger sees them; `first` is the
    number of the first one, 0 where there is none, `end` the sort key that the next page follows. `more` and `earlier`
    as in Snapshot; `voted` are the ids of those with votes or reactions."""

    thread: Thread
    comments: bytes
    more: bool
    authors: frozenset[str]
    end: tuple[int, ...] = ()
    first: int = 0
    earlier: bool = False
    voted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ThreadRef:
    """The fields of a thread that never change."""

    id: str
    site: str
    key: str


class History:
    """Reads threads for the web layer and the hub. Keeps `page_bytes` of pages, and the ids of `threads` threads."""

    def __init__(self, database: Database, page_bytes: int = KEPT_PAGES, threads: int = KEPT_KEYS) -> None:
        self._database = database
        self._by_key: FIFOCache[tuple[str, str], ThreadRef] = FIFOCache(threads)
        self._by_id: FIFOCache[str, ThreadRef] = FIFOCache(threads)
        self._pages: LRUCache[PageKey, EncodedPage] = lru_cache_of_bytes(page_bytes, lambda page: len(page.comments))
        self._loading: dict[PageKey, asyncio.Task[EncodedPage]] = {}
        self._finding: dict[tuple[str, str], asyncio.Task[ThreadRef | None]] = {}
        self._empty: set[str] = set()
        self._asked: dict[str, asyncio.Future[Thread]] = {}
        self._lookup: asyncio.Task[None] | None = None

    async def find(self, site: str, key: str) -> ThreadRef | None:
        """The thread of a page, if it was made already; `key` in any of its forms (see domain.keys)."""
        forms = key_forms(key)
        page = (site, forms[0])
        known = self._by_key.get(page)
        if known is not None:
            return known
        finding = self._finding.get(page)
        if finding is not None:  # it may have begun before we asked, but a thread that is found stays found
            known = await asyncio.shield(finding)
            if known is not None:
                return known
            finding = self._finding.get(page)
        if finding is None:
            finding = self._finding[page] = asyncio.create_task(self._find(site, forms))
            finding.add_done_callback(_read_error)
        return await asyncio.shield(finding)

    async def _find(self, site: str, forms: Sequence[str]) -> ThreadRef | None:
        try:
            thread = await self._database.read(thread_by_key, site, *forms)
        finally:
            self._finding.pop((site, forms[0]), None)
        if thread is None:
            return None
        known = self._by_key[site, forms[0]] = self.remember(thread)
        return known

    async def ref(self, thread_id: str) -> ThreadRef:
        """The thread with this id; Refused `not_found` if there is none."""
        known = self._by_id.get(thread_id)
        if known is None:
            known = self.remember(await self.thread(thread_id))
        return known

    async def thread_of(self, comment_id: str) -> ThreadRef:
        """The thread of a comment; Refused `not_found` if there is no such comment."""
        found = await self._database.read(comment_by_id, parse_comment_id(comment_id))
        if found is None:
            raise not_found("comment")
        return await self.ref(found.thread)

    def take_empty(self) -> set[str]:
        """The ids of the empty threads that were read since the last call."""
        taken, self._empty = self._empty, set()
        return taken

    def forget(self, ref: ThreadRef) -> None:
        """Forgets a thread that was deleted: nobody had read it for long."""
        self._by_id.pop(ref.id, None)
        for key in (ref.key, key_forms(ref.key)[0]):
            if self._by_key.get((ref.site, key)) == ref:
                del self._by_key[ref.site, key]

    def remember(self, thread: Thread) -> ThreadRef:
        """Remembers the fields of `thread` that never change."""
        ref = ThreadRef(thread.id, thread.site, thread.key)
        self._by_id[ref.id] = self._by_key[ref.site, ref.key] = ref
        return ref

    async def heads(self, thread_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        """(epoch, head) of each of these threads; one that was forgotten is left out."""
        found = await self._database.read(thread_heads, thread_ids)
        self._empty.update(thread for thread, (_, head) in found.items() if head == 0)
        for thread in set(thread_ids) - found.keys():
            if thread in self._by_id:
                self.forget(self._by_id[thread])
        return found

    async def head(self, thread_id: str) -> tuple[str, int]:
        """(epoch, head) of a thread; see `thread`."""
        thread = await self.thread(thread_id)
        return thread.epoch, thread.head

    async def thread(self, thread_id: str) -> Thread:
        """The thread as it is now. Requests at about the same time share one query, which begins after them. Refused
        `not_found` if there is none."""
        asked = self._asked.get(parse_thread_id(thread_id))
        if asked is None:
            asked = self._asked[thread_id] = asyncio.get_running_loop().create_future()
            if self._lookup is None:
                self._lookup = asyncio.create_task(self._look_up())
        return await asyncio.shield(asked)

    async def _look_up(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            await self._answer(asked)
        self._lookup = None

    async def _answer(self, asked: Mapping[str, asyncio.Future[Thread]]) -> None:
        """Runs one query for all. If the query fails because of an argument, runs one for each, so that only the bad
        one fails."""
        try:
            found = await self._database.read(threads_by_id, list(asked))
        except Exception as error:
            alone = len(asked) == 1 or is_away(error)
            for thread_id, future in asked.items():
                if alone:
                    _fail(future, error)
                else:
                    await self._answer({thread_id: future})
            return
        for thread_id, future in asked.items():
            if thread_id in found:
                future.set_result(found[thread_id])
                if found[thread_id].head == 0:
                    self._empty.add(thread_id)
            else:
                _fail(future, not_found("thread"))

    async def page(self, thread_id: str, page: AnyPage, codec: Codec, viewer: Actor | None = None) -> EncodedPage:
        """A page of comments as `viewer` may see them. It is cached, and the same for all viewers who wrote none of
        them and said nothing to them."""
        cached = await self._page(thread_id, page, codec)
        viewer = of_site(viewer, cached.thread.site)
        if viewer is None:
            return cached
        own = viewer.may(Permission.READ_SOURCE) or viewer.id in cached.authors
        if not own and cached.voted:
            own = bool(await self._database.read(own_opinions, viewer.id, cached.voted))
        return await self._load(thread_id, page, codec, viewer) if own else cached

    async def _page(self, thread_id: str, page: AnyPage, codec: Codec) -> EncodedPage:
        now = await self.thread(thread_id)
        key = (thread_id, page, codec.name)
        cached = self._pages.get(key)
        # A later version than now's may be of a log that went back.
        if cached is not None and version_of(cached.thread) == version_of(now):
            return _with_held(cached, now)
        loading = self._loading.get(key)
        if loading is not None:  # it may have begun before we asked, and so be too old
            cached = await asyncio.shield(loading)
            if version_of(cached.thread) >= version_of(now) and cached.thread.epoch == now.epoch:
                return _with_held(cached, now)
            loading = self._loading.get(key)
        if loading is None:
            loading = self._loading[key] = asyncio.create_task(self._load_to_cache(key, codec))
        return await asyncio.shield(loading)

    async def _load_to_cache(self, key: PageKey, codec: Codec) -> EncodedPage:
        try:
            loaded = await self._load(key[0], key[1], codec, None)
        finally:
            del self._loading[key]
        self._pages[key] = loaded
        return loaded

    async def _load(self, thread_id: str, page: AnyPage, codec: Codec, viewer: Actor | None) -> EncodedPage:
        snapshot, mine = await self._database.read(_read, thread_id, page, viewer)
        if snapshot is None:
            raise not_found("thread")
        thread = snapshot.thread
        views = comment_views(snapshot.comments, viewer, thread.site, thread.pinned, mine)
        authors = frozenset(comment.author.id for comment in snapshot.comments)
        first, last = (snapshot.comments[end].number if snapshot.comments else 0 for end in (0, -1))
        end = (last,) if snapshot.end is None else snapshot.end
        more, voted = snapshot.more, _voted(snapshot.comments)
        return EncodedPage(thread, codec.encode(views), more, authors, end, first, snapshot.earlier, voted)

    async def events(self, thread_id: str, after: int, limit: int) -> EventPage:
        """The events that follow seq `after`; Refused `not_found` if there is no such thread."""
        found = await self._database.read(events_since, thread_id, after, limit)
        if found is None:
            raise not_found("thread")
        return found

    async def events_since(self, thread_id: str, epoch: str, after: int, limit: int) -> EventPage:
        """The same for a reader who knows the log by `epoch`; Refused `reset` if that is not this log."""
        found = await self.events(thread_id, after, limit)
        if epoch != found.thread.epoch or after > found.thread.head:
            raise Refused(ErrorCode.RESET, "This place in the log is unknown; load the thread anew.")
        return found

    async def own(self, thread: Thread, viewer: Actor | None) -> list[OwnCommentView] | None:
        """The viewer's comments in a thread that others don't see; None where the viewer is no author of its site. A
        thread in which none was ever held or removed costs no query."""
        viewer = of_site(viewer, thread.site)
        if viewer is None:
            return None
        if not thread.held and thread.comments == thread.last_number:
            return []
        found = await self._database.read(own_unseen, thread.id, viewer.id, OWN_COMMENTS)
        return [own_view(one) for one in found]

    async def counts(self, site: str, keys: Iterable[str]) -> dict[str, int]:
        """How many comments each page's thread shows, whatever form its key has; 0 for a page without a thread."""
        pages = {key: key_forms(key) for key in keys}
        wanted = list({form: None for forms in pages.values() for form in forms})
        found = await self._database.read(comment_counts, site, wanted)
        return {key: next((found[form] for form in forms if form in found), 0) for key, forms in pages.items()}


def _with_held(page: EncodedPage, now: Thread) -> EncodedPage:
    """The page, whose thread is at least as new as `now`: no page's version counts what happens to held comments."""
    if page.thread.held >= now.held:
        return page
    return replace(page, thread=replace(page.thread, held=now.held))


def _read(
    db: Connection, thread_id: str, page: AnyPage, viewer: Actor | None
) -> tuple[Snapshot | None, dict[str, Opinion]]:
    """A page, and what the viewer says to its comments."""
    snapshot = _read_page(db, thread_id, page)
    voted = () if snapshot is None else _voted(snapshot.comments)
    return snapshot, own_opinions(db, viewer.id, voted) if viewer is not None and voted else {}


def _read_page(db: Connection, thread_id: str, page: AnyPage) -> Snapshot | None:
    match page:
        case BestPage():
            return read_best(db, thread_id, page)
        case TreePage():
            return read_tree(db, thread_id, page)
        case AnswersPage():
            return read_answers(db, thread_id, page)
        case Page():
            return read_snapshot(db, thread_id, page)


def _voted(comments: Iterable[Comment]) -> tuple[str, ...]:
    return tuple(one.id for one in comments if one.counts.up or one.counts.down or one.counts.reactions)


def version_of(thread: Thread) -> Version:
    """Moves on with each event and each vote."""
    return thread.epoch, thread.head, thread.unscored


def _fail(future: asyncio.Future[Thread], error: Exception) -> None:
    future.set_exception(error)
    _read_error(future)


def _read_error(done: asyncio.Future[Any]) -> None:
    """Marks the error as seen: everybody who waits for it may have left."""
    if not done.cancelled():
        done.exception()
