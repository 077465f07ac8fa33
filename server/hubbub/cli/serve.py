"""`hubbub serve`, `hubbub migrate` and `hubbub restored`."""

import asyncio
import socket
from collections.abc import Callable
from typing import Annotated

import typer
import uvloop
from sqlalchemy import Connection

from hubbub import app, logs
from hubbub.app import web_application
from hubbub.cli.data import check_made, explained, with_database
from hubbub.cli.options import CliError, DataDir, Host, Port, Uds, listening, reached
from hubbub.cli.supervise import supervise
from hubbub.cli.web import warn_of_limits
from hubbub.demo import examples, pages, theme
from hubbub.demo.install import install, spread
from hubbub.demo.readers import perform
from hubbub.domain.model import Role
from hubbub.server import Server, freeze_gc, raise_fd_limit, url_of
from hubbub.services.identity import actor_of
from hubbub.settings import Settings
from hubbub.storage.files import check_writable
from hubbub.storage.lock import DataLock
from hubbub.storage.migrate import upgrade
from hubbub.storage.threads import new_epochs
from hubbub.web.node import Node


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    uds: Uds = None,
    data_dir: DataDir = None,
    demo: Annotated[bool, typer.Option("--demo", help="Add a small newspaper to try things out.")] = False,
    script: Annotated[bool, typer.Option("--script/--no-script", hidden=True)] = True,  # tests need a quiet demo
    workers: Annotated[
        int | None, typer.Option(help="Serve from so many processes, over Redis and PostgreSQL.", min=1)
    ] = None,
) -> None:
    """Serve comments from one process with SQLite: nothing else needs to be installed."""
    settings = Settings.load(data_dir)
    logs.configure(settings.log_level)
    if workers is not None:
        if demo:
            raise CliError("--demo is for one process: leave out --workers.")
        app.check_many(settings)
        with_database(settings, lambda database: database.write(upgrade), create=True)
        supervise(host, port, workers, uds, settings.public_url)
        return
    if not settings.embedded:
        raise CliError(
            "`hubbub serve` keeps its data in SQLite: unset HUBBUB_DATABASE_URL, or name a file: sqlite:////…; "
            "with PostgreSQL use --workers, or hubbub web and hubbub worker."
        )
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    check_writable(settings.data_dir)
    lock = DataLock(settings.lock_dir)
    lock.acquire()
    raise_fd_limit()
    try:
        with explained(settings), listening(host, port, uds) as listener:
            uvloop.run(_serve(listener, settings, lock, demo=demo, script=demo and script))
    finally:
        lock.release()


async def _serve(listener: socket.socket, settings: Settings, lock: DataLock, *, demo: bool, script: bool) -> None:
    url = url_of(listener)
    async with app.embedded(settings, url, demo=script) as node:
        warn_of_limits(settings)
        lines = [f"Hubbub serves {url}  (data in {settings.data_dir}; Ctrl-C ends it)"]
        if demo:
            lines += await _demo(node, node.home)
        if script:
            await spread(node)
        lines += reached(listener, settings.public_url)
        lock.announce(url)
        freeze_gc()
        routes = [*examples.ROUTES, *pages.ROUTES, *theme.ROUTES] if demo else ()
        application = web_application(node, settings.proxies, routes)
        playing = asyncio.create_task(perform(node)) if script else None
        try:
            await Server(application, node, "\n".join(lines), settings.proxies).serve([listener])
        finally:
            if playing is not None:
                playing.cancel()


async def _demo(node: Node, url: str) -> list[str]:
    """Installs the demo newspaper; the addresses to open."""
    articles = await install(node)
    code = node.identity.make_code(actor_of(await node.members.put("demo", "Moderator", Role.MODERATOR)))
    pages_to_try = ("three views", "/demo"), ("examples", "/examples"), ("theme", "/theme")
    lines = [f"  front page   {url}/", *(f"  {name:<12} {url}{path}" for name, path in pages_to_try)]
    lines += [f"  article      {url}{path}  {title}" for title, path in articles]
    return [*lines, f"  moderate     {url}{articles[0][1]}#hubbub-claim={code}  (good once)"]


def migrate(data_dir: DataDir = None) -> None:
    """Bring the database's schema up to date. `serve` does this by itself, `web` and `worker` do not."""
    _change(Settings.load(data_dir), upgrade, create=True)
    typer.echo("The schema is up to date.")


def restored(data_dir: DataDir = None) -> None:
    """After you restored a backup: make every reader reload its threads, since its positions are no longer valid."""

    def change(db: Connection) -> None:
        upgrade(db)
        new_epochs(db)

    _change(Settings.load(data_dir), change)
    typer.echo("Every reader will load its threads anew.")


def _change(settings: Settings, change: Callable[[Connection], None], *, create: bool = False) -> None:
    if not create:
        check_made(settings)
    lock = DataLock(settings.lock_dir)
    if settings.embedded:
        lock.acquire()
    try:
        with_database(settings, lambda database: database.write(change), create=True)
    finally:
        lock.release()
