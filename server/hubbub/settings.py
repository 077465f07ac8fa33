"""What an operator can set: environment variables, overridden by flags."""

import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from hubbub.domain.origins import parse_origin

MIN_SECRET = 16  # characters; shorter ones can be guessed


class BadSetting(Exception):
    """A setting can't be used; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that is set from outside. `database_url` is any SQLAlchemy URL of SQLite or PostgreSQL."""

    data_dir: Path
    database_url: str
    redis_url: str | None
    secret_key: str | None
    rate_limits: bool
    public_url: str | None
    proxies: tuple[str, ...]
    log_level: str

    @classmethod
    def load(cls, data_dir: Path | None = None, environ: Mapping[str, str] = os.environ) -> "Settings":
        """From HUBBUB_* in `environ`; `data_dir` wins over HUBBUB_DATA_DIR. Raises BadSetting."""
        directory = data_dir or Path(environ.get("HUBBUB_DATA_DIR") or "data")
        limits = environ.get("HUBBUB_RATE_LIMITS", "on")
        if limits not in ("on", "off"):
            raise BadSetting(f"HUBBUB_RATE_LIMITS is {limits!r}; set it to on or off.")
        secret = environ.get("HUBBUB_SECRET_KEY") or None
        if secret is not None and len(secret) < MIN_SECRET:
            raise BadSetting(f"HUBBUB_SECRET_KEY is too short; use at least {MIN_SECRET} random characters.")
        return cls(
            data_dir=directory,
            database_url=_database_url(environ, directory),
            redis_url=environ.get("HUBBUB_REDIS_URL") or None,
            secret_key=secret,
            rate_limits=limits == "on",
            public_url=_public_url(environ),
            proxies=_proxies(environ),
            log_level=environ.get("HUBBUB_LOG_LEVEL", "info").lower(),
        )

    @property
    def embedded(self) -> bool:
        """Whether one process owns all data, in SQLite."""
        return make_url(self.database_url).get_backend_name() == "sqlite"

    @property
    def lock_dir(self) -> Path:
        """Where the lock of an SQLite file is: beside it, so that one file has one owner."""
        file = make_url(self.database_url).database
        return Path(file).parent if self.embedded and file else self.data_dir

    def secret(self) -> str:
        """The secret that signs tokens: the one that was set, else one made once and kept in the data directory."""
        if self.secret_key is not None:
            return self.secret_key
        path = self.data_dir / "secret.key"
        if not path.exists():
            _make_secret(path)
        kept = path.read_text(encoding="ascii").strip()
        if len(kept) < MIN_SECRET:
            raise BadSetting(f"{path} holds no secret; delete it and everybody signs in anew.")
        return kept


def _make_secret(path: Path) -> None:
    """Writes a new secret aside and links it into place: a crash leaves all of it or nothing, and of two processes that
    come at once the first one's counts."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)


def _database_url(environ: Mapping[str, str], directory: Path) -> str:
    url = environ.get("HUBBUB_DATABASE_URL") or f"sqlite:///{directory.absolute() / 'hubbub.db'}"
    if url.startswith("postgres://"):  # as hosting services write it
        url = url.replace("postgres", "postgresql", 1)
    try:
        make_url(url).get_dialect()
    except ArgumentError:
        raise BadSetting("HUBBUB_DATABASE_URL is no database URL; an example: postgresql://user@host/hubbub") from None
    return url


def _public_url(environ: Mapping[str, str]) -> str | None:
    url = environ.get("HUBBUB_PUBLIC_URL")
    try:
        return parse_origin(url) if url else None
    except ValueError as error:
        raise BadSetting(f"HUBBUB_PUBLIC_URL: {error}") from None


def _proxies(environ: Mapping[str, str]) -> tuple[str, ...]:
    found = tuple(environ.get("HUBBUB_TRUSTED_PROXIES", "").replace(",", " ").split())
    for proxy in found:
        try:
            ip_network(proxy, strict=False)
        except ValueError:
            raise BadSetting(f"HUBBUB_TRUSTED_PROXIES: {proxy} is no network such as 10.0.0.0/8") from None
    return found
