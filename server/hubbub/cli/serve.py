"""`hubbub serve` and `hubbub migrate`."""

import asyncio
import signal
import socket
from typing import Annotated

import structlog
import typer
import uvloop

from hubbub import app, logs
from hubbub.app import web_application
from hubbub.cli.options import DataDir, Problem
from hubbub.demo.install import install
from hubbub.domain.model import Role
from hubbub.server import Server, allow_many_files, bind, spare_the_collector
from hubbub.services.identity import staff
from hubbub.settings import Settings
from hubbub.storage.engine import Database
from hubbub.storage.lock import DataLock
from hubbub.storage.migrate import upgrade
from hubbub.web.state import Node

log = structlog.get_logger()


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8000,
    data_dir: DataDir = None,
    demo: Annotated[bool, typer.Option("--demo", help="Add a small newspaper to try things out.")] = False,
) -> None:
    """Serve comments from one process with SQLite: nothing else needs to be installed."""
    settings = Settings.load(data_dir)
    if not settings.database_url.startswith("sqlite"):
        raise Problem(
            "`hubbub serve` keeps its data in SQLite: unset HUBBUB_DATABASE_URL, or name a file: sqlite:////…"
        )
    logs.configure(settings.log_level)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = DataLock(settings.lock_dir)
    lock.acquire()
    allow_many_files()
    try:
        uvloop.run(_serve(settings, lock, host, port, demo=demo))
    finally:
        lock.release()


async def _serve(settings: Settings, lock: DataLock, host: str, port: int, *, demo: bool) -> None:
    listener, url = _bind(host, port)
    async with app.embedded(settings, url) as node:
        if not settings.rate_limits:
            log.warning("rate_limits_off", hint="for load tests alone; unset HUBBUB_RATE_LIMITS for real readers")
        lines = [f"Hubbub serves {url}  (data in {settings.data_dir}; Ctrl-C ends it)"]
        if demo:
            lines += await _demo(node, url)
        lock.announce(url)
        spare_the_collector()
        typer.echo("\n".join(lines))
        await Server(web_application(node, settings.proxies), node).serve([listener])


def web(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8000,
    data_dir: DataDir = None,
) -> None:
    """Serve readers as one of many processes, over Redis and PostgreSQL."""
    settings = Settings.load(data_dir)
    logs.configure(settings.log_level)
    uvloop.run(_web(settings, host, port))


async def _web(settings: Settings, host: str, port: int) -> None:
    listener, url = _bind(host, port)
    async with app.web(settings, url) as node:
        typer.echo(f"Hubbub serves {url}")
        await Server(web_application(node, settings.proxies), node).serve([listener])


def worker(data_dir: DataDir = None) -> None:
    """Write comments to PostgreSQL as one of many processes."""
    settings = Settings.load(data_dir)
    logs.configure(settings.log_level)
    uvloop.run(_worker(settings))


async def _worker(settings: Settings) -> None:
    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    async with app.worker(settings):
        typer.echo("Hubbub writes.")
        await ending.wait()


def _bind(host: str, port: int) -> tuple[socket.socket, str]:
    try:
        return bind(host, port)
    except OSError as error:
        raise Problem(f"can't listen on {host}:{port} ({error.strerror}); choose another with --port.") from None


async def _demo(node: Node, url: str) -> list[str]:
    """Installs the demo newspaper; the addresses to open."""
    articles = await install(node)
    code = node.identity.make_code(staff("demo", Role.MODERATOR, "Moderator"))
    lines = [f"  front page   {url}/"]
    lines += [f"  article      {url}{path}  {title}" for title, path in articles]
    return [*lines, f"  moderate     {url}{articles[0][1]}#hubbub-claim={code}  (good once)"]


def migrate(data_dir: DataDir = None) -> None:
    """Bring the database's schema up to date. `serve` does this by itself."""
    settings = Settings.load(data_dir)
    database = Database(settings.database_url)
    lock = DataLock(settings.lock_dir)
    try:
        if database.is_sqlite:
            lock.acquire()
        asyncio.run(database.write(upgrade))
    finally:
        database.close()
        lock.release()
    typer.echo("The schema is up to date.")
