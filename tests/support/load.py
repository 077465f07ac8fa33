"""Those who write, read and moderate while servers come and go; everything they do and see is written down.

Half of them use hubbub.client, which mends on its own; the other half speak JSON over a bare socket or HTTP, so that
nothing stands between the server's faults and the record. With several nodes each client has one of them for good, and
the bare ones take another after each loss.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from time import monotonic
from typing import Any, Literal
from uuid import uuid4

import httpx

from hubbub.client import Options, Reset, Thread, connect
from hubbub.domain.errors import Refused
from tests.support import history as h
from tests.support import plain_http
from tests.support.raw import RawLive, raw_live
from tests.support.recorder import Recorder, entry, outcome_of, shown, snapshot
from tests.support.replies import LOST, Follower, check_reply, is_settled, json_of, outcome_in

# Quicker to come back than a reader's page, so that a run is short; what is tested is not the patience.
OPTIONS = Options(backoff=lambda attempt: random.uniform(0, 0.2), connect_timeout=2, ping=1, deadline=15)
PING = 1.0  # s between pings of bare connections: a half-open one is given up after twice that
PAUSE = 0.05  # s between tries of those without a client's patience
STILL = 1.0  # s in which what is still under way is done, once all have stopped: a commit takes milliseconds
PATIENCE = 60.0  # s for a token or session: far longer than any fault lasts
_SWITCH: tuple[Literal["close"], Literal["reopen"]] = ("close", "reopen")
PACE = 0.02  # s between comments of one writer: enough of them, and the readers' share of the processor is kept


def word() -> str:
    """A body: one word, all as long, found in no other comment."""
    return uuid4().hex


@dataclass
class Load:
    """The actors of one run over the nodes at `urls`. Each runs until `enough` is set; readers until they are
    cancelled."""

    urls: Sequence[str]
    record: Recorder
    moderator: str
    pace: float = PACE
    random: Random = field(default_factory=Random)
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    places: dict[str, Callable[[], int]] = field(default_factory=dict)  # how far each reader has got
    connections: int = 0  # of bare readers

    def __post_init__(self) -> None:
        self._turns = cycle(self.urls)

    def any(self) -> str:
        """One of the nodes."""
        return self.random.choice(self.urls)

    # Writers

    async def client_writer(self, thread_id: str) -> None:
        """Posts through the client, one comment after the other."""
        async with connect(next(self._turns), name="Ada", options=OPTIONS) as client:
            await self._with_session(client.session)
            thread = await client.join(thread=thread_id)
            while not self.enough.is_set():
                post = h.Post(str(uuid4()), thread_id, word(), monotonic())
                outcome: h.Outcome
                try:
                    outcome = h.Acknowledged((await thread.post(post.body, post.id)).number)
                except Exception as error:
                    outcome = outcome_of(error)
                self.record.post(post, outcome)
                await self._breathe(outcome)

    async def bare_writer(self, thread_id: str) -> None:
        """Posts over a bare socket; after a loss, and now and then for nothing, tries the same comment again."""
        token = await self._token()
        comment_id, body = str(uuid4()), word()
        while not self.enough.is_set():
            try:
                async with raw_live(self.any(), ping=PING) as live:
                    check_reply(await live.call("hello", token=token))
                    while not self.enough.is_set():
                        outcome = await self.bare_post(live, h.Post(comment_id, thread_id, body, monotonic()))
                        if is_settled(outcome) and self.random.random() > 0.1:
                            comment_id, body = str(uuid4()), word()
                        await self._breathe(outcome)
            except LOST:
                await asyncio.sleep(PAUSE)

    async def whisperer(self, thread_id: str, delay: float) -> None:
        """Posts a single comment after `delay` seconds and insists on it: nothing that follows tells of it if it was
        lost on its way to the readers."""
        token = await self._token()
        await asyncio.sleep(delay)
        comment_id, body, outcome = str(uuid4()), word(), None
        while not (self.enough.is_set() or isinstance(outcome, h.Acknowledged)):
            try:
                async with raw_live(self.any(), ping=PING) as live:
                    check_reply(await live.call("hello", token=token))
                    outcome = await self.bare_post(live, h.Post(comment_id, thread_id, body, monotonic()))
            except LOST:
                await asyncio.sleep(PAUSE)

    async def bare_post(self, live: RawLive, post: h.Post) -> h.Outcome:
        """One attempt, on record; raises what LOST names."""
        outcome: h.Outcome = h.Unknown()
        try:
            reply = await live.call("post", thread=post.thread, id=post.id, body=post.body)
            outcome = outcome_in(reply)
        finally:
            self.record.post(post, outcome)
        return outcome

    async def http_writer(self, thread_id: str) -> None:
        """Posts over HTTP; tries again after a loss."""
        token = await self._token()
        async with plain_http.async_client(headers={"Authorization": f"Bearer {token}"}) as http:
            comment_id, body = str(uuid4()), word()
            while not self.enough.is_set():
                post = h.Post(comment_id, thread_id, body, monotonic())
                outcome: h.Outcome = h.Unknown()
                try:
                    url = f"{self.any()}/api/v1/threads/{thread_id}/comments"
                    answer = await http.post(url, json={"id": post.id, "body": body})
                    outcome = outcome_in({"ok": answer.is_success, **json_of(answer)})
                except LOST:
                    await asyncio.sleep(PAUSE)
                self.record.post(post, outcome)
                if is_settled(outcome):
                    comment_id, body = str(uuid4()), word()
                await self._breathe(outcome)

    async def _breathe(self, outcome: h.Outcome) -> None:
        """Who was refused does not ask again at once; who was not leaves the readers some of the processor."""
        await asyncio.sleep(max(PAUSE, self.pace) if isinstance(outcome, h.Refused) else self.pace)

    async def _with_session(self, session: Callable[[str], Any]) -> None:
        """As patient as `_token`."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await session("demo")
                    return
                except (Refused, TimeoutError) as error:
                    if isinstance(error, Refused) and error.code not in h.VAGUE:
                        raise
                    await asyncio.sleep(PAUSE)

    async def _token(self) -> str:
        """A guest's."""
        return (await self.guest())[1]

    async def guest(self) -> tuple[str, str]:
        """A new guest's id and token. The first fault may strike before everybody has one."""
        async with asyncio.timeout(PATIENCE), plain_http.async_client() as http:
            while True:
                try:
                    answer = await http.post(f"{self.any()}/api/v1/sessions", json={"site": "demo", "name": "Bob"})
                    reply = {"ok": answer.is_success, **json_of(answer)}
                    check_reply(reply)
                    return str(reply["author"]["id"]), str(reply["token"])
                except LOST:
                    await asyncio.sleep(PAUSE)

    # Voters

    async def voter(self, thread_id: str) -> None:
        """Votes and takes votes back, insisting on each until it is answered; then waits until the sums are told."""
        token = await self._token()
        while not self.enough.is_set():
            known = [post.id for post in self.record.acknowledged if post.thread == thread_id]
            for comment in known[:5] + known[-1:]:  # some of them again and again
                await self._vote(token, thread_id, comment, self.random.choice((1, 1, 0)))
            await asyncio.sleep(self.pace)
        async with plain_http.async_client() as http:
            for _ in range(100):  # fewer where nothing is told, as the comment was removed
                await asyncio.sleep(PAUSE)
                with suppress(*LOST):
                    answer = await http.get(f"{self.any()}/api/v1/threads?thread={thread_id}")
                    if "+" not in answer.headers.get("etag", "+"):
                        break

    async def _vote(self, token: str, thread_id: str, comment: str, value: int) -> None:
        outcome: h.Outcome = h.Unknown()
        while not is_settled(outcome) and not self.enough.is_set():
            vote, outcome = h.Vote(token, comment, thread_id, value, monotonic()), h.Unknown()
            try:
                async with raw_live(self.any(), ping=PING) as live:
                    check_reply(await live.call("hello", token=token))
                    outcome = outcome_in(await live.call("vote", comment=comment, value=value))
            except LOST:
                await asyncio.sleep(PAUSE)
            finally:
                self.record.vote(vote, outcome)

    # Moderators

    async def gatekeeper(self, thread_id: str) -> None:
        """Closes and reopens, over and over; leaves the thread open."""
        async with connect(next(self._turns), self.moderator, options=OPTIONS) as client:
            thread = await client.join(thread=thread_id)
            while not self.enough.is_set():
                await asyncio.sleep(self.random.uniform(0.1, 0.5))
                await self._switch(thread, close=True)
                await asyncio.sleep(self.random.uniform(0.02, 0.2))
                await self._switch(thread, close=False)

    async def _switch(self, thread: Thread, *, close: bool) -> None:
        began = monotonic()
        outcome: h.Outcome
        try:
            await (thread.close("for a moment") if close else thread.reopen())
            outcome = h.Acknowledged()
        except Exception as error:
            outcome = outcome_of(error)
        self.record.moderation("close" if close else "reopen", thread.id, began, outcome)

    async def bare_gatekeeper(self, thread_id: str) -> None:
        """The same, very hastily and over bare sockets: after anything but a plain answer it asks again on another
        connection, so perhaps another node, while its first command may still be under way."""
        while not self.enough.is_set():
            for kind in _SWITCH:
                began = monotonic()
                await self.insist(kind, thread_id)
                self.record.moderation(kind, thread_id, began, h.Acknowledged())
                await asyncio.sleep(self.random.uniform(0, 0.1))

    async def insist(self, kind: str, thread_id: str, **fields: str | float) -> None:
        """Says it until it is acknowledged."""
        while True:
            try:
                async with raw_live(self.any(), ping=PING) as live:
                    check_reply(await live.call("hello", token=self.moderator))
                    check_reply(await live.call(kind, thread=thread_id, **fields))
                    return
            except LOST:
                await asyncio.sleep(PAUSE)

    async def sweeper(self, thread_id: str) -> None:
        """Removes comments, each but once, and restores some of them in the same breath.

        So nobody can join between the two and be shown, rightly, what was removed before and restored after.
        """
        swept: set[str] = set()
        async with connect(next(self._turns), self.moderator, options=OPTIONS) as client:
            thread = await client.join(thread=thread_id)
            while not self.enough.is_set():
                await asyncio.sleep(self.random.uniform(0.02, 0.1))
                recent = [post.id for post in self.record.acknowledged if post.thread == thread_id][-30:]
                known = [comment for comment in recent if comment not in swept]
                if known:
                    comment = self.random.choice(known)
                    swept.add(comment)
                    await self._show(thread, comment, remove=True)
                    if self.random.random() < 0.3:
                        await self._show(thread, comment, remove=False)

    async def _show(self, thread: Thread, comment: str, *, remove: bool) -> None:
        began = monotonic()
        outcome: h.Outcome
        try:
            await (thread.remove(comment) if remove else thread.restore(comment))
            outcome = h.Acknowledged()
        except Exception as error:
            outcome = outcome_of(error)
        self.record.moderation("remove" if remove else "restore", thread.id, began, outcome, comment)

    # Readers

    async def client_reader(self, name: str, thread_id: str) -> None:
        """Follows through the client, which comes back on its own."""
        seen = self.record.reader(name, thread_id)
        async with connect(next(self._turns), options=OPTIONS) as client:
            asked_at = monotonic()
            seen.append(h.Joined(asked_at))
            thread = await client.join(thread=thread_id)
            seen.append(_snapshot(asked_at, thread.snapshot))
            place = thread.snapshot.thread.head  # of what is on record: `thread.view` may be ahead of it
            self.places[name] = lambda: place
            async for item in thread:
                if isinstance(item, Reset):
                    seen.append(h.Reset())
                    seen.append(_snapshot(float("-inf"), item))
                    place = item.thread.head
                else:
                    seen.append(h.Events((entry(item),), monotonic()))
                    place = item.seq

    async def bare_reader(
        self, name: str, thread_id: str, *, restless: bool = False, session: tuple[str, str] | None = None
    ) -> None:
        """Follows over a bare socket, and comes back with its place after every loss. A restless one also goes now and
        then, for long enough to miss what is posted and removed again meanwhile. `session` is its author's id and
        token, where it has one."""
        author, token = session or (None, None)
        follower = Follower(self.record.reader(name, thread_id, author=author), token)
        self.places[name] = lambda: follower.seq or 0
        while True:
            try:
                async with raw_live(self.any(), follower.take, ping=PING) as live:
                    self.connections += 1
                    await follower.join(live, thread_id)
                    leaves = restless and not self.enough.is_set()
                    await asyncio.wait([live.reading], timeout=self.random.uniform(0.1, 1) if leaves else None)
                    if live.reading.done():
                        live.reading.result()
            except LOST:
                pass
            await asyncio.sleep(self.random.uniform(0.1, 0.5) if restless and not self.enough.is_set() else PAUSE)

    async def poller(self, name: str, thread_id: str) -> None:
        """Asks over HTTP for the snapshot, then for the events since."""
        seen = self.record.reader(name, thread_id, stays=False)
        async with plain_http.async_client() as http:
            while not self.enough.is_set():
                try:
                    head = await self._poll_snapshot(http, thread_id, seen)
                    await asyncio.sleep(PAUSE)
                    await self._poll_events(http, thread_id, seen, *head)
                except LOST:
                    await asyncio.sleep(PAUSE)

    async def _poll_snapshot(
        self, http: httpx.AsyncClient, thread_id: str, seen: list[h.Observation]
    ) -> tuple[str, int]:
        asked_at = monotonic()
        page = await self.get(http, "/api/v1/threads", thread=thread_id, limit=20)
        seen += [h.Joined(asked_at), snapshot(asked_at, page)]
        return page["thread"]["epoch"], page["thread"]["head"]

    async def _poll_events(
        self, http: httpx.AsyncClient, thread_id: str, seen: list[h.Observation], epoch: str, head: int
    ) -> None:
        asked_at = monotonic()
        log = await self.get(http, f"/api/v1/threads/{thread_id}/events", epoch=epoch, after=head)
        seen += [h.Joined(asked_at, head), h.Events(tuple(map(entry, log["events"])), monotonic())]

    async def get(self, http: httpx.AsyncClient, path: str, **query: str | int) -> Any:
        """The JSON of an answer; ConnectionError where the node can't give one now."""
        answer = json_of(await http.get(self.any() + path, params=query))
        check_reply({"ok": "error" not in answer, **answer})
        return answer


def _snapshot(asked_at: float, reset: Reset) -> h.Snapshot:
    comments = tuple(map(shown, reset.comments))
    return h.Snapshot(asked_at, reset.thread.epoch, reset.thread.head, comments, reset.more)
