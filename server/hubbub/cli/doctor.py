"""`hubbub doctor`: checks what a server needs, and says how to fix what is wrong."""

import asyncio
from collections.abc import Iterator
from typing import Annotated

import httpx
import msgspec
import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from hubbub.app import check_many
from hubbub.cli.options import CliError, DataDir, Finding, client_of
from hubbub.cli.page_check import check_page
from hubbub.cli.redis_findings import redis_findings
from hubbub.server import bind
from hubbub.settings import BadSetting, Settings
from hubbub.storage.engine import Database
from hubbub.storage.files import check_writable, explain, free_bytes
from hubbub.storage.growth import size
from hubbub.storage.idempotency import count_dead_letters
from hubbub.storage.lock import owner
from hubbub.storage.migrate import is_current
from hubbub.storage.sites import all_sites

MIB = 1024 * 1024
LITTLE = 256  # MiB free: some days of a busy site, time enough to do something about it


def doctor(
    host: Annotated[str, typer.Option(help="The address `serve` would listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port `serve` would listen on.", min=0, max=65535)] = 8000,
    page: Annotated[str | None, typer.Option(help="Check a publisher's page at this address instead.")] = None,
    json: Annotated[bool, typer.Option("--json", help="With --page: print one JSON object.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Check the database, Redis, the port, the secret and the origins, or a publisher's page, and say what to do."""
    if page is not None:
        _page(page, json=json)
        return
    if json:
        raise CliError("--json goes with --page.")
    settings = Settings.load(data_dir)
    console = Console()
    parts = [_files(settings), _server(settings, host, port)] if settings.embedded else [_many(settings)]
    findings = [one for part in (*parts, _secret(settings), _database(settings)) for one in _readable(part)]
    for fine, what, advice in findings:
        console.print("[green]ok[/]   " if fine else "[red]bad[/]  ", end="")
        console.print(what, markup=False, highlight=False, soft_wrap=True)
        if not fine:
            console.print(f"       {advice}", markup=False, highlight=False, soft_wrap=True)
    if not all(fine for fine, _, _ in findings):
        raise typer.Exit(1)


def _page(url: str, *, json: bool) -> None:
    findings = check_page(url)
    if json:
        typer.echo(msgspec.json.encode({"page": url, "findings": findings}).decode())
    else:
        colours = {"ok": "green", "note": "yellow", "bad": "red"}
        console = Console()
        for one in findings:
            console.print(f"[{colours[one.level]}]{one.level:4}[/]", end=" ")
            console.print(f"{one.what} {one.advice}".rstrip(), markup=False, highlight=False, soft_wrap=True)
    if any(one.level == "bad" for one in findings):
        raise typer.Exit(1)


def _readable(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yields `findings`; an error of the file system becomes a finding."""
    try:
        yield from findings
    except OSError as error:
        if error.filename is None:
            raise
        yield _bad(error)


def _bad(error: OSError) -> Finding:
    what, _, advice = explain(error).partition(". ")
    return False, f"{what}.", advice


def _files(settings: Settings) -> Iterator[Finding]:
    for directory in dict.fromkeys((settings.data_dir.absolute(), settings.lock_dir.absolute())):
        try:
            check_writable(directory)
        except OSError as error:
            yield _bad(error)
            continue
        free = free_bytes(directory) // MIB
        file = settings.database_file
        used = file.stat().st_size // MIB if file is not None and file.exists() else 0
        if free < max(LITTLE, used // 10):
            advice = "A full disk takes no comments: free some space, or move the data to a larger disk."
            yield False, f"{free:,} MiB are free on the disk of {directory}; the database has {used:,} MiB.", advice


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
            with client_of(str(url)) as api:
                answer = api.get("/readyz")
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
        try:
            settings.secret()
        except BadSetting as error:
            yield False, "The secret can't be used.", str(error)
            return
        private = path.stat().st_mode & 0o077 == 0
        yield private, f"The secret is kept in {path}.", f"Others can read it: chmod 600 {path}"


def _database(settings: Settings) -> Iterator[Finding]:
    shown = Database(settings.database_url)
    name = shown.url.render_as_string(hide_password=True)
    try:
        file = settings.database_file
        if file is not None and not file.exists():
            yield True, f"No database yet; `hubbub serve` will make {file}.", ""
            return
        current = asyncio.run(shown.read(is_current))
        yield current, f"The database {name} answers.", "Its schema is not this version's: run `hubbub migrate`."
        if current:
            now = asyncio.run(shown.read(size))
            yield True, f"{now.threads:,} threads and {now.comments:,} comments take {-(-now.bytes // MIB):,} MiB.", ""
            yield from _sites(shown)
            dead = asyncio.run(shown.read(count_dead_letters))
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
    sites = asyncio.run(database.read(all_sites))
    if not sites:
        yield True, "No site yet; add one with: hubbub site add NAME --origin https://…", ""
    for site in sites:
        fine = bool(site.origins)
        advice = f"Nobody can embed it: hubbub site add {site.name} --origin https://…"
        yield fine, f"Site {site.name} may be embedded by: {', '.join(site.origins) or 'nobody'}", advice
