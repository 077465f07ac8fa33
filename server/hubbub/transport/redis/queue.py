"""The worker's side of Ingest over Redis Streams: commands in, answers out; acknowledged once on disk."""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from hubbub.transport.base import Delivery
from hubbub.transport.commands import Answer
from hubbub.transport.redis import keys, wire
from hubbub.transport.redis.leases import LEASE_MS, RENEW_EVERY, Leases

READ = 200  # entries of one partition at a time
LOCAL = 2000  # commands at hand; more wait in Redis
BLOCK_MS = 500  # well below the socket's own timeout
PAUSE = 0.2  # s after Redis failed

log = structlog.get_logger()

Entry = tuple[bytes, dict[bytes, bytes]]


class Finished(NamedTuple):
    """An entry that is done with; `node` is empty where nobody can be told."""

    node: str
    answer: bytes
    stream: bytes
    entry: bytes


class RedisQueue:
    """See Queue. An entry is acknowledged after its answer was sent; until then another worker may claim it."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._name = uuid.uuid4().hex
        self._leases = Leases(client, self._name)
        self._readers: dict[int, asyncio.Task[None]] = {}
        self._lanes: tuple[deque[Delivery], deque[Delivery]] = (deque(), deque())
        self._at_hand: set[tuple[bytes, bytes]] = set()
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._finished: list[Finished] = []

    async def take(self, most: int) -> Sequence[Delivery]:
        """See Queue; what the last batch's answers were is sent first."""
        await self._settle()
        await self._filled.wait()
        taken: list[Delivery] = []
        for lane in self._lanes:
            while lane and len(taken) < most:
                taken.append(lane.popleft())
        if not any(self._lanes):
            self._filled.clear()
        return taken

    async def run(self) -> None:
        """Renews the leases for ever, and reads each partition held with a task of its own."""
        while True:
            try:
                await self._leases.renew()
            except (RedisError, OSError) as error:
                log.warning("leases_not_renewed", error=str(error))
            for partition in set(self._readers) - self._leases.held:
                self._readers.pop(partition).cancel()
            for partition in self._leases.held - set(self._readers):
                self._readers[partition] = asyncio.create_task(self._read(partition))
            await asyncio.sleep(RENEW_EVERY)

    async def close(self) -> None:
        """Reads no more and lets go of the leases; what is at hand but not done others will claim."""
        for reader in self._readers.values():
            reader.cancel()
        await self._settle()
        try:
            await self._leases.release()
        except (RedisError, OSError) as error:
            log.warning("leases_not_released", error=str(error))

    async def _read(self, partition: int) -> None:
        """Hands on a partition's entries for ever: first those that others left undone, then new ones."""
        streams = [keys.stream(partition, priority=priority).encode() for priority in (True, False)]
        while True:
            try:
                for stream in streams:
                    await self._claim(stream)
                await self._room.wait()
                # Its stubs know other protocols' shapes only.
                found: list[tuple[bytes, list[Entry]]] | None = await self._client.xreadgroup(  # type: ignore[assignment]
                    keys.GROUP, self._name, dict.fromkeys(streams, ">"), count=READ, block=BLOCK_MS
                )
                for stream, entries in found or []:
                    self._take_in(stream, entries)
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                await self._make_groups(streams)
            except (RedisError, OSError) as error:
                log.warning("commands_not_read", partition=partition, error=str(error))
                await asyncio.sleep(PAUSE)

    async def _make_groups(self, streams: Sequence[bytes]) -> None:
        for stream in streams:
            try:
                await self._client.xgroup_create(stream, keys.GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def _claim(self, stream: bytes) -> None:
        """Takes over what a worker that died read and did not finish."""
        claimed = await self._client.xautoclaim(stream, keys.GROUP, self._name, min_idle_time=LEASE_MS, count=READ)
        self._take_in(stream, claimed[1])

    def _take_in(self, stream: bytes, entries: Sequence[Entry]) -> None:
        for entry, fields in entries:
            if (stream, entry) in self._at_hand:
                continue  # ours already, only slow
            self._at_hand.add((stream, entry))
            try:
                command = wire.command(fields[b"command"])
            except (KeyError, msgspec.DecodeError) as error:
                log.error(
                    "unknown_command", error=str(error)
                )  # from a newer version: its sender times out and tries again
                self._finished.append(Finished("", b"", stream, entry))
                continue
            delivery = Delivery(command, self._answerer(fields, stream, entry))
            self._lanes[0 if command.priority else 1].append(delivery)
            self._filled.set()
        if len(self._at_hand) >= LOCAL:
            self._room.clear()

    def _answerer(self, fields: dict[bytes, bytes], stream: bytes, entry: bytes) -> Callable[[Answer], None]:
        node, request = fields[b"node"].decode(), fields[b"request"].decode()

        def answer(answer: Answer) -> None:
            self._finished.append(Finished(node, wire.pack((request, answer)), stream, entry))

        return answer

    async def _settle(self) -> None:
        """Sends the answers, then acknowledges; where that fails the entries come again, which ids make harmless."""
        finished, self._finished = self._finished, []
        if not finished:
            return
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for done in finished:
                    if done.node:
                        pipeline.publish(keys.answers(done.node), done.answer)
                    pipeline.xack(done.stream, keys.GROUP, done.entry)
                    pipeline.xdel(done.stream, done.entry)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            log.warning("answers_not_sent", count=len(finished), error=str(error))
        self._at_hand -= {(done.stream, done.entry) for done in finished}
        if len(self._at_hand) < LOCAL:
            self._room.set()
