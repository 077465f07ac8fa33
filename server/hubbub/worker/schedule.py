"""Carries out what is due (G19). Every worker looks for it; one transaction takes an entry and carries it out."""

import asyncio
from collections.abc import Sequence

import structlog

from hubbub.commands.base import Denied
from hubbub.commands.schedule import KINDS, CarryOutPlanned
from hubbub.logs import describe
from hubbub.storage.engine import Database
from hubbub.storage.faults import is_away
from hubbub.storage.schedule import Due, due_now, postpone
from hubbub.transport.base import Bus
from hubbub.worker.committer import commit

BATCH_PLANS = 100  # a transaction
POSTPONED_MS = 60_000  # for a plan that no transaction can take, so that it does not hold up the others

log = structlog.get_logger()


class Schedule:
    """Runs until cancelled."""

    def __init__(self, bus: Bus, database: Database, *, every: float = 0.5) -> None:
        """`every`: seconds between looks."""
        self._bus = bus
        self._database = database
        self._every = every

    async def run(self) -> None:
        """Looks for what is due until cancelled. While storage is away nothing happens; it is done later."""
        while True:
            try:
                more = await self.run_due()
            except Exception as error:
                if not is_away(error):
                    log.exception("schedule_failed")
                else:
                    log.warning("schedule_waits", error=describe(error))
                more = False
            if not more:
                await asyncio.sleep(self._every)

    async def run_due(self) -> bool:
        """Carries out some of what is due. Returns whether there may be more."""
        plans = await self._database.read(due_now, KINDS, BATCH_PLANS)
        try:
            await self._carry_out(plans)
        except Exception as error:
            if is_away(error):
                raise
            for plan in plans:
                await self._carry_out_alone(plan)
        return len(plans) == BATCH_PLANS

    async def _carry_out(self, plans: Sequence[Due]) -> None:
        if not plans:
            return
        committed = await self._database.write(
            commit, [CarryOutPlanned(id=plan.id, payload=plan.payload) for plan in plans]
        )
        for plan, answer in zip(plans, committed.answers, strict=True):
            if isinstance(answer, Denied):
                log.warning("plan_refused", plan=plan.id, error=answer.message)
        await self._bus.publish(committed.publications)

    async def _carry_out_alone(self, plan: Due) -> None:
        try:
            await self._carry_out([plan])
        except Exception as error:
            if is_away(error):
                raise
            log.exception("plan_failed", plan=plan.id)
            await self._database.write(postpone, plan.id, POSTPONED_MS)
