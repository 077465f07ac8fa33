"""The worker's loop: take a batch, commit it, publish it, answer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from hubbub.commands import AnyWrite
from hubbub.commands.base import Denied
from hubbub.domain.errors import ErrorCode
from hubbub.domain.times import now_ms
from hubbub.logs import describe
from hubbub.metrics import COMMIT_SECONDS, COMMIT_SIZE
from hubbub.services.refusals import storage_unavailable
from hubbub.storage import empty_threads
from hubbub.storage.engine import Database
from hubbub.storage.faults import is_away, is_race
from hubbub.storage.idempotency import forget_handled
from hubbub.storage.people import forget_days
from hubbub.storage.seen import forget_seen
from hubbub.transport.base import Bus, Delivery, Queue
from hubbub.worker.committer import Committed, commit, keep_dead_letter
from hubbub.worker.people import DAY

T = TypeVar("T")
BATCH = 500  # commands a transaction: one fsync for all of them, yet short enough to answer the first soon
PAUSE_AFTER = 4  # failures, a second or so: it may be this worker alone that can't write
REMEMBERED_MS = 24 * 3600 * 1000  # far longer than a transport keeps what it may bring again
SEEN_MS = 365 * 24 * 3600 * 1000  # how long the server knows how far an author has read
UNREAD_MS = 24 * 3600 * 1000  # after which an empty thread is forgotten


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds."""

    retry: float = (
        0.25  # between attempts to write while storage is away; the first comes at once, for a cut connection
    )
    doubt: float = 1.0  # that a write takes until the worker asks whether storage is there, and waits for the answer
    drain: float = 10.0  # for the batch under way at the end: longer than storage may keep a transaction waiting
    forget: float = 60.0  # between looks for what is old


log = structlog.get_logger()


class CommitLoop:
    """Runs until cancelled; a batch that was taken is finished first.

    While the publications and answers of one batch leave, the next batch is committed. They leave in the order of the
    commits.
    """

    def __init__(
        self,
        queue: Queue,
        bus: Bus,
        database: Database,
        *,
        wait_for_storage: bool = False,
        daily: int = 0,
        timings: Timings = Timings(),
    ) -> None:
        """With `wait_for_storage` a batch is tried until storage is back, since its commands are kept elsewhere
        meanwhile. `daily` as in `commit`."""
        self._queue = queue
        self._bus = bus
        self._database = database
        self._wait_for_storage = wait_for_storage
        self._daily = daily
        self._handling: asyncio.Task[None] | None = None
        self._publishing: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()
        self._timings = timings
        self._forget_at = monotonic() + timings.forget

    async def run(self) -> None:
        """Takes and commits batches until cancelled."""
        while True:
            batch = await self._take()
            if batch:
                self._handling = asyncio.create_task(self._handle(batch))
                await asyncio.shield(self._handling)
            await self._forget()

    async def _take(self) -> Sequence[Delivery]:
        """The next batch. It is empty after a while without commands, so that old records are deleted then too."""
        try:
            async with asyncio.timeout(self._timings.forget):
                return await self._queue.take(BATCH)
        except TimeoutError:
            return ()

    async def finished(self) -> None:
        """After `run` was cancelled: waits for the batch in progress, up to a limit. If storage is away, the batch
        stays unanswered, for another worker."""
        self._ending.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timings.drain):
                if self._handling is not None:
                    await self._handling
                if self._publishing is not None:
                    await self._publishing

    async def _handle(self, batch: Sequence[Delivery]) -> None:
        """Commits a batch. A batch whose contents storage rejects is halved until the faulty command is alone. The
        first half is finished before the second begins, so that the order stays."""
        try:
            committed = await self._commit([delivery.command for delivery in batch])
        except Exception as error:
            if is_away(error):  # nobody's fault, so nobody is singled out
                self._give_up(batch, error)
            elif len(batch) > 1:
                middle = len(batch) // 2
                await self._handle(batch[:middle])
                await self._handle(batch[middle:])
            else:
                await self._dead_letter(batch[0], error)
        else:
            await self._published()
            self._publishing = asyncio.create_task(self._publish_and_answer(batch, committed))

    def _give_up(self, batch: Sequence[Delivery], error: Exception) -> None:
        log.error("storage_unavailable", error=describe(error), commands=len(batch))
        if self._wait_for_storage:
            return  # at the end of the process: not answered, so another worker will take them over
        for delivery in batch:
            delivery.answer(Denied.of(storage_unavailable()))

    async def _dead_letter(self, delivery: Delivery, error: Exception) -> None:
        """Stores a command that failed alone as a dead letter, and refuses it."""
        command, denied = delivery.command, Denied(ErrorCode.INTERNAL, "This could not be stored; the fault is ours.")
        log.error("poison_command", command=type(command).__name__, exc_info=not isinstance(error, DBAPIError))
        try:
            await self._write(keep_dead_letter, command, f"{type(error).__name__}: {describe(error)}", denied)
        except Exception as failure:
            if self._wait_for_storage and is_away(failure):
                return self._give_up([delivery], failure)
            log.exception("dead_letter_not_kept")
        await self._published()
        delivery.answer(denied)

    async def _publish_and_answer(self, batch: Sequence[Delivery], committed: Committed) -> None:
        """Publishes to the readers first, then answers the senders: what is acknowledged is already on its way to
        everybody."""
        try:
            await self._bus.publish(committed.publications)
        except Exception:  # readers compare heads, so publications may be lost; the answers may not
            log.exception("not_published", count=len(committed.publications))
        for delivery, answer in zip(batch, committed.answers, strict=True):
            delivery.answer(answer)

    async def _published(self) -> None:
        """Waits until the previous batch was published and answered."""
        if self._publishing is not None:
            await self._publishing

    async def _commit(self, commands: Sequence[AnyWrite]) -> Committed:
        started = monotonic()
        try:
            committed = await self._write(commit, commands, self._daily)
        except Exception as error:
            if not is_race(error):
                raise
            committed = await self._write(commit, commands, self._daily)  # another worker was first: we find its work
        COMMIT_SECONDS.observe(monotonic() - started)
        COMMIT_SIZE.observe(len(commands))
        return committed

    async def _write(self, change: Callable[..., T], *args: Any) -> T:
        """Database.write. With `wait_for_storage` it is tried until storage is back or the process ends; the queue may
        be paused meanwhile."""
        if not self._wait_for_storage:
            return await self._database.write(change, *args)
        async with self._watched():
            return await self._write_in_time(change, *args)

    @asynccontextmanager
    async def _watched(self) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            self._queue.resume()  # always: a worker that is paused for ever would never find out that it can write

    async def _watch(self) -> None:
        """Pauses the queue once storage does not even answer a question. A write that takes long is no reason alone: it
        would be one for all workers, and work that is passed around would make it take longer."""
        doubt = self._timings.doubt
        with suppress(Exception):
            while True:
                await asyncio.sleep(doubt)
                async with asyncio.timeout(doubt):
                    await self._database.read(lambda db: db.exec_driver_sql("SELECT 1").scalar())
        self._queue.pause()

    async def _write_in_time(self, change: Callable[..., T], *args: Any) -> T:
        """Retries Database.write until it succeeds. What was committed although it looked lost is then found by its
        ids."""
        failed = 0
        while True:
            try:
                done = await self._database.write(change, *args)
            except Exception as error:
                if not is_away(error) or self._ending.is_set():
                    raise
                if not failed:
                    log.error("storage_unavailable", error=describe(error))
            else:
                if failed:
                    log.info("storage_back", attempts=failed)
                return done
            if failed:
                if failed >= PAUSE_AFTER:
                    self._queue.pause()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), self._timings.retry)
            failed += 1

    async def _forget(self) -> None:
        """Deletes, from time to time, old idempotency records and empty threads that nobody reads."""
        if monotonic() < self._forget_at:
            return
        more = False
        try:
            async with self._watched() if self._wait_for_storage else nullcontext():
                more = await self._database.write(_forget_old)
        except Exception as error:
            log.warning("not_forgotten", error=describe(error))
        self._forget_at = monotonic() + (0 if more else self._timings.forget)


def _forget_old(db: Connection) -> bool:
    """Deletes some old records; returns whether there may be more."""
    forget_days(db, now_ms() // 1000 // DAY - 1)
    forget_seen(db, now_ms() - SEEN_MS)
    requests = forget_handled(db, REMEMBERED_MS)
    return empty_threads.forget_unread(db, UNREAD_MS) or requests
