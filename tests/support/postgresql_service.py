"""A real PostgreSQL for tests."""

import atexit
import getpass
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import psycopg
import psycopg.rows

from tests.support.ports import free_port
from tests.support.services import Service

PREFIX = "hubbub-pg-"


@contextmanager
def postgresql_server(*options: str) -> Iterator[Service]:
    """PostgreSQL with an empty database `hubbub`; never as root, which it refuses."""
    user = _user()
    role = user or getpass.getuser()
    with TemporaryDirectory(prefix=PREFIX) as name:
        directory = _owned(name)
        _run("cp", "-r", str(_cluster() / "data"), "data", at=directory)
        port = free_port()
        command = [
            str(_postgresql_programs() / "postgres"),
            "-D",
            "data",
            "-p",
            str(port),
            "-k",
            str(directory),
            "-h",
            "127.0.0.1",
            *options,
        ]
        service = Service(command, directory, f"postgresql://{role}@127.0.0.1:{port}/hubbub", user)
        service.start()
        try:
            with wait_for_postgresql(f"postgresql://{role}@127.0.0.1:{port}/postgres") as connection:
                connection.execute("CREATE DATABASE hubbub")
            yield service
        finally:
            service.end(signal.SIGINT)  # fast: ends connections rather than wait for them


@cache
def _cluster() -> Path:
    """An empty cluster, copied for each server: that is eight times quicker than making another one."""
    directory = _owned(mkdtemp(prefix=PREFIX))
    atexit.register(shutil.rmtree, directory)
    initdb = str(_postgresql_programs() / "initdb")
    _run(initdb, "-D", "data", "-A", "trust", "-E", "UTF8", "--no-sync", at=directory)
    return directory


def _owned(name: str) -> Path:
    if (user := _user()) is not None:
        shutil.chown(name, user, user)
    return Path(name)


def _user() -> str | None:
    """Who runs PostgreSQL, if not who runs the tests."""
    return "postgres" if os.geteuid() == 0 else None


def _run(*command: str, at: Path) -> None:
    user = _user()
    subprocess.run(command, cwd=at, check=True, capture_output=True, user=user, group=user)


def wait_for_postgresql(url: str) -> psycopg.Connection[psycopg.rows.TupleRow]:
    """A connection of its own to the database at `url`, as soon as it takes one."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return psycopg.connect(url, autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _postgresql_programs() -> Path:
    """Debian keeps them by version, off PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else Path(shutil.which("initdb") or "initdb").parent
