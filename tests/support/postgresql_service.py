"""A real PostgreSQL for tests."""

import getpass
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import psycopg.rows

from tests.support.ports import free_port
from tests.support.services import Service


@contextmanager
def postgresql_server(*options: str) -> Iterator[Service]:
    """PostgreSQL with an empty database `hubbub`; never as root, which it refuses."""
    programs = _postgresql_programs()
    user = "postgres" if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="hubbub-pg-") as name:
        directory = Path(name)
        if user is not None:
            shutil.chown(directory, user, user)
        role = user or getpass.getuser()
        subprocess.run(
            [programs / "initdb", "-D", "data", "-A", "trust", "-E", "UTF8", "--no-sync"],
            cwd=directory,
            check=True,
            capture_output=True,
            user=user,
            group=user,
        )
        port = free_port()
        command = [
            str(programs / "postgres"),
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
