"""All commands together, and how their errors look: one sentence on stderr that says what to do, exit code 1."""

import os
import signal
import sys

import typer
from sqlalchemy.exc import DBAPIError

from hubbub.cli import admin, doctor, many, serve, tail
from hubbub.cli.options import Problem
from hubbub.domain.errors import Refused
from hubbub.settings import BadSetting
from hubbub.storage.lock import InUse
from hubbub.storage.migrate import NewerSchema

app = typer.Typer(
    name="hubbub",
    help="A self-hosted, real-time comment server.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve.serve)
app.command()(many.web)
app.command()(many.worker)
app.command()(serve.migrate)
app.command()(serve.restored)
app.command()(admin.token)
app.command()(admin.link)
app.command()(admin.close)
app.command()(admin.reopen)
app.command()(tail.tail)
app.command()(doctor.doctor)
app.add_typer(admin.site, name="site")


def main() -> None:
    """Entry point of the `hubbub` script."""
    os.umask(0o077)  # the data directory holds e-mail addresses and the secret
    if os.getpid() == 1:  # in a container: the kernel drops a signal that nobody handles
        signal.signal(signal.SIGTERM, lambda number, _: os._exit(128 + number))
    try:
        app()
    except (BadSetting, InUse, NewerSchema, Problem) as error:
        typer.echo(f"hubbub: {error}", err=True)
    except Refused as refused:
        typer.echo(f"hubbub: {refused.message} ({refused.code})", err=True)
    except DBAPIError as error:
        typer.echo(f"hubbub: the database does not answer: {str(error.orig).partition(chr(10))[0]}", err=True)
    sys.exit(1)
