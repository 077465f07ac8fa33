"""`hubbub tail`: a thread's events as they come."""

import asyncio
from typing import Annotated

import msgspec
import typer

from hubbub.cli.options import DataDir, Key, Problem, SiteName
from hubbub.settings import Settings
from hubbub.storage.lock import owner


def tail(
    site_name: SiteName,
    key: Key,
    url: Annotated[str | None, typer.Option(help="The server; the one that serves --data-dir otherwise.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a thread's events as they come, one JSON object a line."""
    found = url or owner(Settings.load(data_dir).lock_dir).get("url") or "http://127.0.0.1:8000"
    from hubbub.client import ClientError  # here, since no other command needs the client's libraries

    try:
        asyncio.run(_tail(str(found), site_name, key))
    except ClientError as error:
        raise Problem(f"{error} Is the server at {found} running?") from None
    except KeyboardInterrupt:
        return


async def _tail(url: str, site_name: str, key: str) -> None:
    from hubbub.client import connect

    async with connect(url) as client:
        thread = await client.join(site_name, key)
        async for event in thread:
            typer.echo(msgspec.json.encode(event))
