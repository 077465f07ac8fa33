"""Commands that change something.

With SQLite they go through the API of the process that owns the file, or open it themselves when nobody does. With
PostgreSQL they write from any machine, as one more worker would, and tell the web nodes over Redis.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import httpx
import msgspec
import typer
from sqlalchemy import Connection

from hubbub import app
from hubbub.cli.data import check_made, check_schema, read_thread, with_database
from hubbub.cli.options import CliError, DataDir, Key, SiteName, client_of
from hubbub.commands import AnyWrite
from hubbub.commands.base import Denied
from hubbub.commands.threads import CloseThread, ReopenThread
from hubbub.domain.errors import Refused
from hubbub.domain.model import Role
from hubbub.domain.text import clean_reason
from hubbub.services.identity import Identity, staff
from hubbub.settings import Settings
from hubbub.storage.lock import DataLock, owner
from hubbub.storage.migrate import upgrade
from hubbub.transport.base import Publication
from hubbub.worker.committer import commit

OPERATOR = staff("*", Role.OPERATOR, "Operator")


def close(
    site_name: SiteName,
    key: Key,
    reason: Annotated[str | None, typer.Option(help="Shown to readers.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Close a thread: no comment is accepted until it is reopened."""
    reason = clean_reason(reason)
    apply(
        Settings.load(data_dir),
        lambda api: call(api, "POST", f"/api/v1/threads/{_find(api, site_name, key)}/close", {"reason": reason}),
        lambda db: CloseThread(read_thread(db, site_name, key).id, OPERATOR, reason),
    )
    typer.echo("Closed.")


def reopen(site_name: SiteName, key: Key, data_dir: DataDir = None) -> None:
    """Open a closed thread again."""
    apply(
        Settings.load(data_dir),
        lambda api: call(api, "POST", f"/api/v1/threads/{_find(api, site_name, key)}/reopen", {}),
        lambda db: ReopenThread(read_thread(db, site_name, key).id, OPERATOR),
    )
    typer.echo("Reopened.")


def apply(
    settings: Settings,
    online: Callable[[httpx.Client], object],
    offline: Callable[[Connection], AnyWrite],
    *,
    create: bool = False,
) -> None:
    """Carries out a change: `online` through the API of the process that owns the data, `offline` where none does.
    CliError where there is no database, unless it is to `create` one."""
    if not settings.embedded:
        _apply_as_worker(settings, offline)
        return
    if not create:
        check_made(settings)
    serving = owner(settings.lock_dir)
    if not serving:
        _apply_as_owner(settings, offline)
        return
    if not serving.get("url"):
        raise CliError("the server is just starting; try again in a moment.")
    token = Identity(settings.secret()).issue(OPERATOR)
    with client_of(str(serving["url"]), Authorization=f"Bearer {token}") as api:
        try:
            online(api)
        except httpx.HTTPError as error:
            raise CliError(f"the server at {serving['url']} does not answer ({error}); read its log.") from None


def _apply_as_worker(settings: Settings, make: Callable[[Connection], AnyWrite]) -> None:
    """Threads are locked row by row, so this is in order with what the workers write, and waits for no backlog. Where
    Redis is away the web nodes find it out by themselves a moment later."""

    def change(db: Connection) -> list[Publication]:
        check_schema(db)
        return _commit(db, make(db))

    published = with_database(settings, lambda database: database.write(change))
    if published and settings.redis_url is not None:
        asyncio.run(app.publish(settings.redis_url, published))


def _apply_as_owner(settings: Settings, make: Callable[[Connection], AnyWrite]) -> None:
    def change(db: Connection) -> None:
        upgrade(db)
        _commit(db, make(db))

    lock = DataLock(settings.lock_dir)
    lock.acquire()
    try:
        with_database(settings, lambda database: database.write(change), create=True)
    finally:
        lock.release()


def _commit(db: Connection, command: AnyWrite) -> list[Publication]:
    """What to tell the readers. Refused, or nothing is stored."""
    committed = commit(db, [command])
    (answer,) = committed.answers
    if isinstance(answer, Denied):
        raise answer.refused
    return committed.publications


def call(api: httpx.Client, method: str, path: str, body: object = None) -> dict[str, Any]:
    """The answer of the server that runs. Raises Refused."""
    response = api.request(method, path, json=msgspec.to_builtins(body))
    answer: dict[str, Any] = response.json()
    if response.is_error:
        error = answer["error"]
        raise Refused(error["code"], error["message"], error["retry_after"])
    return answer


def _find(api: httpx.Client, site_name: str, key: str) -> str:
    query = httpx.QueryParams(site=site_name, key=key, limit=1)
    return str(call(api, "GET", f"/api/v1/threads?{query}")["thread"]["id"])
