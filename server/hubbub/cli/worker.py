"""`hubbub worker`: one of many processes that write comments to PostgreSQL."""

import asyncio
import signal
import socket
from contextlib import nullcontext
from typing import Annotated

import typer
import uvloop

from hubbub import app, logs
from hubbub.cli.options import DataDir, Host, listen
from hubbub.server import SIGNALS, Server, freeze_gc, placeholder_server, url_of
from hubbub.settings import Settings
from hubbub.web.health import waiting_application


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
    waiting = nullcontext() if listener is None else placeholder_server(waiting_application(), listener)
    async with app.worker(settings, waiting) as health:
        freeze_gc()
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
