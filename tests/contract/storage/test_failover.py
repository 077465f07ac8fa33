"""A failover: a name that leads to a standby for a while, and one of several hosts."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import DBAPIError

from hubbub.logs import describe
from hubbub.storage.engine import Database
from hubbub.storage.faults import is_away
from hubbub.storage.sites import all_sites, put_site
from tests.support.pgbouncer_service import pgbouncer
from tests.support.ports import free_port
from tests.support.postgresql_service import wait_for_postgresql
from tests.support.relay import Relay
from tests.support.services import Service
from tests.support.waiting import PATIENCE
from tests.unit.samples import site


@pytest.fixture(scope="module")
def standby(postgresql: Service) -> Iterator[Service]:
    """One that follows `postgresql`."""
    user = "postgres" if os.geteuid() == 0 else None
    programs = Path(postgresql.command[0]).parent
    with TemporaryDirectory(prefix="hubbub-standby-") as name:
        directory = Path(name)
        if user is not None:
            shutil.chown(directory, user, user)
        subprocess.run(
            [programs / "pg_basebackup", "-d", postgresql.url, "-D", "data", "-R", "-c", "fast", "--no-sync"],
            cwd=directory,
            check=True,
            user=user,
            group=user,
        )
        port = free_port()
        command = [str(programs / "postgres"), "-D", "data", "-p", str(port), "-k", name, "-h", "127.0.0.1", "-F"]
        service = Service(
            command, directory, postgresql.url.replace(str(urlsplit(postgresql.url).port), str(port)), user
        )
        service.start()
        try:
            wait_for_postgresql(service.url).close()
            yield service
        finally:
            service.end()


class Name(Relay):
    """A name that leads to one server, and to another later."""

    def lead_to(self, server: Service) -> None:
        """From here on, new connections go there."""
        self._there = Relay(server.url)._there


@pytest.mark.parametrize("pooled", [False, True], ids=["direct", "pgbouncer"])
async def test_a_standby_tells_nothing_and_is_not_kept(
    database: Database, postgresql: Service, standby: Service, pooled: bool
) -> None:
    """What it knows may be old. PgBouncer changes servers behind our connections, and met the standby first."""
    with ExitStack() as stack:
        async with Name(standby.url) as name:
            before = Service([], Path(), name.url)
            way = Database(stack.enter_context(pgbouncer(before, connections=2)).url if pooled else name.url)
            stack.callback(way.close)
            for _ in range(2):
                with pytest.raises(DBAPIError) as caught:
                    await way.read(all_sites)
                assert is_away(caught.value), describe(caught.value)
                with pytest.raises(DBAPIError) as caught:
                    await way.write(put_site, site())
                assert is_away(caught.value), describe(caught.value)
                name.lead_to(postgresql)
                if pooled:
                    name.cut()  # PgBouncer's own connections; of ours none may be left
                await as_soon_as_possible(lambda: way.write(put_site, site()))
                assert len(await way.read(all_sites)) == 1
                name.lead_to(standby)
                name.cut()


async def as_soon_as_possible(asking: Callable[[], Awaitable[object]]) -> None:
    """Asks until storage is there."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await asking()
                return
            except DBAPIError as error:
                if not is_away(error):
                    raise
                await asyncio.sleep(0.05)


async def test_of_several_hosts_the_primary_is_found(database: Database, postgresql: Service, standby: Service) -> None:
    """As docs/operations.md says it."""
    hosts = "&".join(f"host=127.0.0.1:{urlsplit(server.url).port}" for server in (standby, postgresql))
    way = Database(f"postgresql://{urlsplit(postgresql.url).username}@/hubbub?{hosts}&target_session_attrs=primary")
    try:
        await way.write(put_site, site("new"))
        assert len(await way.read(all_sites)) == 2
    finally:
        way.close()
