"""The worker's side of Ingest over Redis Streams: commands in, answers out; acknowledged once on disk."""

import asyncio
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from time import monotonic
from typing import NamedTuple

import msgspec
import structlog
from redis.exceptions import RedisError, ResponseError

from hubbub.domain.errors import unavailable
from hubbub.transport.base import Delivery
from hubbub.transport.commands import Answer, Denied
from hubbub.transport.lanes import Lanes
from hubbub.transport.redis import keys, wire
from hubbub.transport.redis.connect import Argument, Server
from hubbub.transport.redis.leases import RENEW_EVERY, Leases
from hubbub.transport.redis.loops import repeat
from hubbub.transport.redis.scripts import Script

READ = 100  # entries of one stream at a time
LOCAL = 1500  # commands at hand, three batches; more wait in Redis
BLOCK_MS = 200  # well below the sockets' timeout, and short, as new partitions are read after it
BLOCK_FULL_MS = 20  # while only moderators' commands are read
PACE = 0.003  # s between reads that find something: fewer, larger ones
CLAIM_EVERY = 1.0  # s between looks for what was read and then lost, such as with a connection
LOST_MS = 1000  # after which what was read and is not done may be lost
TOLD = 50  # answers in one message: megabytes at the most, well below what Redis keeps for a subscriber
FORGET_MS = 60_000  # after which a worker's name is removed from the groups

log = structlog.get_logger()

Where = tuple[bytes, bytes]  # stream and entry


class Finished(NamedTuple):
    """An entry that is done with; `answer` is None where it was told already."""

    where: Where
    node: str
    answer: tuple[str, Answer] | None


class RedisQueue:
    """See Queue. An entry is acknowledged after its answer was sent; until then another worker may claim it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._name = uuid.uuid4().hex
        self.resting = False
        self._leases = Leases(server, self._name)
        self._held: set[int] = set()  # partitions that are read
        self._claim_at = 0.0
        self._lanes = Lanes()
        self._at_hand: dict[Where, int] = {}  # with the partition
        self._finished: list[Finished] = []
        self._settling = asyncio.Event()

    async def take(self, most: int) -> Sequence[Delivery]:
        """See Queue."""
        return await self._lanes.take(most)

    async def run(self) -> None:
        """Reads the partitions that this worker has leases of, for ever. A cluster allows one partition a read."""
        every = range(keys.PARTITIONS)
        shares = [[partition] for partition in every] if self._server.sharded else [every]
        async with asyncio.TaskGroup() as group:
            group.create_task(repeat(self._renew, "renewing leases"))
            group.create_task(repeat(self._settle, "acknowledging commands"))
            for share in shares:
                group.create_task(repeat(lambda share=share: self._read(share), "reading commands"))  # type: ignore[misc]  # mypy can't infer lambdas with defaults

    async def close(self) -> None:
        """To be called once `run` has ended: acknowledges what is done and lets go of the leases, so that others take
        over at once what is at hand but not done."""
        try:
            if self._finished:
                await self._settle()
            await self._leases.release()
        except (RedisError, OSError) as error:
            log.warning("leases_not_released", error=str(error) or type(error).__name__)

    async def _renew(self) -> None:
        """New partitions are read once what others left undone in them is at hand, for the order."""
        if self.resting:
            self._held.clear()
            await self._leases.release()
            await asyncio.sleep(RENEW_EVERY)
            return
        held = await self._leases.renew(set(self._at_hand.values()))
        self._held &= held
        await asyncio.gather(*(self._begin(partition, 0) for partition in held - self._held))
        if monotonic() > self._claim_at:
            self._claim_at = monotonic() + CLAIM_EVERY
            await asyncio.gather(*(self._begin(partition, LOST_MS) for partition in held))
        await asyncio.sleep(RENEW_EVERY)

    async def _begin(self, partition: int, idle_ms: int) -> None:
        """Reads a partition once its claim has gone well; a part of a cluster that is away must not stop the others."""
        try:
            await self._claim(partition, idle_ms)
        except (RedisError, OSError) as error:
            log.warning("partition_not_claimed", partition=partition, error=str(error) or type(error).__name__)
        else:
            self._held.add(partition)

    async def _claim(self, partition: int, idle_ms: int) -> None:
        """Takes over what was read `idle_ms` ago and is not done; makes the groups where they are missing."""
        streams = [keys.stream(partition, priority=priority) for priority in (True, False)]
        arguments: list[Argument] = [keys.GROUP, self._name, idle_ms, FORGET_MS]
        for stream, entries in await self._server.run(Script.CLAIM, streams, arguments):
            pairs = ((entry, dict(zip(words[::2], words[1::2], strict=True))) for entry, words in entries)
            self._take_in(partition, stream, pairs)

    async def _read(self, share: Collection[int]) -> None:
        """Hands on new entries of a share's partitions, moderators' first; these alone while enough is at hand."""
        held = [partition for partition in share if partition in self._held]
        if not held:
            await asyncio.sleep(RENEW_EVERY / 5)
            return
        full = len(self._at_hand) >= LOCAL
        streams = {keys.stream(partition, priority=True): partition for partition in held}
        if not full:
            streams |= {keys.stream(partition, priority=False): partition for partition in held}
        block = BLOCK_FULL_MS if full else BLOCK_MS
        try:
            found = await self._server.read_group(keys.GROUP, self._name, list(streams), READ, block)
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await asyncio.gather(*(self._claim(partition, 0) for partition in held))  # Redis was emptied
            return
        for stream, entries in found:
            self._take_in(streams[stream.decode()], stream, entries)
        if found:
            await asyncio.sleep(PACE)

    def _take_in(self, partition: int, stream: bytes, entries: Iterable[tuple[bytes, dict[bytes, bytes]]]) -> None:
        for entry, fields in entries:
            where = stream, entry
            if where in self._at_hand:
                continue  # ours already, only slow
            self._at_hand[where] = partition
            answer = self._answerer(where, fields)
            try:
                command = wire.command(fields[b"command"])
            except (KeyError, msgspec.DecodeError) as error:  # another version's: its sender is to try again, elsewhere
                log.error("unknown_command", stream=stream.decode(), entry=entry.decode(), error=str(error))
                answer(Denied.of(unavailable("The server is being updated; please try again.", retry_after=2)))
                continue
            self._lanes.put(Delivery(command, answer))

    def _answerer(self, where: Where, fields: dict[bytes, bytes]) -> Callable[[Answer], None]:
        node, request = fields.get(b"node", b"").decode(), fields.get(b"request", b"").decode()

        def answer(answer: Answer) -> None:
            self._finished.append(Finished(where, node, (request, answer)))
            self._settling.set()

        return answer

    async def _settle(self) -> None:
        """Sends the answers, which may be lost, then acknowledges, which is tried until it is done."""
        await self._settling.wait()
        self._settling.clear()
        finished, self._finished = self._finished, []
        answers: dict[str, list[tuple[str, Answer]]] = {}
        entries: dict[bytes, list[bytes]] = {}
        for (stream, entry), node, answer in finished:
            entries.setdefault(stream, []).append(entry)
            if answer is not None:
                answers.setdefault(node, []).append(answer)
        try:
            await asyncio.gather(*(self._answer(node, told) for node, told in answers.items()))
            finished = [one._replace(answer=None) for one in finished]
            await asyncio.gather(*(self._done(stream.decode(), ids) for stream, ids in entries.items()))
        except BaseException:
            self._finished[:0] = finished
            self._settling.set()
            raise
        for one in finished:
            self._at_hand.pop(one.where, None)

    async def _done(self, stream: str, entries: Sequence[bytes]) -> None:
        await self._server.run(Script.DONE, [stream], [keys.GROUP, *entries])

    async def _answer(self, node: str, answers: Sequence[tuple[str, Answer]]) -> None:
        parts = [answers[start : start + TOLD] for start in range(0, len(answers), TOLD)]
        with suppress(RedisError, OSError):  # the node asks again
            await self._server.publish([(keys.answers(node), wire.pack(part)) for part in parts])
