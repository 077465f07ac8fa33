"""`hubbub web`: one of many processes that serve readers, over Redis and PostgreSQL."""

import socket
from typing import Annotated

import structlog
import typer
import uvloop

from hubbub import app, logs
from hubbub.app import web_application
from hubbub.cli.options import DataDir, Host, Port, Uds, inherited, listening, reached
from hubbub.server import Server, freeze_gc, placeholder_server, raise_fd_limit, url_of
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
    raise_fd_limit()
    warn_of_limits(settings)
    with listening(host, port, uds) if fd is None else inherited(fd) as listener:
        uvloop.run(_web(settings, listener))


async def _web(settings: Settings, listener: socket.socket) -> None:
    url = url_of(listener)
    async with app.web(settings, url, placeholder_server(waiting_application(), listener)) as node:
        freeze_gc()
        greeting = "\n".join([f"Hubbub serves {url}", *reached(listener, settings.public_url)])
        await Server(web_application(node, settings.proxies), node, greeting, settings.proxies).serve([listener])


def warn_of_limits(settings: Settings) -> None:
    """Logs a warning if rate limits are off."""
    if not settings.rate_limits:
        log.warning("rate_limits_off", hint="for load tests alone; unset HUBBUB_RATE_LIMITS for real readers")
