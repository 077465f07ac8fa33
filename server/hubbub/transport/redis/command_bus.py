"""The web node's side of CommandBus over Redis Streams: commands out, answers back."""

import asyncio
import uuid
from collections.abc import Sequence
from math import inf
from time import monotonic
from typing import NamedTuple

import msgspec
import structlog
from redis.exceptions import RedisError

from hubbub.commands import AnyWrite
from hubbub.commands.base import Ambiguous, Answer, Denied, Done
from hubbub.domain.errors import unavailable
from hubbub.logs import describe
from hubbub.metrics import BACKLOG, BACKLOG_AGE
from hubbub.transport.base import IsConnected, always, refused
from hubbub.transport.redis import keys, wire
from hubbub.transport.redis.connect import RedisClient
from hubbub.transport.redis.scripts import Script
from hubbub.transport.redis.subscriber import Subscriber
from hubbub.transport.redis.timings import Timings

LONGEST_BACKLOG = 5000  # commands of one partition: a second of work
UNBOUNDED = 2**53  # for moderators
MAX_RESUBMITS = 3  # nobody honest has more attempts at a time, and a crowd at one comment would be n² commands
LOOK_EVERY = 0.25  # s between looks for commands without an answer
REFUSAL_COUNTS = 10.0  # s for which one refusal by Redis counts, if nothing was taken since
MESSAGE_COMMANDS = 500  # in one message: less than a megabyte as a rule

log = structlog.get_logger()


class Waiting:
    """A command whose answer is due."""

    def __init__(self, command: AnyWrite, timings: Timings) -> None:
        self.request = uuid.uuid4().hex
        if not command.harmless_twice:
            command = msgspec.structs.replace(command, request=self.request)
        self.packed = wire.pack(command)
        self.partition = keys.partition_of(command)
        self.stream = keys.stream(self.partition, priority=command.priority)
        self.bounded = not command.priority
        self.again = False  # whether it was appended before
        self.sent_at = monotonic()
        self.until = self.sent_at + timings.answered_within
        self.answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def answer(self, answer: Answer) -> None:
        """The first one counts."""
        if not self.answered.done():  # a second one comes, or the asker has left
            self.answered.set_result(answer)


class Clock(NamedTuple):
    """Redis's time less ours in s, or a little less, and when it was so by ours."""

    ahead: float
    learnt_at: float


class RedisCommandBus:
    """See CommandBus. What may have been lost is appended again with the same ids, which make that harmless."""

    def __init__(self, client: RedisClient, *, longest_backlog: int = LONGEST_BACKLOG) -> None:
        self._client = client
        self._timings = client.timings
        self._longest_backlog = longest_backlog
        self._oldest_ms = round(client.timings.oldest * 1000)
        self._node = uuid.uuid4().hex
        self._waiting: dict[str, Waiting] = {}  # by request, oldest first
        self._outboxes: dict[str, list[Waiting]] = {}  # by stream
        self._sending: dict[str, asyncio.Task[None]] = {}  # one at a time for each stream, for the order
        self._clocks: dict[str, Clock] = {}  # where a stream is
        self._refused_at = -inf
        self._answers = keys.answers(self._node)
        self._subscriber = Subscriber(client, self._answers, self._take)

    @property
    def healthy(self) -> bool:
        """See CommandBus. A full Redis answers, and takes nothing."""
        return self._subscriber.healthy and monotonic() - self._refused_at > REFUSAL_COUNTS

    async def submit(self, command: AnyWrite, is_connected: IsConnected = always) -> Done:
        """See CommandBus. Redis that is away, refuses or has a long backlog is `unavailable` at once."""
        answer = await self._ask(command)
        for _ in range(MAX_RESUBMITS):
            if not isinstance(answer, Ambiguous) or not await is_connected():
                break
            answer = await self._ask(msgspec.structs.replace(command, supersedes=answer.refused))
        if isinstance(answer, Done):
            return answer
        raise refused(answer)

    async def _ask(self, command: AnyWrite) -> Answer:
        if self._subscriber.silent_for > self._timings.silence:
            raise unavailable("Comments can't be taken just now; please try again.", retry_after=1)
        await self._subscriber.subscribe(self._answers, patience=1)
        waiting = Waiting(command, self._timings)
        self._waiting[waiting.request] = waiting
        self._send(waiting)
        try:
            async with asyncio.timeout(waiting.until - monotonic()):
                return await waiting.answered
        except TimeoutError:
            log.warning("command_unanswered", request=waiting.request)
            raise unavailable("The answer is delayed; please try again.", retry_after=1) from None
        finally:
            del self._waiting[waiting.request]

    async def run(self) -> None:
        """Listens for answers for ever, and asks again where they should have come."""
        await self._subscriber.subscribe(self._answers, patience=0)  # so that the first command need not wait for it
        listening = asyncio.create_task(self._subscriber.run(self._returned))
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY)
                self._ask_again(monotonic() - self._timings.oldest)
        finally:
            tasks = [listening, *self._sending.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _take(self, data: bytes) -> None:
        for request, answer in wire.answers(data):
            waiting = self._waiting.get(request)
            if waiting is not None:
                waiting.answer(answer)

    async def _returned(self) -> None:
        """Answers may have been lost while nobody listened."""
        self._ask_again(self._subscriber.since)

    def _ask_again(self, sent_before: float) -> None:
        """Appends again what was appended long ago. If it were still in its stream, the stream would be refused as too
        old."""
        for waiting in self._waiting.values():
            if waiting.sent_at < sent_before and not waiting.answered.done():
                waiting.again = True
                self._send(waiting)

    def _send(self, waiting: Waiting) -> None:
        waiting.sent_at = monotonic()
        self._outboxes.setdefault(waiting.stream, []).append(waiting)
        if waiting.stream not in self._sending:
            self._sending[waiting.stream] = asyncio.create_task(self._send_all(waiting.stream))

    async def _send_all(self, stream: str) -> None:
        """Sends what is in a stream's outbox and comes into it meanwhile, each time all of it together."""
        outbox = self._outboxes[stream]
        try:
            while outbox:
                batch = [waiting for waiting in outbox[:MESSAGE_COMMANDS] if not waiting.answered.done()]
                del outbox[:MESSAGE_COMMANDS]
                if batch:
                    await self._append(stream, batch)
        finally:
            del self._sending[stream]

    async def _append(self, stream: str, batch: list[Waiting]) -> None:
        """Appends a batch, or answers it where Redis or the backlog refuses it."""
        bounds = (self._longest_backlog, self._oldest_ms) if batch[0].bounded else (UNBOUNDED, UNBOUNDED)
        try:
            if stream not in self._clocks or monotonic() - self._clocks[stream].learnt_at > self._timings.clock_kept:
                await self._run(stream, bounds, [])
            clock, giving_up = self._clocks[stream].ahead, monotonic() + self._timings.taken_within
            entries = [(one.request, one.packed, round((min(one.until, giving_up) + clock) * 1000)) for one in batch]
            length, age = await self._run(stream, bounds, entries)
        except (RedisError, OSError) as error:
            log.warning("commands_not_appended", count=len(batch), error=describe(error))
            self._refused_at = monotonic()
            self._refuse(batch, "Comments can't be taken just now; please try again.")
            return
        if batch[0].bounded:
            BACKLOG.labels(batch[0].partition).set(length)
            BACKLOG_AGE.labels(batch[0].partition).set(age / 1000)
        if length > bounds[0] or age > bounds[1]:
            self._refuse([one for one in batch if not one.again], "Too many comments at once; please try again.")

    async def _run(
        self, stream: str, bounds: tuple[int, int], entries: Sequence[tuple[str, bytes, int]]
    ) -> tuple[int, int]:
        """Appends `entries`, each until its time by Redis's clock; how many waited, and for how long. Where that clock
        jumps, what is wrongly too late is appended again soon, by the new time."""
        words = [word for entry in entries for word in entry]
        length, age, now = await self._client.run(Script.APPEND, [stream], [*bounds, self._node, *words])
        heard_at = monotonic()
        self._clocks[stream] = Clock(now / 1000 - heard_at, heard_at)
        self._refused_at = -inf
        return length, age

    def _refuse(self, batch: list[Waiting], message: str) -> None:
        for waiting in batch:
            waiting.answer(Denied.of(unavailable(message, retry_after=1)))
