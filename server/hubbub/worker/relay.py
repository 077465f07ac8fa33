"""The worker's loop: take a batch, commit it, publish it, answer."""

import asyncio
from collections.abc import Sequence
from time import monotonic

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from hubbub.domain.errors import ErrorCode
from hubbub.domain.times import now_ms
from hubbub.metrics import COMMIT_SECONDS, COMMIT_SIZE
from hubbub.storage import writes
from hubbub.storage.engine import Database
from hubbub.transport.base import Bus, Delivery, Queue
from hubbub.transport.commands import Denied, Publication
from hubbub.worker.committer import Committed, commit

BATCH = 500  # commands a transaction: one fsync for all of them, yet short enough to answer the first soon
RETRY = 0.25  # s between attempts of a patient relay

log = structlog.get_logger()


class Relay:
    """Runs until cancelled; a batch that was taken is finished first."""

    def __init__(self, queue: Queue, bus: Bus, database: Database, *, patient: bool = False) -> None:
        """A `patient` relay waits for storage to come back, since its commands are kept elsewhere meanwhile."""
        self._queue = queue
        self._bus = bus
        self._database = database
        self._patient = patient
        self._handling: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Takes and commits batches for ever."""
        while True:
            batch = await self._queue.take(BATCH)
            self._handling = asyncio.create_task(self._handle(batch))
            await asyncio.shield(self._handling)

    async def finished(self) -> None:
        """Waits, once `run` was cancelled, for the batch that was under way."""
        if self._handling is not None:
            await self._handling

    async def _handle(self, batch: Sequence[Delivery]) -> None:
        """Commits a batch. One that storage can't take for its contents is halved until the culprit stands alone."""
        try:
            committed = await self._commit(batch)
        except OperationalError as error:  # storage is away or full: nobody's fault, so nobody is singled out
            log.error("storage_unavailable", error=str(error.orig), commands=len(batch))
            if self._patient:
                await asyncio.sleep(RETRY)
                await self._handle(batch)
            else:
                self._refuse(batch, Denied(ErrorCode.UNAVAILABLE, "Storage is not available; please try again.", 1))
        except Exception as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._handle(batch[:middle])
                await self._handle(batch[middle:])
                return
            await self._bury(batch[0], error)
        else:
            await self._tell(batch, committed)

    async def _bury(self, delivery: Delivery, error: Exception) -> None:
        """A command that failed alone: once more, as another worker may have come between; then it is put aside."""
        try:
            committed = await self._commit([delivery])
        except Exception:
            name = type(delivery.command).__name__
            log.error("poison_command", command=name, exc_info=not isinstance(error, DBAPIError))
            await self._keep(delivery, error)
            delivery.answer(Denied(ErrorCode.INTERNAL, "This could not be stored; the fault is ours."))
        else:
            await self._tell([delivery], committed)

    async def _keep(self, delivery: Delivery, error: Exception) -> None:
        command = msgspec.json.encode(delivery.command).decode(errors="replace").replace("\\u0000", "")
        try:
            await self._database.write(
                writes.insert_dead_letter, command, str(error)[:2000].replace("\0", ""), now_ms()
            )
        except Exception:
            log.exception("dead_letter_not_kept")

    async def _tell(self, batch: Sequence[Delivery], committed: Committed) -> None:
        """Readers first, then the sender: what was acknowledged is already on its way to everybody."""
        for publication in committed.publications:
            await self._publish(publication)
        for delivery, answer in zip(batch, committed.answers, strict=True):
            delivery.answer(answer)

    async def _publish(self, publication: Publication) -> None:
        """A publication may be lost (readers compare heads); the sender's answer may not."""
        try:
            await self._bus.publish(publication)
        except Exception:
            log.exception("not_published", thread=publication.thread)

    async def _commit(self, batch: Sequence[Delivery]) -> Committed:
        started = monotonic()
        committed = await self._database.write(commit, [delivery.command for delivery in batch])
        COMMIT_SECONDS.observe(monotonic() - started)
        COMMIT_SIZE.observe(len(batch))
        return committed

    def _refuse(self, batch: Sequence[Delivery], denied: Denied) -> None:
        for delivery in batch:
            delivery.answer(denied)
