"""`hubbub web` and `hubbub worker`: what `hubbub serve` does, by any number of processes over Redis and PostgreSQL."""

import asyncio
import signal
import socket
from contextlib import nullcontext
from typing import Annotated

import structlog
import typer
import uvloop

from hubbub import app, logs
from hubbub.app import web_application
from hubbub.cli.options import DataDir, Host, Port, Uds, inherited, listen, listening, reached
from hubbub.server import SIGNALS, Server, allow_many_files, spare_the_collector, standing_in, url_of
from hubbub.settings import Settings
from hubbub.web.health import waiting_application

log = structlog.get_logger()


def web(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    uds: Uds = None,
    fd: Annotated[int | None, typer.Option(help="Listen on this inherited socket instead.", min=3)] = None,
    data_dir: DataDir = None,
) -> None:
    """Serve readers as one of many processes, over Redis and PostgreSQL."""
    settings = Settings.load(data_dir)
    app.check_many(settings)
    logs.configure(settings.log_level)
    allow_many_files()
    warn_of_limits(settings)
    with listening(host, port, uds) if fd is None else inherited(fd) as listener:
        uvloop.run(_web(settings, listener))


async def _web(settings: Settings, listener: socket.socket) -> None:
    url = url_of(listener)
    async with app.web(settings, url, standing_in(waiting_application(), listener)) as node:
        spare_the_collector()
        greeting = "\n".join([f"Hubbub serves {url}", *reached(listener, settings.public_url)])
        await Server(web_application(node, settings.proxies), node, greeting, settings.proxies).serve([listener])


def worker(
    health_port: Annotated[
        int | None,
        typer.Option(
            help="Answer /healthz, /readyz and /metrics on this port; 0 takes any free one.", min=0, max=65535
        ),
    ] = None,
    host: Host = "127.0.0.1",
    data_dir: DataDir = None,
) -> None:
    """Write comments to PostgreSQL as one of many processes."""
    settings = Settings.load(data_dir)
    app.check_many(settings)
    logs.configure(settings.log_level)
    listener = None if health_port is None else listen(host, health_port, option="--health-port")
    uvloop.run(_worker(settings, listener))


async def _worker(settings: Settings, listener: socket.socket | None) -> None:
    waiting = nullcontext() if listener is None else standing_in(waiting_application(), listener)
    async with app.worker(settings, waiting) as health:
        spare_the_collector()
        if listener is None:
            await _asked_to_end("Hubbub writes.")
        else:
            greeting = f"Hubbub writes, and says how it is at {url_of(listener)}"
            await Server(health, greeting=greeting).serve([listener])
        for number in SIGNALS:  # what follows finishes the work at hand; asked twice, it is left to another worker
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)


async def _asked_to_end(greeting: str) -> None:
    ending = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    typer.echo(greeting)
    await ending.wait()


def warn_of_limits(settings: Settings) -> None:
    """Says so where rate limits are off."""
    if not settings.rate_limits:
        log.warning("rate_limits_off", hint="for load tests alone; unset HUBBUB_RATE_LIMITS for real readers")
