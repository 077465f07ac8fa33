"""The web node's side of Ingest over Redis Streams: commands out, answers back."""

import asyncio
import uuid

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from hubbub.domain.errors import Refused, unavailable
from hubbub.transport.commands import Answer, AnyWrite, Done, EnsureThread, PostComment
from hubbub.transport.redis import keys, wire
from hubbub.transport.redis.subscriber import Subscriber

ANSWER_WITHIN = 5.0  # s; a client that is told `unavailable` then tries again with the same id
BACKLOG = 5000  # commands of one partition
BACKLOG_AGE = 2.0  # s that the oldest may have waited
LOOK_EVERY = 0.25  # s between looks at the backlogs

log = structlog.get_logger()


class RedisIngest:
    """`append` of Ingest. Answers come over pub/sub and may be lost; the command's id makes asking again harmless."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._node = uuid.uuid4().hex
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._congested: set[int] = set()  # partitions whose backlog is long or old
        self._outbox: list[tuple[str, dict[bytes, bytes | str], asyncio.Future[Answer]]] = []
        self._filled = asyncio.Event()
        self.subscriber = Subscriber(client, self._take, self._returned)

    async def append(self, command: AnyWrite) -> Done:
        """See Ingest."""
        partition = keys.partition_of(command)
        if partition in self._congested and not command.priority:
            raise unavailable("Too many comments at once; please try again.", retry_after=1)
        await self.subscriber.subscribe(keys.answers(self._node), patience=1)
        request = uuid.uuid4().hex
        if not isinstance(command, PostComment | EnsureThread):  # those two are harmless twice by themselves
            command = msgspec.structs.replace(command, request=request)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[request] = answered
        entry: dict[bytes, bytes | str] = {b"node": self._node, b"request": request, b"command": wire.pack(command)}
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                self._outbox.append((keys.stream(partition, priority=command.priority), entry, answered))
                self._filled.set()
                answer = await answered
        except (TimeoutError, RedisError, OSError) as error:
            log.warning("command_unanswered", error=str(error) or type(error).__name__)
            raise unavailable("The answer is delayed; please try again.", retry_after=1) from None
        finally:
            del self._waiting[request]
        if isinstance(answer, Done):
            return answer
        raise Refused(answer.code, answer.message, answer.retry_after)

    def _take(self, channel: str, data: bytes) -> None:
        request, answer = wire.answer(data)
        waiting = self._waiting.get(request)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    async def _returned(self) -> None:
        """Answers may have been lost while nobody listened: those who wait ask again rather than time out."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(TimeoutError("the answer may have been lost"))

    async def send(self) -> None:
        """Sends commands for ever: those that were appended meanwhile together, in their order, each once."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            sending, self._outbox = self._outbox, []
            try:
                async with self._client.pipeline(transaction=False) as pipeline:
                    for stream, entry, _ in sending:
                        pipeline.xadd(stream, entry)  # type: ignore[arg-type]  # its stubs want one type of keys and values
                    results = await pipeline.execute(raise_on_error=False)
            except (RedisError, OSError) as error:
                results = [error] * len(sending)
            for (_, _, answered), result in zip(sending, results, strict=True):
                if isinstance(result, Exception) and not answered.done():
                    answered.set_exception(result)

    async def run(self) -> None:
        """Looks at the backlogs for ever, so that a post is refused at once where it would wait too long."""
        while True:
            try:
                self._congested = await self._look()
            except (RedisError, OSError) as error:
                log.warning("backlog_unknown", error=str(error))
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> set[int]:
        """The partitions whose backlog is too long, or whose oldest command waits too long by Redis's own clock."""
        async with self._client.pipeline(transaction=False) as pipeline:
            pipeline.time()
            for partition in range(keys.PARTITIONS):
                name = keys.stream(partition, priority=False)
                pipeline.xlen(name)
                pipeline.xrange(name, count=1)
            (seconds, micros), *found = await pipeline.execute()
        oldest_allowed = seconds * 1000 + micros // 1000 - BACKLOG_AGE * 1000
        return {
            partition
            for partition in range(keys.PARTITIONS)
            if found[2 * partition] > BACKLOG
            or any(int(entry.split(b"-")[0]) < oldest_allowed for entry, _ in found[2 * partition + 1])
        }
