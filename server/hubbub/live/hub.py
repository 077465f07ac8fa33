"""All threads that somebody reads on this node."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from hubbub.domain.errors import ErrorCode, Refused
from hubbub.live.catch_up import PAGE_BYTES
from hubbub.live.channel import Channel
from hubbub.live.connection import Connection
from hubbub.live.log import KEPT, pages
from hubbub.live.source import Source
from hubbub.metrics import JOINS
from hubbub.protocol.close_codes import RESTART
from hubbub.protocol.codec import Codec
from hubbub.protocol.commands import After
from hubbub.protocol.messages import goodbye_push, joined
from hubbub.protocol.views import thread_view
from hubbub.services.history import EncodedPage, History
from hubbub.storage.comments import Page
from hubbub.storage.faults import reason
from hubbub.transport.base import Bus
from hubbub.transport.commands import Publication

COMPARE_EVERY = 1.0  # s between comparisons of heads with storage: what a lost publication can cost
COMPARE_WITHOUT_BUS = 0.3  # s, while publications do not arrive at all
PRESENCE_EVERY = 2.0  # s between presence pushes: a count nobody needs sooner
FIRST_PAGE = Page(50, most_bytes=128 * 1024)  # what a reader who does not read may cost (G8)
RETURNS_PER_SECOND = 2000  # readers a node takes back after a restart; they are told to spread accordingly

log = structlog.get_logger()


@dataclass(slots=True)
class _Opening:
    channel: Channel
    opened: asyncio.Task[None]
    awaited: int = 0  # joins that will have their reader in the channel next


class Hub:
    """Joins readers to channels and keeps the channels true to storage."""

    def __init__(self, bus: Bus, history: History) -> None:
        self._bus = bus
        self._history = history
        self._source = Source(history)
        self._channels: dict[str, _Opening] = {}
        self.connections: set[Connection] = set()

    def deliver(self, publication: Publication) -> None:
        """The bus's handler."""
        entry = self._channels.get(publication.thread)
        if entry is not None:
            entry.channel.accept(publication.epoch, publication.events)

    def watching(self, thread: str) -> int:
        """How many read a thread live."""
        entry = self._channels.get(thread)
        return entry.channel.watching if entry is not None else 0

    async def join(self, reader: Connection, thread: str, ref: int, after: After | None) -> None:
        """Sends the join's reply, from `after` on if that place is known here, and has `reader` follow the thread."""
        channel = await self._channel(thread)
        channel.leave(reader)
        if reader.closed:
            return
        channel.readers.add(reader)
        reader.channels[thread] = channel
        try:
            fields, place, way = await self._reply(reader, channel, after)
            if reader.closed:
                return
            if reader not in channel.readers:
                raise Refused(ErrorCode.RESET, "The thread was reset meanwhile; join it again.")
        except BaseException:
            channel.leave(reader)
            raise
        JOINS.labels(way).inc()
        reader.send(joined(reader.variant.codec, ref, fields))
        channel.admit(reader, place)

    async def recheck(self, may_read: Callable[[str, str | None], Awaitable[bool]]) -> None:
        """Sends everybody away from the threads (an id) that they may read from their origin no longer."""
        for thread, entry in list(self._channels.items()):
            allowed: dict[str | None, bool] = {}
            for reader in list(entry.channel.readers):
                origin = reader.session.origin
                if origin not in allowed:
                    allowed[origin] = await may_read(thread, origin)
                if not allowed[origin]:
                    entry.channel.dismiss(reader)

    def leave(self, reader: Connection, thread: str) -> None:
        """`reader` follows the thread no longer."""
        entry = self._channels.get(thread)
        if entry is not None:
            entry.channel.leave(reader)

    async def _channel(self, thread: str) -> Channel:
        """The thread's channel, open."""
        entry = self._channels.get(thread)
        if entry is None:
            channel = Channel(thread, self._source)
            entry = self._channels[thread] = _Opening(channel, asyncio.create_task(self._open(channel)))
        entry.awaited += 1
        try:
            await asyncio.shield(entry.opened)
        finally:
            entry.awaited -= 1
        return entry.channel

    async def _open(self, channel: Channel) -> None:
        """Subscribes first, then reads the log's end: whatever is committed in between is published to us."""
        try:
            await self._bus.subscribe(channel.thread)
            head = (await self._source.thread(channel.thread)).head
            end = await self._history.events(channel.thread, max(0, head - KEPT), KEPT)
            if end.events and end.events[-1].seq >= head:
                channel.open(end.thread.epoch, end.events[-1].seq, end.events)
            else:  # none, or too large to be read at once: memory would not keep them either
                channel.open(end.thread.epoch, end.thread.head)
            channel.learn(end.thread)
        except BaseException:
            del self._channels[channel.thread]
            await self._bus.unsubscribe(channel.thread)
            raise

    async def _reply(
        self, reader: Connection, channel: Channel, after: After | None
    ) -> tuple[dict[str, bytes], int, str]:
        """A join's reply but for its ref, the place it brings the reader to, and how."""
        codec = reader.variant.codec
        if after is not None:
            now = await channel.ask(after.seq if after.epoch == channel.epoch else channel.tip)
            channel.learn(now)
            if after.epoch == now.epoch and after.seq <= now.head:
                events = [event for event in channel.known_since(after.seq, now.head) if event.seq <= now.head]
                # No more than a slow reader may cost; the rest follows as it reads.
                place, run = next(pages(events, codec, PAGE_BYTES), (after.seq, []))
                thread = codec.encode(thread_view(now, channel.watching))
                more = codec.encode(place < now.head)
                return {"thread": thread, "events": codec.array(run), "more": more}, place, "resume"
        page = await self._source.page(channel.thread, FIRST_PAGE, codec, reader.session.actor)
        channel.learn(page.thread)
        return self._snapshot(codec, page, channel, reset=after is not None)

    def _snapshot(
        self, codec: Codec, page: EncodedPage, channel: Channel, *, reset: bool
    ) -> tuple[dict[str, bytes], int, str]:
        thread = codec.encode(thread_view(page.thread, channel.watching))
        fields = {"thread": thread, "comments": page.comments, "more": codec.encode(page.more)}
        if reset:
            fields["reset"] = codec.encode(True)
        return fields, page.thread.head, "reset" if reset else "snapshot"

    async def run(self) -> None:
        """Compares heads, pushes presence and forgets empty channels for ever. Whatever the bus does about presence, it
        holds up no comparison."""
        await asyncio.gather(self._compare_for_ever(), self._keep_house())

    async def _compare_for_ever(self) -> None:
        while True:
            await asyncio.sleep(COMPARE_EVERY if self._bus.healthy else COMPARE_WITHOUT_BUS)
            await self.compare_heads()

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(PRESENCE_EVERY)
            try:
                async with asyncio.timeout(PRESENCE_EVERY):
                    await self._count_elsewhere()
            except Exception as error:
                log.warning("presence_unknown", error=str(error) or type(error).__name__)
            try:
                for entry in list(self._channels.values()):
                    entry.channel.push_presence()
                await self._forget_empty()
            except Exception as error:
                log.warning("hub_turn_failed", error=str(error))

    async def _count_elsewhere(self) -> None:
        channels = {thread: entry.channel for thread, entry in self._channels.items()}
        own = {thread: len(channel.readers) for thread, channel in channels.items()}
        totals = await self._bus.count(own)
        for thread, channel in channels.items():
            channel.elsewhere = totals[thread] - own[thread]

    async def compare_heads(self) -> None:
        """One query for all open threads; each fetches what it missed. Never raises: the next one comes soon."""
        tails = {thread: (entry.channel, entry.channel.tail) for thread, entry in self._channels.items()}
        tips = {thread: tail.tip for thread, (_, tail) in tails.items()}
        if not tips:
            return
        try:
            found = await self._history.heads(list(tips))
            for thread, (channel, tail) in tails.items():
                if thread in found:
                    channel.compare(*found[thread], tail, tips[thread])
                else:
                    channel.vanish()
        except Exception as error:
            log.warning("heads_not_compared", error=reason(error))

    async def _forget_empty(self) -> None:
        empty = [
            thread
            for thread, entry in self._channels.items()
            if not entry.channel.readers and not entry.awaited and entry.opened.done()
        ]
        for thread in empty:
            self._channels.pop(thread).channel.close()
        for thread in empty:
            if thread not in self._channels:  # it may have been joined again meanwhile
                await self._bus.unsubscribe(thread)

    def goodbye(self) -> None:
        """Tells every reader that a planned close follows, and when to come back, spread out."""
        spread = max(1.0, len(self.connections) / RETURNS_PER_SECOND)
        for reader in list(self.connections):
            seconds = round(random.uniform(0.1, spread), 3)  # noqa: S311 (spreads load, guards nothing)
            reader.send(goodbye_push(reader.variant.codec, seconds))
            reader.link.close(RESTART.code, RESTART.name)
