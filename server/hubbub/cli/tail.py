"""`hubbub tail`: a thread's events as they come."""

import asyncio
from typing import Annotated

import msgspec
import typer

from hubbub.cli.data import check_made, check_schema, read_thread, with_database
from hubbub.cli.options import CliError, DataDir, Key, SiteName
from hubbub.protocol.views import event_view
from hubbub.settings import Settings
from hubbub.storage.engine import Database
from hubbub.storage.events import events_since
from hubbub.storage.lock import owner

LOOK_EVERY = 0.3  # s between looks at the log
PAGE = 1000  # events


def tail(
    site_name: SiteName,
    key: Key,
    url: Annotated[
        str | None, typer.Option(help="The server; the one that serves --data-dir, or the database, otherwise.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a thread's events as they come, one JSON object a line."""
    settings = Settings.load(data_dir)
    try:
        server = url or (_serving(settings) if settings.embedded else "")
        if not server or server.startswith("unix:"):
            with_database(settings, lambda database: _follow_log(database, site_name, key))
        else:
            _follow_server(server, site_name, key)
    except KeyboardInterrupt:
        return


def _serving(settings: Settings) -> str:
    check_made(settings)
    url = owner(settings.lock_dir).get("url")
    if not url:
        raise CliError(f"no server runs on {settings.lock_dir.absolute()}: start it, or name another one with --url.")
    return str(url)


async def _follow_log(database: Database, site_name: str, key: str) -> None:
    """Reads the events from storage, so that no server has to run."""
    await database.read(check_schema)
    thread = await database.read(read_thread, site_name, key)
    seq = thread.head
    while True:
        page = await database.read(events_since, thread.id, seq, PAGE)
        for event in page.events if page else ():
            typer.echo(msgspec.json.encode(event_view(event)))
            seq = event.seq
        await asyncio.sleep(LOOK_EVERY)


def _follow_server(url: str, site_name: str, key: str) -> None:
    from hubbub.client import ClientError  # here, since no other command needs the client's libraries

    try:
        asyncio.run(_follow(url, site_name, key))
    except ClientError as error:
        raise CliError(f"{error} Is the server at {url} running?") from None


async def _follow(url: str, site_name: str, key: str) -> None:
    from hubbub.client import connect

    async with connect(url) as client:
        thread = await client.join(site_name, key)
        async for event in thread:
            typer.echo(msgspec.json.encode(event))
