"""Commands that change something: through the API of the process that owns the data, or directly when nobody does."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import httpx
import typer
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from hubbub.cli.options import DataDir, Key, Problem, SiteName
from hubbub.domain.errors import ErrorCode, Refused, not_found
from hubbub.domain.model import Role, Site, Thread
from hubbub.services.identity import Identity, staff
from hubbub.services.moderation import clean_key, clean_reason
from hubbub.services.typed import typed
from hubbub.settings import Settings
from hubbub.storage import reads
from hubbub.storage.engine import Database
from hubbub.storage.lock import DataLock, owner
from hubbub.storage.migrate import upgrade
from hubbub.transport.commands import AnyWrite, CloseThread, Denied, PutSite, ReopenThread
from hubbub.web.sessions import make_site
from hubbub.worker.committer import commit

site = typer.Typer(help="Add sites.", no_args_is_help=True)
OPERATOR = staff("*", Role.OPERATOR, "Operator")


@site.command("add")
def add_site(
    name: Annotated[str, typer.Argument(help="The site's name, as in <hubbub-thread site=…>.")],
    origin: Annotated[list[str], typer.Option(help="An origin that may embed it, such as https://news.example.")],
    images: Annotated[bool, typer.Option("--images", help="Allow images in comments.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Add a site, or change the origins of one."""
    settings = Settings.load(data_dir)
    new = make_site(name, origin, images=images)
    body = {"origins": origin, "images": images}
    _apply(settings, lambda api: _call(api, "PUT", f"/api/v1/sites/{name}", body), lambda db: PutSite(new))
    typer.echo(f"Site {name} may be embedded by {', '.join(new.origins)}.")


def token(
    site_name: SiteName,
    role: Annotated[Role, typer.Option(help="moderator or owner.")],
    name: Annotated[str | None, typer.Option(help="The name shown beside what they do.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a bearer token for a site's moderator or owner, and nothing else."""
    settings = Settings.load(data_dir)
    if role not in (Role.MODERATOR, Role.OWNER):
        raise Problem("--role must be moderator or owner.")
    if not any(known.name == site_name for known in _read_sites(settings)):
        raise Problem(f"there is no site {site_name}; add it with: hubbub site add {site_name} --origin https://…")
    typer.echo(Identity(settings.secret()).issue(typed(lambda: staff(site_name, role, name))))


def link(
    page: Annotated[str, typer.Argument(help="The address of a page with the site's comments.")],
    site_name: SiteName,
    role: Annotated[Role, typer.Option(help="moderator or owner.")] = Role.MODERATOR,
    name: Annotated[str | None, typer.Option(help="The name shown beside what they do.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a link that signs a moderator in on a page of the site, once. The server must be running."""
    body = {"role": role, "name": name}

    def make(api: httpx.Client) -> None:
        code = _call(api, "POST", f"/api/v1/sites/{site_name}/codes", body)["code"]
        typer.echo(f"{page.partition('#')[0]}#hubbub-claim={code}")

    def refuse(db: Connection) -> AnyWrite:
        raise Problem("a link lives in the running server: start it first, with: hubbub serve")

    _apply(Settings.load(data_dir), make, refuse)


def close(
    site_name: SiteName,
    key: Key,
    reason: Annotated[str | None, typer.Option(help="Shown to readers.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Close a thread: no comment is accepted until it is reopened."""
    reason = clean_reason(reason)
    _apply(
        Settings.load(data_dir),
        lambda api: _call(api, "POST", f"/api/v1/threads/{_find(api, site_name, key)}/close", {"reason": reason}),
        lambda db: CloseThread(_read_thread(db, site_name, key).id, OPERATOR, reason),
    )
    typer.echo("Closed.")


def reopen(site_name: SiteName, key: Key, data_dir: DataDir = None) -> None:
    """Open a closed thread again."""
    _apply(
        Settings.load(data_dir),
        lambda api: _call(api, "POST", f"/api/v1/threads/{_find(api, site_name, key)}/reopen", {}),
        lambda db: ReopenThread(_read_thread(db, site_name, key).id, OPERATOR),
    )
    typer.echo("Reopened.")


def _apply(
    settings: Settings, online: Callable[[httpx.Client], object], offline: Callable[[Connection], AnyWrite]
) -> None:
    """Through the API of the process that owns the data; straight to the database when nobody does."""
    serving = owner(settings.lock_dir)
    if not serving:
        _apply_directly(settings, offline)
        return
    if not serving.get("url"):
        raise Problem("the server is just starting; try again in a moment.")
    headers = {"Authorization": f"Bearer {Identity(settings.secret()).issue(OPERATOR)}"}
    with httpx.Client(base_url=str(serving["url"]), headers=headers, trust_env=False) as api:
        online(api)


def _apply_directly(settings: Settings, make: Callable[[Connection], AnyWrite]) -> None:
    lock = DataLock(settings.lock_dir)
    lock.acquire()
    database = Database(settings.database_url)

    def change(db: Connection) -> None:
        upgrade(db)
        (answer,) = commit(db, [make(db)]).answers
        if isinstance(answer, Denied):
            raise Refused(answer.code, answer.message, answer.retry_after)

    try:
        asyncio.run(database.write(change))
    finally:
        database.close()
        lock.release()


def _call(api: httpx.Client, method: str, path: str, body: object = None) -> dict[str, Any]:
    response = api.request(method, path, json=body)
    answer: dict[str, Any] = response.json()
    if response.is_error:
        error = answer["error"]
        raise Refused(ErrorCode(error["code"]), error["message"], error["retry_after"])
    return answer


def _find(api: httpx.Client, site_name: str, key: str) -> str:
    query = httpx.QueryParams(site=site_name, key=key, limit=1)
    return str(_call(api, "GET", f"/api/v1/threads?{query}")["thread"]["id"])


def _read_thread(db: Connection, site_name: str, key: str) -> Thread:
    found = reads.thread_by_key(db, site_name, clean_key(key))
    if found is None:
        raise not_found("thread")
    return found


def _read_sites(settings: Settings) -> list[Site]:
    database = Database(settings.database_url)
    try:
        return asyncio.run(database.read(reads.sites))
    except OperationalError:
        return []  # no database yet, so no sites
    finally:
        database.close()
