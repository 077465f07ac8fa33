"""Which empty threads are read is told to the worker, each once an hour."""

import pytest

from hubbub.commands import AnyWrite
from hubbub.commands.base import Done
from hubbub.commands.threads import KeepThreads
from hubbub.domain.errors import Refused, unavailable
from hubbub.services.empty_threads import EmptyThreadReports
from hubbub.transport.base import IsConnected, always
from tests.unit.samples import SITE, THREAD, ensure, post
from tests.unit.services.conftest import Services


class Told:
    """A command bus that takes everything down, or nothing."""

    healthy = True

    def __init__(self) -> None:
        self.commands: list[AnyWrite] = []
        self.away = False

    async def submit(self, command: AnyWrite, is_connected: IsConnected = always) -> Done:
        """See CommandBus."""
        if self.away:
            raise unavailable("Away.", 1)
        self.commands.append(command)
        return Done()


@pytest.mark.parametrize("way", ["a snapshot", "live"])
async def test_reading_an_empty_thread_is_told_once_an_hour(services: Services, way: str) -> None:
    told, now = Told(), [0.0]
    reports = EmptyThreadReports(services.history, told, clock=lambda: now[0])

    async def read() -> None:
        if way == "live":
            await services.history.heads([THREAD])
        else:
            await services.history.head(THREAD)

    await reports.report()
    assert told.commands == []
    for now[0], times in ((0.0, 1), (3000.0, 1), (3700.0, 2), (4000.0, 2)):
        await read()
        await reports.report()
        assert told.commands == [KeepThreads((THREAD,))] * times
    await services.worker.command_bus.submit(post(1))
    now[0] = 9000.0
    await read()
    await reports.report()
    assert len(told.commands) == 2, "something has happened in it"


async def test_what_could_not_be_told_is_told_later(services: Services) -> None:
    told = Told()
    reports = EmptyThreadReports(services.history, told)
    await services.history.head(THREAD)
    told.away = True
    await reports.report()
    told.away = False
    await reports.report()
    assert told.commands == [KeepThreads((THREAD,))]


async def test_many_are_told_in_pieces(services: Services) -> None:
    for number in range(4):
        done = await services.worker.command_bus.submit(ensure(f"/{number}"))
        assert done.thread
        await services.history.head(done.thread.id)
    told = Told()
    await EmptyThreadReports(services.history, told, batch=2).report()
    assert [len(command.threads) for command in told.commands if isinstance(command, KeepThreads)] == [2, 2]


async def test_the_worker_keeps_what_is_told(services: Services) -> None:
    await services.history.head(THREAD)
    await EmptyThreadReports(services.history, services.worker.command_bus).report()
    with pytest.raises(Refused):
        await services.history.ref("a" * 16)
    assert (await services.history.ref(THREAD)).site == SITE
