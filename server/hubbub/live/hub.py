"""All topics that somebody reads on this node."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import structlog

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.events import Audience, Topic
from hubbub.live.channel import Channel
from hubbub.live.connection import Connection, Variant
from hubbub.live.log import pages
from hubbub.live.log_cache import LogCache
from hubbub.live.log_reader import LogState
from hubbub.live.tuning import Sizes, Timings
from hubbub.logs import describe
from hubbub.metrics import JOINS
from hubbub.protocol.close_codes import RESTART
from hubbub.protocol.codec import Codec
from hubbub.protocol.messages import goodbye_push, joined, own_push
from hubbub.protocol.requests.conversation import Position
from hubbub.protocol.views import OwnCommentView
from hubbub.transport.base import Bus, Publication

RETURNS_PER_SECOND = 2000  # readers a node takes back after a restart; they are told to spread accordingly

log = structlog.get_logger()


@dataclass(slots=True)
class _Opening:
    channel: Channel
    opened: asyncio.Task[None]
    awaited: int = 0  # joins that will have their reader in the channel next


class Hub:
    """Joins readers to channels and keeps the channels true to storage."""

    def __init__(self, bus: Bus, cache: LogCache, timings: Timings = Timings(), sizes: Sizes = Sizes()) -> None:
        self._bus = bus
        self.cache = cache
        self._timings = timings
        self._sizes = sizes
        self._channels: dict[Topic, _Opening] = {}
        self.connections: set[Connection] = set()

    def deliver(self, publication: Publication) -> None:
        """Takes what the bus brings."""
        entry = self._channels.get(publication.topic)
        if entry is not None:
            entry.channel.log.accept(publication.epoch, publication.events)
            for change in publication.own:
                entry.channel.tell(change)

    def watching(self, topic: Topic) -> int:
        """How many read a topic live."""
        entry = self._channels.get(topic)
        return entry.channel.watching if entry is not None else 0

    def readers(self, topic: Topic) -> Collection[Connection]:
        """Who reads a topic live on this node."""
        entry = self._channels.get(topic)
        return entry.channel.readers if entry is not None else ()

    async def join(
        self,
        reader: Connection,
        topic: Topic,
        ref: int,
        after: Position | None,
        audience: Audience = Audience.EVERYBODY,
        viewer: Actor | None = None,
    ) -> None:
        """Sends the join's reply as `viewer` may see it, from `after` on if that position is known here, and has
        `reader`, who belongs to the `audience` there, follow the topic."""
        channel = await self._channel(topic)
        channel.leave(reader)
        if reader.closed:
            return
        variant, told = channel.enter(reader, audience, None if viewer is None else viewer.id), channel.told
        try:
            fields, position, way, state = await self._reply(variant, channel, after, viewer)
            if viewer is not None:
                own = await self._own(channel, state, viewer, told)
                if own is not None:
                    fields["own"] = variant.codec.encode(own)
            if reader.closed:
                return
            if reader not in channel.readers:
                raise Refused(ErrorCode.RESET, "The thread was reset meanwhile; join it again.")
        except BaseException:
            channel.leave(reader)
            raise
        JOINS.labels(way).inc()
        reader.send(joined(variant.codec, ref, fields))
        channel.admit(reader, position)

    async def _own(
        self, channel: Channel, state: LogState, viewer: Actor, told: int
    ) -> Sequence[OwnCommentView] | None:
        """What is shown to `viewer` alone. It is read again where an author was told of something meanwhile (`told`
        says how often before), since what was read may be older than that."""
        own = await state.own(viewer)
        while channel.told != told:
            told = channel.told
            own = await (await self.cache.state(channel.topic)).own(viewer)
        return own

    async def identify(self, reader: Connection, topic: Topic, viewer: Actor) -> None:
        """`reader`, who follows the topic already, is `viewer` from here on: they are told what a join shows to them
        alone."""
        entry = self._channels.get(topic)
        if entry is None or reader not in entry.channel.readers:
            return
        channel = entry.channel
        if not channel.identify(reader, viewer.id):
            return
        told = channel.told
        own = await self._own(channel, await self.cache.state(topic), viewer, told)
        if channel.presence.author_of(reader) == viewer.id:  # it may have left meanwhile
            for comment in own or ():
                reader.send(own_push(reader.variant.codec, topic, comment, None))

    async def recheck(self, may_read: Callable[[Topic, str | None], Awaitable[bool]]) -> None:
        """Sends everybody away from the topics that they may read from their origin no longer."""
        for topic, entry in list(self._channels.items()):
            allowed: dict[str | None, bool] = {}
            for reader in list(entry.channel.readers):
                origin = reader.conversation.origin
                if origin not in allowed:
                    allowed[origin] = await may_read(topic, origin)
                if not allowed[origin]:
                    entry.channel.dismiss(reader)

    @property
    def topics(self) -> list[Topic]:
        """The topics that somebody reads here."""
        return list(self._channels)

    def announce(self, topics: Iterable[Topic], push: Callable[[Codec], bytes]) -> None:
        """Sends a push that belongs to no log to each reader of these topics, once."""
        entries = (self._channels.get(topic) for topic in topics)
        readers = {reader for entry in entries if entry is not None for reader in entry.channel.readers}
        payloads: dict[Codec, bytes] = {}
        for reader in readers:
            codec = reader.variant.codec
            if codec not in payloads:
                payloads[codec] = push(codec)
            reader.send(payloads[codec])

    def leave(self, reader: Connection, topic: Topic) -> None:
        """`reader` follows the topic no longer."""
        entry = self._channels.get(topic)
        if entry is not None:
            entry.channel.leave(reader)

    def note_typing(self, reader: Connection, topic: Topic) -> None:
        """`reader` is typing a comment."""
        entry = self._channels.get(topic)
        if entry is not None and reader in entry.channel.readers:
            entry.channel.presence.note_typing(reader)

    def note_author_typing(self, author: str, topic: Topic) -> None:
        """The author with this id, who writes without a connection, is typing a comment."""
        entry = self._channels.get(topic)
        if entry is not None:
            entry.channel.presence.note_typing(author)

    async def _channel(self, topic: Topic) -> Channel:
        """The topic's channel, open."""
        entry = self._channels.get(topic)
        if entry is None:
            channel = Channel(topic, self.cache, self._timings, self._sizes)
            entry = self._channels[topic] = _Opening(channel, asyncio.create_task(self._open(channel)))
        entry.awaited += 1
        try:
            await asyncio.shield(entry.opened)
        finally:
            entry.awaited -= 1
        return entry.channel

    async def _open(self, channel: Channel) -> None:
        """Subscribes first, then reads the log's end: whatever is committed in between is published to us."""
        topic, kept = channel.topic, self._sizes.tail
        try:
            await self._bus.subscribe(topic, self.deliver)
            head = (await self.cache.state(topic)).head
            end = await self.cache.events(topic, max(0, head - kept), kept)
            if end.events and end.events[-1].seq >= head:
                channel.log.open(end.state.epoch, end.events[-1].seq, end.events)
            else:  # none, or too large to be read at once: memory would not keep them either
                channel.log.open(end.state.epoch, end.state.head)
            channel.learn(end.state)
        except BaseException:
            del self._channels[topic]
            await self._bus.unsubscribe(topic)
            raise

    async def _reply(
        self, variant: Variant, channel: Channel, after: Position | None, viewer: Actor | None
    ) -> tuple[dict[str, bytes], int, str, LogState]:
        """A join's reply but for its ref, the position it brings the reader to, how, and the state."""
        codec, known = variant.codec, channel.log
        if after is not None:
            now = await known.refresh(after.seq if after.epoch == known.epoch else known.tip)
            channel.learn(now)
            if after.epoch == now.epoch and after.seq <= now.head:
                events = [event for event in known.cached_since(after.seq, now.head) if event.seq <= now.head]
                # No more than a slow reader may cost; the rest follows as it reads.
                runs = pages(events, codec, self._sizes.page_bytes, variant.audience)
                position, run = next(runs, (after.seq, []))
                fields = {"events": codec.array(run), "more": codec.encode(position < now.head)}
                return {**now.fields(codec, channel.watching), **fields}, position, "resume", now
        state, fields = await self.cache.snapshot(channel.topic, codec, viewer)
        channel.learn(state)
        fields = {**state.fields(codec, channel.watching), **fields}
        if after is None:
            return fields, state.head, "snapshot", state
        return {**fields, "reset": codec.encode(True)}, state.head, "reset", state

    async def run(self) -> None:
        """Compares heads, pushes presence and forgets empty channels for ever. Whatever the bus does about presence, it
        holds up no comparison."""
        await asyncio.gather(self._compare_for_ever(), self._push_presence_for_ever())

    async def _compare_for_ever(self) -> None:
        timings = self._timings
        while True:
            await asyncio.sleep(timings.compare if self._bus.healthy else timings.compare_without_bus)
            await self.compare_heads()

    async def _push_presence_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._timings.presence)
            try:
                async with asyncio.timeout(self._timings.presence):
                    await self._count_remote_readers()
            except Exception as error:
                log.warning("presence_unknown", error=describe(error))
            try:
                for entry in list(self._channels.values()):
                    entry.channel.push_presence()
                await self._forget_empty()
            except Exception as error:
                log.warning("hub_turn_failed", error=str(error))

    async def _count_remote_readers(self) -> None:
        channels = {topic: entry.channel for topic, entry in self._channels.items()}
        own = {topic: channel.watching_here for topic, channel in channels.items()}
        totals = await self._bus.count(own)
        for topic, channel in channels.items():
            channel.presence.remote_readers = totals[topic] - own[topic]

    async def compare_heads(self) -> None:
        """One query for all open threads, and one for each other kind of topic; each log fetches what it missed. Never
        raises: the next comparison comes soon."""
        by_kind: dict[str, list[Channel]] = {}
        for topic, entry in self._channels.items():
            by_kind.setdefault(topic.kind, []).append(entry.channel)
        await asyncio.gather(*(self._compare(kind, channels) for kind, channels in by_kind.items()))

    async def _compare(self, kind: str, channels: Sequence[Channel]) -> None:
        known = [(channel, channel.log.tail, channel.log.tip) for channel in channels]
        try:
            heads = await self.cache.heads(kind, [channel.topic for channel in channels])
            for channel, tail, tip in known:
                if channel.topic in heads:
                    channel.log.compare(*heads[channel.topic], tail, tip)
                else:  # the thread was forgotten, although it is read: they join the page's new one
                    channel.dismiss_all()
        except Exception as error:
            log.warning("heads_not_compared", error=describe(error))

    async def _forget_empty(self) -> None:
        empty = [
            topic
            for topic, entry in self._channels.items()
            if not entry.channel.readers and not entry.awaited and entry.opened.done()
        ]
        for topic in empty:
            self._channels.pop(topic).channel.close()
        for topic in empty:
            if topic not in self._channels:  # it may have been joined again meanwhile
                await self._bus.unsubscribe(topic)

    def goodbye(self) -> None:
        """Tells every reader that a planned close follows, and when to come back, spread out."""
        spread = max(1.0, len(self.connections) / RETURNS_PER_SECOND)
        for reader in list(self.connections):
            seconds = round(random.uniform(0.1, spread), 3)  # noqa: S311 (spreads load, guards nothing)
            reader.send(goodbye_push(reader.variant.codec, seconds))
            reader.link.close(RESTART.code, RESTART.name)
