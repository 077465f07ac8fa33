"""`hubbub doctor`: everything that can be wrong is found, said in words, and told how to mend."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from hubbub.cli.main import app
from hubbub.domain.model import Site
from hubbub.storage.engine import Database
from hubbub.storage.lock import DataLock
from hubbub.storage.sites import put_site
from tests.unit.migrated import migrated
from tests.unit.samples import site


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set from outside."""
    for name in ("DATABASE_URL", "SECRET_KEY", "DATA_DIR", "RATE_LIMITS", "PUBLIC_URL", "TRUSTED_PROXIES"):
        monkeypatch.delenv(f"HUBBUB_{name}", raising=False)


@contextmanager
def port() -> Iterator[int]:
    """A port that is in use."""
    with socket.socket() as used:
        used.bind(("127.0.0.1", 0))
        used.listen()
        yield used.getsockname()[1]


def doctor(data_dir: Path, *words: str) -> Result:
    """What it says about `data_dir`, with any free port."""
    return CliRunner().invoke(app, ["doctor", "--data-dir", str(data_dir), "--port", "0", *words])


def prepare(data_dir: Path, *sites: Site) -> None:
    """A database of now with these sites."""
    (data_dir / "hubbub.db").write_bytes(migrated())
    database = Database(f"sqlite:///{data_dir}/hubbub.db")
    with database.writer.begin() as db:
        for one in sites:
            put_site(db, one)
    database.close()


def test_a_new_directory_is_fine(tmp_path: Path) -> None:
    result = doctor(tmp_path)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line[:4] for line in lines] == ["ok  "] * 3
    assert "is free to listen on" in lines[0]
    assert "No secret yet" in lines[1]
    assert "No database yet" in lines[2]
    assert list(tmp_path.iterdir()) == [], "it only looks"


def test_a_server_that_was_set_up_is_fine(tmp_path: Path) -> None:
    prepare(tmp_path, site(), site("v6", "http://[fd00::1]:8000", "loopback"))
    (tmp_path / "secret.key").write_text("x" * 48)
    (tmp_path / "secret.key").chmod(0o600)
    result = doctor(tmp_path)
    assert result.exit_code == 0
    assert "bad" not in result.stdout
    assert f"The secret is kept in {tmp_path}/secret.key." in result.stdout
    assert f"The database sqlite:///{tmp_path}/hubbub.db answers." in result.stdout
    assert "Site news may be embedded by: https://news.example\n" in result.stdout
    assert "Site v6 may be embedded by: http://[fd00::1]:8000, loopback\n" in result.stdout


def test_no_site(tmp_path: Path) -> None:
    prepare(tmp_path)
    result = doctor(tmp_path)
    assert result.exit_code == 0
    assert "hubbub site add" in result.stdout


def finding(result: Result, bad: str) -> str:
    """The advice about the one thing that is wrong."""
    assert result.exit_code == 1, result.output
    lines = result.stdout.splitlines()
    (place,) = (place for place, line in enumerate(lines) if line.startswith("bad "))
    assert bad in lines[place]
    return lines[place + 1].strip()


def test_a_port_in_use(tmp_path: Path) -> None:
    with port() as used:
        advice = finding(doctor(tmp_path, "--port", str(used)), f"Can't listen on 127.0.0.1:{used}")
    assert "--port" in advice


def test_a_secret_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("x" * 48)
    (tmp_path / "secret.key").chmod(0o644)
    assert f"chmod 600 {tmp_path}/secret.key" in finding(doctor(tmp_path), "The secret is kept")


def test_a_secret_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBBUB_SECRET_KEY", "not to be shown at all")
    result = doctor(tmp_path)
    assert "set by HUBBUB_SECRET_KEY" in result.stdout
    assert "not to be shown" not in result.output


def test_a_site_that_nobody_may_embed(tmp_path: Path) -> None:
    prepare(tmp_path, Site("news", ()))
    assert "hubbub site add news" in finding(doctor(tmp_path), "Site news may be embedded by: nobody")


def test_an_old_schema(tmp_path: Path) -> None:
    prepare(tmp_path)
    database = Database(f"sqlite:///{tmp_path}/hubbub.db")
    with database.writer.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    database.close()
    assert "hubbub migrate" in finding(doctor(tmp_path), "The database")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "hubbub.db").write_text("no database " * 100)
    assert "HUBBUB_DATABASE_URL" in finding(doctor(tmp_path), "does not answer")


def test_a_database_that_is_away_and_whose_password_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody listens
        monkeypatch.setenv("HUBBUB_DATABASE_URL", f"postgresql://u:s3cret@127.0.0.1:{bound.getsockname()[1]}/hubbub")
        result = doctor(tmp_path)
    lines = result.stdout.splitlines()
    (place,) = (place for place, line in enumerate(lines) if "does not answer" in line)
    assert lines[place].startswith("bad ")
    assert "HUBBUB_DATABASE_URL" in lines[place + 1]
    assert "HUBBUB_REDIS_URL" in result.output, "many processes need more than PostgreSQL"
    assert "s3cret" not in result.output


@contextmanager
def server(status: int) -> Iterator[str]:
    """Something that answers every question with `status`."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"its [answer]")

        def log_message(self, *_args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as serving:
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{serving.server_port}"
        finally:
            serving.shutdown()
            thread.join()


@contextmanager
def served(data_dir: Path, url: str | None) -> Iterator[None]:
    """A server of `data_dir` that says it answers at `url`."""
    lock = DataLock(data_dir)
    lock.acquire()
    lock.announce(url)
    try:
        yield
    finally:
        lock.release()


def test_a_server_that_runs(tmp_path: Path) -> None:
    with server(200) as url, served(tmp_path, url):
        result = doctor(tmp_path)
    assert result.exit_code == 0
    assert f"A server runs at {url} and says: its [answer]" in result.stdout


def test_a_server_that_is_not_ready(tmp_path: Path) -> None:
    with server(503) as url, served(tmp_path, url):
        assert "log" in finding(doctor(tmp_path), f"A server runs at {url}")


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody listens
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with served(tmp_path, url):
            assert "Restart" in finding(doctor(tmp_path), f"does not answer at {url}")
