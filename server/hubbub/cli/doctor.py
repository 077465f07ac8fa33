"""`hubbub doctor`: looks at what a server needs and says what to do about what is wrong."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from hubbub.app import check_many
from hubbub.cli.options import DataDir, Finding
from hubbub.cli.redis_findings import redis_findings
from hubbub.server import bind
from hubbub.settings import BadSetting, Settings
from hubbub.storage import reads
from hubbub.storage.engine import Database
from hubbub.storage.lock import owner
from hubbub.storage.migrate import is_current


def doctor(
    host: Annotated[str, typer.Option(help="The address `serve` would listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port `serve` would listen on.")] = 8000,
    data_dir: DataDir = None,
) -> None:
    """Check the database, Redis, the port, the secret and the origins, and say what to do."""
    settings = Settings.load(data_dir)
    console = Console()
    first = _server(settings, host, port) if settings.embedded else _many(settings)
    findings = [*first, *_secret(settings), *_database(settings)]
    for fine, what, advice in findings:
        console.print("[green]ok[/]   " if fine else "[red]bad[/]  ", end="")
        console.print(what, markup=False, highlight=False, soft_wrap=True)
        if not fine:
            console.print(f"       {advice}", markup=False, highlight=False, soft_wrap=True)
    if not all(fine for fine, _, _ in findings):
        raise typer.Exit(1)


def _many(settings: Settings) -> Iterator[Finding]:
    try:
        url = check_many(settings)
    except BadSetting as error:
        yield False, "The settings are not those of many processes.", str(error)
        return
    yield from redis_findings(url)


def _server(settings: Settings, host: str, port: int) -> Iterator[Finding]:
    url = owner(settings.lock_dir).get("url")
    if url:
        try:
            answer = httpx.get(f"{url}/readyz", trust_env=False, timeout=5)
            yield answer.is_success, f"A server runs at {url} and says: {answer.text}", "Read its log for the reason."
        except httpx.HTTPError as error:
            yield False, f"A server holds {settings.data_dir} but does not answer at {url}: {error}", "Restart it."
        return
    try:
        listener, free = bind(host, port)
        listener.close()
        yield True, f"{free} is free to listen on.", ""
    except OSError as error:
        yield (
            False,
            f"Can't listen on {host}:{port}: {error.strerror}.",
            "Choose another with --port, or end what uses it.",
        )


def _secret(settings: Settings) -> Iterator[Finding]:
    path = settings.data_dir / "secret.key"
    if settings.secret_key is not None:
        yield True, "The secret is set by HUBBUB_SECRET_KEY.", ""
    elif not path.exists():
        yield True, f"No secret yet; one will be made in {path}.", ""
    else:
        private = path.stat().st_mode & 0o077 == 0
        yield private, f"The secret is kept in {path}.", f"Others can read it: chmod 600 {path}"


def _database(settings: Settings) -> Iterator[Finding]:
    shown = Database(settings.database_url)
    name = shown.url.render_as_string(hide_password=True)
    try:
        if shown.is_sqlite and shown.url.database and not Path(shown.url.database).exists():
            yield True, f"No database yet; `hubbub serve` will make {shown.url.database}.", ""
            return
        current = asyncio.run(shown.read(is_current))
        yield current, f"The database {name} answers.", "Its schema is not this version's: run `hubbub migrate`."
        if current:
            yield from _sites(shown)
            dead = asyncio.run(shown.read(reads.dead_letters))
            advice = (
                "Look at the table dead_letter: each row has the command and the error; report it, then delete the row."
            )
            yield dead == 0, f"{dead} commands could not be stored.", advice
    except SQLAlchemyError as error:
        reason = str(error).split("\n")[0]
        yield False, f"The database {name} does not answer: {reason}", "Check HUBBUB_DATABASE_URL and that it runs."
    finally:
        shown.close()


def _sites(database: Database) -> Iterator[Finding]:
    sites = asyncio.run(database.read(reads.sites))
    if not sites:
        yield True, "No site yet; add one with: hubbub site add NAME --origin https://…", ""
    for site in sites:
        fine = bool(site.origins)
        advice = f"Nobody can embed it: hubbub site add {site.name} --origin https://…"
        yield fine, f"Site {site.name} may be embedded by: {', '.join(site.origins) or 'nobody'}", advice
