"""The worker's side of CommandBus over Redis Streams: commands in, answers out; acknowledged once on disk.

On a cluster each partition has its own loops for claiming, reading, answering and acknowledging, so that a shard that
hangs delays nothing else."""

import asyncio
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from time import monotonic
from typing import NamedTuple, TypeVar

import msgspec
import structlog
from redis.exceptions import RedisError, ResponseError

from hubbub.commands.base import Answer, Denied
from hubbub.domain.errors import unavailable
from hubbub.logs import describe
from hubbub.transport.base import Delivery
from hubbub.transport.memory import PriorityQueue
from hubbub.transport.redis import keys, wire
from hubbub.transport.redis.connect import Argument, RedisClient
from hubbub.transport.redis.leases import DEAD_AFTER, RENEW_EVERY, Leases
from hubbub.transport.redis.loops import Batcher, repeat
from hubbub.transport.redis.scripts import Script

READ = 100  # entries of one stream at a time
AT_HAND = 1500  # commands at hand, three batches; more wait in Redis
BLOCK_MS = 200  # well below the sockets' timeout, and short, as new partitions are read after it
BLOCK_FULL_MS = 20  # while only moderators' commands are read
READ_PAUSE = 0.003  # s between reads that find something: fewer, larger ones
CLAIM_EVERY = 1.0  # s between looks for what was read and then lost, such as with a connection
MESSAGE_ANSWERS = 50  # in one message: megabytes at the most, well below what Redis keeps for a subscriber

log = structlog.get_logger()

T = TypeVar("T")
Where = tuple[bytes, bytes]  # stream and entry


class Finished(NamedTuple):
    """An entry that was carried out and answered."""

    where: Where
    partition: int
    node: str
    answer: tuple[str, Answer]  # with its request


class RedisQueue:
    """See Queue. An entry is acknowledged after its answer was sent. Until then another worker may claim it."""

    def __init__(
        self, client: RedisClient, *, read: int = READ, most_at_hand: int = AT_HAND, dead_after: int = DEAD_AFTER
    ) -> None:
        self._client = client
        self._most_read = read
        self._most_at_hand = most_at_hand
        self._name = uuid.uuid4().hex
        self._paused = False
        self._leases = Leases(client, self._name, dead_after=dead_after)
        self._leased: set[int] = set()  # partitions
        self._held: set[int] = set()  # those of them that are read
        self._claim_at = 0.0
        self._queue = PriorityQueue()
        self._at_hand: dict[Where, int] = {}  # until it is acknowledged; with the partition
        self._unanswered = 0  # of these; the others wait for Redis alone
        every = range(keys.PARTITIONS)  # a cluster allows one partition a command
        self._shares = [[partition] for partition in every] if client.sharded else [every]
        self._claims = [Batcher(self._begin) for _ in self._shares]
        self._answers = [Batcher(self._tell) for _ in self._shares]  # by the partition where the asking node listens
        self._acknowledgements = [Batcher(self._settle) for _ in self._shares]  # by the entry's own

    async def take(self, most: int) -> Sequence[Delivery]:
        """See Queue."""
        return await self._queue.take(most)

    def pause(self) -> None:
        """See Queue. Its leases are given up with the next renewal."""
        self._paused = True

    def resume(self) -> None:
        """See Queue."""
        self._paused = False

    async def run(self) -> None:
        """Reads the partitions that this worker holds, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(repeat(self._renew, "renewing leases"))
            for claims, answers, settled in zip(self._claims, self._answers, self._acknowledgements, strict=True):
                group.create_task(repeat(claims.turn, "claiming commands"))
                group.create_task(repeat(answers.turn, "answering commands"))
                group.create_task(repeat(settled.turn, "acknowledging commands"))
            for share in self._shares:
                group.create_task(repeat(lambda share=share: self._read(share), "reading commands"))  # type: ignore[misc]  # mypy can't infer lambdas with defaults

    async def close(self) -> None:
        """Call it once `run` has ended. Acknowledges what is done and releases the leases, so that others take over the
        rest at once."""
        for batchers in (self._answers, self._acknowledgements):
            turns = [batcher.turn() for batcher in batchers if batcher.items]
            ended = await asyncio.gather(*turns, return_exceptions=True)
            for error in filter(None, ended):
                log.warning("commands_not_acknowledged", error=describe(error))
        try:
            await self._leases.release()
        except (RedisError, OSError) as error:
            log.warning("leases_not_released", error=describe(error))

    async def _renew(self) -> None:
        """Renews the leases. A new partition is read only after what others left unfinished in it was claimed, for the
        order."""
        if self._paused:
            self._leased.clear()
            self._held.clear()
            await self._leases.release()
            await asyncio.sleep(RENEW_EVERY)
            return
        self._leased = await self._leases.renew(set(self._at_hand.values()))
        self._held &= self._leased
        every = monotonic() > self._claim_at
        if every:
            self._claim_at = monotonic() + CLAIM_EVERY
        for partition in self._leased if every else self._leased - self._held:
            batcher = _of(self._claims, partition)
            if partition not in batcher.items:  # a claim may fail for long
                batcher.put(partition)
        await asyncio.sleep(RENEW_EVERY)

    async def _begin(self, partitions: Sequence[int]) -> None:
        """Claims unfinished entries: what others left in new partitions, and what was lost in those that are read."""
        claimed = self._leased & set(partitions)
        lost = self._client.timings.lost
        await asyncio.gather(*(self._claim(one, lost if one in self._held else 0) for one in claimed))
        self._held |= claimed & self._leased  # some may have been given up meanwhile

    async def _claim(self, partition: int, idle: float) -> None:
        """Claims entries that were read `idle` seconds ago and are unfinished. Creates missing consumer groups."""
        streams = [keys.stream(partition, priority=priority) for priority in (True, False)]
        arguments: list[Argument] = [
            *(keys.GROUP, self._name),
            *(round(seconds * 1000) for seconds in (idle, self._client.timings.consumer_kept)),
        ]
        for stream, entries in await self._client.run(Script.CLAIM, streams, arguments):
            pairs = ((entry, dict(zip(words[::2], words[1::2], strict=True))) for entry, words in entries)
            self._take_in(partition, stream, pairs)

    async def _read(self, share: Collection[int]) -> None:
        """Reads new entries, moderators' first. While enough commands wait in this process, it reads moderators'
        entries only."""
        held = [partition for partition in share if partition in self._held]
        if not held:
            await asyncio.sleep(RENEW_EVERY / 5)
            return
        full = self._unanswered >= self._most_at_hand
        streams = {keys.stream(partition, priority=True): partition for partition in held}
        if not full:
            streams |= {keys.stream(partition, priority=False): partition for partition in held}
        block = BLOCK_FULL_MS if full else BLOCK_MS
        try:
            found = await self._client.read_group(keys.GROUP, self._name, list(streams), self._most_read, block)
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await asyncio.gather(*(self._claim(partition, 0) for partition in held))  # Redis was emptied
            return
        for stream, entries in found:
            self._take_in(streams[stream.decode()], stream, entries)
        if found:
            await asyncio.sleep(READ_PAUSE)

    def _take_in(self, partition: int, stream: bytes, entries: Iterable[tuple[bytes, dict[bytes, bytes]]]) -> None:
        for entry, fields in entries:
            where = stream, entry
            if where in self._at_hand:
                continue  # ours already, only slow
            self._at_hand[where] = partition
            self._unanswered += 1
            answer = self._answerer(where, partition, fields)
            try:
                command = wire.command(fields[b"command"])
            except (KeyError, msgspec.DecodeError) as error:  # another version's: its sender is to try again, elsewhere
                log.error("unknown_command", stream=stream.decode(), entry=entry.decode(), error=str(error))
                answer(Denied.of(unavailable("The server is being updated; please try again.", retry_after=2)))
                continue
            self._queue.put(Delivery(command, answer))

    def _answerer(self, where: Where, partition: int, fields: dict[bytes, bytes]) -> Callable[[Answer], None]:
        node, request = fields.get(b"node", b"").decode(), fields.get(b"request", b"").decode()
        batcher = _of(self._answers, keys.partition_of_name(node))

        def answer(answer: Answer) -> None:
            batcher.put(Finished(where, partition, node, (request, answer)))

        return answer

    async def _tell(self, finished: Sequence[Finished]) -> None:
        """Sends answers. One may be lost (the node asks again); the entry is acknowledged either way."""
        answers: dict[str, list[tuple[str, Answer]]] = {}
        for one in finished:
            answers.setdefault(one.node, []).append(one.answer)
        try:
            await self._client.publish([message for node, told in answers.items() for message in _messages(node, told)])
        except (RedisError, OSError) as error:
            log.warning("answers_not_sent", count=len(finished), error=describe(error))
        self._unanswered -= len(finished)
        for one in finished:
            _of(self._acknowledgements, one.partition).put(one)

    async def _settle(self, finished: Sequence[Finished]) -> None:
        """Acknowledges entries; a failure is retried."""
        entries: dict[bytes, list[bytes]] = {}
        for one in finished:
            stream, entry = one.where
            entries.setdefault(stream, []).append(entry)
        await asyncio.gather(*(self._done(stream.decode(), ids) for stream, ids in entries.items()))
        for one in finished:
            self._at_hand.pop(one.where, None)

    async def _done(self, stream: str, entries: Sequence[bytes]) -> None:
        await self._client.run(Script.DONE, [stream], [keys.GROUP, *entries])


def _of(batchers: Sequence[Batcher[T]], partition: int) -> Batcher[T]:
    return batchers[partition % len(batchers)]


def _messages(node: str, answers: Sequence[tuple[str, Answer]]) -> Iterator[tuple[str, bytes]]:
    for start in range(0, len(answers), MESSAGE_ANSWERS):
        yield keys.answers(node), wire.pack(answers[start : start + MESSAGE_ANSWERS])
