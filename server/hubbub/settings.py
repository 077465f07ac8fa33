"""Settings: environment variables, overridden by flags. An invalid one is refused by name, in one line."""

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from hubbub.domain.origins import parse_origin

UNIX = "unix"  # among the proxies: every client of a Unix socket
MIN_SECRET = 16  # characters; shorter ones can be guessed
DAILY_AUTHOR = 500  # comments: more than anybody writes who writes them by hand
DAILY_ADDRESS = 5000  # the same for an office or a school behind one address
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
_SQLITE = ("sqlite", "sqlite+pysqlite")
_POSTGRESQL = ("postgresql", "postgresql+psycopg")
_DATABASES = "sqlite:////path/of/a/file, or postgresql://user:password@host:5432/hubbub"
_REDIS = tuple(f"{kind}{mode}" for kind in ("redis", "rediss") for mode in ("", "+sentinel", "+cluster"))
_PATH = re.compile(r"(?:/\w[\w.~-]*)*", re.ASCII)


class BadSetting(Exception):
    """A setting can't be used; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. `database_url` is a URL of SQLAlchemy's, for an SQLite file or PostgreSQL."""

    data_dir: Path
    database_url: str
    redis_url: str | None
    secret_key: str | None
    rate_limits: bool
    public_url: str | None
    proxies: tuple[str, ...]
    log_level: str
    daily_author: int = DAILY_AUTHOR
    daily_address: int = DAILY_ADDRESS

    @classmethod
    def load(cls, data_dir: Path | None = None, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Reads HUBBUB_* from `environ`; an empty variable counts as unset. `data_dir` overrides HUBBUB_DATA_DIR.
        Raises BadSetting."""
        given = {name: value for name, value in environ.items() if name.startswith("HUBBUB_") and value.strip()}
        directory = _data_dir(data_dir or Path(given.get("HUBBUB_DATA_DIR", "data")))
        return cls(
            data_dir=directory,
            database_url=_database_url(given, directory),
            redis_url=_redis_url(given),
            secret_key=_secret_key(given),
            rate_limits=_choice(given, "HUBBUB_RATE_LIMITS", ("on", "off")) == "on",
            public_url=_public_url(given),
            proxies=_proxies(given),
            log_level=_choice({name: value.lower() for name, value in given.items()}, "HUBBUB_LOG_LEVEL", LOG_LEVELS),
            daily_author=_number(given, "HUBBUB_DAILY_AUTHOR", DAILY_AUTHOR),
            daily_address=_number(given, "HUBBUB_DAILY_ADDRESS", DAILY_ADDRESS),
        )

    @property
    def embedded(self) -> bool:
        """Whether one process owns all data, in SQLite."""
        return self.database_file is not None

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; None with PostgreSQL."""
        url = make_url(self.database_url)
        return Path(url.database or "") if url.get_backend_name() == "sqlite" else None

    @property
    def lock_dir(self) -> Path:
        """Where the lock of an SQLite file is: beside it, so that one file has one owner."""
        return self.data_dir if self.database_file is None else self.database_file.parent

    def secret(self) -> str:
        """The secret that signs tokens: the one that was set, else one made once and kept in the data directory.
        Raises BadSetting or OSError."""
        if self.secret_key is not None:
            return self.secret_key
        path = self.data_dir / "secret.key"
        if not path.exists():
            _make_secret(path)
        try:
            kept = path.read_text(encoding="utf-8-sig").strip()  # some editors begin a file with a byte order mark
        except UnicodeDecodeError:
            raise BadSetting(f"{path} holds bytes that are no text; delete it and everybody signs in anew.") from None
        if len(kept) < MIN_SECRET:
            raise BadSetting(f"{path} holds no secret; delete it and everybody signs in anew.")
        return kept


def _make_secret(path: Path) -> None:
    """Writes a new secret to a temporary file and links it into place: a crash leaves all of it or nothing, and of two
    processes at once the first wins."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    except OSError as error:
        error.filename = str(path)  # which writing to an open file does not tell
        raise
    finally:
        os.unlink(name)


def _data_dir(path: Path) -> Path:
    """Expands `~` to the home directory, as a shell would. Raises BadSetting for what can be no path."""
    try:
        found = path.expanduser()
        os.fspath(found).encode()
    except (RuntimeError, UnicodeEncodeError) as error:
        raise BadSetting(f"HUBBUB_DATA_DIR is {os.fspath(path)!r}; name a directory ({error}).") from None
    if "\0" in os.fspath(found):
        raise BadSetting(f"HUBBUB_DATA_DIR is {os.fspath(path)!r}; name a directory.")
    return found


def _choice(given: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    default = {"HUBBUB_RATE_LIMITS": "on", "HUBBUB_LOG_LEVEL": "info"}[name]
    value = given.get(name, default)
    if value not in allowed:
        raise BadSetting(f"{name} is {value!r}; set it to one of: {', '.join(allowed)}.")
    return value


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    value = given.get(name, str(default)).strip()
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise BadSetting(f"{name} is {value!r}; set it to a number of comments a day, or 0 for no bound.")
    return int(value)


def _secret_key(given: Mapping[str, str]) -> str | None:
    secret = given.get("HUBBUB_SECRET_KEY")
    if secret is None:
        return None
    try:
        secret.encode()
    except UnicodeEncodeError:
        raise BadSetting("HUBBUB_SECRET_KEY holds bytes that are no text; use letters and digits.") from None
    if len(secret.strip()) < MIN_SECRET:
        raise BadSetting(f"HUBBUB_SECRET_KEY is too short; use at least {MIN_SECRET} random characters.")
    return secret


def _database_url(given: Mapping[str, str], directory: Path) -> str:
    url = given.get("HUBBUB_DATABASE_URL", "").strip()
    if not url:
        return _rendered(URL.create("sqlite", database=str(directory.absolute() / "hubbub.db")))
    if url.startswith("postgres://"):  # as hosting services write it
        url = url.replace("postgres", "postgresql", 1)
    try:  # the message must not show the URL, which may hold a password
        found = make_url(url)
        ports = [found.port, *_ports(found.query.get("host", "")), *_ports(found.query.get("port", ""), ports=True)]
    except (ArgumentError, ValueError):
        raise BadSetting(f"HUBBUB_DATABASE_URL is no database URL; set it to {_DATABASES}.") from None
    if found.drivername not in _SQLITE + _POSTGRESQL:
        raise BadSetting(f"HUBBUB_DATABASE_URL begins with {found.drivername}://; set it to {_DATABASES}.")
    if not all(port is None or 0 < port < 65536 for port in ports):
        raise BadSetting("HUBBUB_DATABASE_URL has a port that is none; it is a number from 1 to 65535.")
    if found.drivername in _POSTGRESQL:
        return url
    file = found.database or ""
    if not file or ":memory:" in file or file.startswith("file:") or found.host:
        raise BadSetting(f"HUBBUB_DATABASE_URL names no file; set it to {_DATABASES}.")
    return _rendered(found.set(database=str(_data_dir(Path(file)))))


def _rendered(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _ports(hosts: str | tuple[str, ...], *, ports: bool = False) -> list[int | None]:
    """Of hosts given as parameters, which libpq allows: host=a:1&host=b:2, or host=a,b&port=1,2. ValueError."""
    parts = ",".join([hosts] if isinstance(hosts, str) else hosts).split(",")
    return [int(part) if ports else urlsplit(f"//{part}").port for part in parts if part and not part.startswith("/")]


def _redis_url(given: Mapping[str, str]) -> str | None:
    url = given.get("HUBBUB_REDIS_URL", "").strip()
    if not url:
        return None
    example = "redis://user:password@host:6379/0"  # the message must not show the URL, which may hold a password
    scheme, _, rest = url.partition("://")
    if scheme not in _REDIS:
        raise BadSetting(f"HUBBUB_REDIS_URL begins with {', '.join(f'{one}://' for one in _REDIS)}; as in {example}")
    try:
        hosts = urlsplit(f"//{rest}").netloc.rpartition("@")[2].split(",")
        found = [urlsplit(f"//{host}") for host in hosts]
        named = all(host.port != 0 and (host.hostname or "+" not in scheme) for host in found)
    except ValueError:
        named = False
    if not named:
        raise BadSetting(f"HUBBUB_REDIS_URL can't be read: a host is missing, or a port is none; as in {example}")
    return url


def _public_url(given: Mapping[str, str]) -> str | None:
    url = given.get("HUBBUB_PUBLIC_URL")
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
        path = parts.path.rstrip("/")
        if not _PATH.fullmatch(path):
            raise ValueError(f"the path of {url!r} may have letters, digits and - . _ ~ between its slashes")
        return parse_origin(parts._replace(path="").geturl()) + path
    except ValueError as error:
        raise BadSetting(f"HUBBUB_PUBLIC_URL is {url!r}; set it to one like https://host ({error}).") from None


def _proxies(given: Mapping[str, str]) -> tuple[str, ...]:
    found = tuple(given.get("HUBBUB_TRUSTED_PROXIES", "").replace(",", " ").split())
    for proxy in set(found) - {UNIX}:
        try:
            ip_network(proxy, strict=False)
        except ValueError:
            raise BadSetting(f"HUBBUB_TRUSTED_PROXIES: {proxy!r} is no network such as 10.0.0.0/8") from None
    return found
