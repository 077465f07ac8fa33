"""Those who write where comments are held back, who decide about them, and who must see none before (G12)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from uuid import uuid4

from tests.support import history as h
from tests.support import plain_http
from tests.support.load import PAUSE, PING, Load, word
from tests.support.raw import raw_live
from tests.support.replies import LOST, check_reply, is_settled, outcome_in

PACE = 0.15  # s between comments: a few dozen are enough, and each is decided about by itself
COMMANDS: Mapping[h.Deed, str] = {"approve": "approve", "refuse": "remove"}
# What is done about a comment that is held; "both" at the same time, on two connections.
DEEDS: tuple[tuple[h.Deed, ...], ...] = (("approve",), ("approve",), ("refuse",), ("approve", "refuse"), ())


@dataclass
class HeldLoad:
    """Actors of `load` in threads that hold all back. In each, one author writes, and follows the thread as such."""

    load: Load
    _authors: dict[str, asyncio.Future[tuple[str, str]]] = field(default_factory=dict)

    async def hold(self, thread_id: str, delay: int | None) -> None:
        """Has all comments of a new thread held back from here on: for `delay` seconds, or for a moderator."""
        await self.load.insist("mode", thread_id, **({"hold": "all"} if delay is None else {"delay": delay}))
        self.load.record.holding.append(h.Holding(thread_id, delay))
        self._authors[thread_id] = asyncio.get_running_loop().create_future()

    async def author(self, name: str, thread_id: str) -> None:
        """Follows the thread as the author of what is held there."""
        session = await self.load.guest()
        self._authors[thread_id].set_result(session)
        await self.load.bare_reader(name, thread_id, session=session)

    async def writer(self, thread_id: str) -> None:
        """Posts as that author over a bare socket; after a loss, and now and then for nothing, tries again."""
        load = self.load
        author, token = await self._authors[thread_id]
        comment_id, body = str(uuid4()), word()
        while not load.enough.is_set():
            try:
                async with raw_live(load.any(), ping=PING) as live:
                    check_reply(await live.call("hello", token=token))
                    while not load.enough.is_set():
                        post = h.Post(comment_id, thread_id, body, monotonic(), author=author)
                        outcome = await load.bare_post(live, post)
                        if is_settled(outcome) and load.random.random() > 0.3:
                            comment_id, body = str(uuid4()), word()
                        await asyncio.sleep(PACE)
            except LOST:
                await asyncio.sleep(PAUSE)

    async def moderator(self, thread_id: str) -> None:
        """Lets comments through and refuses them, each once but for losses; leaves some."""
        load, looked = self.load, 0
        while not load.enough.is_set():
            await asyncio.sleep(PAUSE)
            posts, looked = load.record.posts[looked:], len(load.record.posts)
            held = [one.id for one in posts if one.thread == thread_id and one.outcome == h.HeldBack()]
            for comment_id in dict.fromkeys(held):
                deeds = load.random.choice(DEEDS)
                await asyncio.gather(*(self._decide(deed, thread_id, comment_id) for deed in deeds))

    async def _decide(self, deed: h.Deed, thread_id: str, comment_id: str) -> None:
        """Says it until it is answered. What is refused as decided may have been so by an attempt without an answer."""
        load = self.load
        outcome: h.Outcome = h.Unknown()
        while not is_settled(outcome) and not load.enough.is_set():
            began, outcome = monotonic(), h.Unknown()
            try:
                async with raw_live(load.any(), ping=PING) as live:
                    check_reply(await live.call("hello", token=load.moderator))
                    reply = await live.call(COMMANDS[deed], comment=comment_id, seen="held")
                    answer = outcome_in(reply)
                    outcome = h.Acknowledged() if isinstance(answer, h.HeldBack) else answer
            except LOST:
                await asyncio.sleep(PAUSE)
            finally:
                load.record.moderation(deed, thread_id, began, outcome, comment_id)

    async def counter(self, name: str, thread_id: str, key: str) -> None:
        """Asks how many comments a page has, as a list of articles does."""
        load = self.load
        seen = load.record.reader(name, thread_id, stays=False)
        async with plain_http.async_client() as http:
            while not load.enough.is_set():
                asked_at = monotonic()
                try:
                    counts = (await load.get(http, "/api/v1/counts", site="demo", key=key))["counts"]
                    seen.append(h.Counted(asked_at, monotonic(), counts[key]))
                except LOST:
                    pass
                await asyncio.sleep(PAUSE)
