"""The `hubbub` command. An error is one sentence on stderr that says what to do, with exit code 1."""

import os
import signal
import sys

import typer
from sqlalchemy.exc import DBAPIError

from hubbub.cli import admin, doctor, serve, sites, staff, tail, web, worker
from hubbub.cli.options import CliError
from hubbub.domain.errors import Refused
from hubbub.logs import describe
from hubbub.settings import BadSetting
from hubbub.storage.files import explain
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
app.command()(web.web)
app.command()(worker.worker)
app.command()(serve.migrate)
app.command()(serve.restored)
app.command()(staff.token)
app.command()(staff.link)
app.command()(admin.close)
app.command()(admin.reopen)
app.command()(tail.tail)
app.command()(doctor.doctor)
app.add_typer(sites.site, name="site")
app.add_typer(staff.staff, name="staff")


def main() -> None:
    """Entry point of the `hubbub` script."""
    os.umask(0o077)  # the data directory holds e-mail addresses and the secret
    if os.getpid() == 1:  # in a container: the kernel drops a signal that nobody handles
        signal.signal(signal.SIGTERM, lambda number, _: os._exit(128 + number))
    try:
        app()
    except Exception as error:
        said = _said(error)
        if said is None:
            raise
        typer.echo(f"hubbub: {said}", err=True)
    sys.exit(1)


def _said(error: BaseException) -> str | None:
    """The message for an error that an operator can fix; None for a bug of ours."""
    match error:
        case BadSetting() | InUse() | NewerSchema() | CliError():
            return str(error)
        case Refused():
            return f"{error.message} ({error.code})"
        case DBAPIError():
            return f"the database does not answer: {describe(error)}"
        case OSError() if error.filename is not None:
            return explain(error)
        case BaseExceptionGroup() if len(error.exceptions) == 1:  # raised among tasks that run together
            return _said(error.exceptions[0])
    return None
