"""Data that can't be used: every command says in one line which path, whose it is and what to do; `doctor` says bad."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hubbub.cli import main
from hubbub.cli.main import app
from hubbub.services.identity import Identity
from hubbub.storage.engine import Database
from hubbub.storage.sites import put_site
from hubbub.storage.threads import insert_threads
from tests.support.processes import PATIENCE, ROOT
from tests.unit.cli.test_admin import COMMANDS
from tests.unit.migrated import migrated
from tests.unit.samples import AT, SITE, site, thread

NOBODY = 65534
EVERY = [*COMMANDS, ("migrate",), ("serve", "--port", "0")]
CREATING = [("site", "add", SITE, "--create", "--origin", "loopback"), ("migrate",), ("serve", "--port", "0")]


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """None but those of the test; no logging set up for all that follows."""
    for name in ("DATABASE_URL", "SECRET_KEY", "DATA_DIR"):
        monkeypatch.delenv(f"HUBBUB_{name}", raising=False)
    monkeypatch.setattr("hubbub.logs.configure", lambda _level: None)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a database and a secret."""
    tmp_path.chmod(0o755)
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / "hubbub.db").write_bytes(migrated())
    database = Database(f"sqlite:///{directory}/hubbub.db")
    with database.writer.begin() as db:
        put_site(db, site())
        insert_threads(db, [thread()], AT)
    database.close()
    (directory / "secret.key").write_text("x" * 48)
    (directory / "secret.key").chmod(0o600)
    return directory


Said = Callable[..., str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    """What a command says that fails: one line on stderr, with exit code 1."""

    def run(data: Path | str, *words: str) -> str:
        monkeypatch.setattr("sys.argv", ["hubbub", *words, "--data-dir", str(data)])
        with pytest.raises(SystemExit) as ended:
            main()
        found = capsys.readouterr()
        assert (ended.value.code, found.out) == (1, ""), found
        return one_line(found.err)

    return run


def one_line(said: str) -> str:
    """`said`, which is one."""
    assert re.fullmatch(r"hubbub: [^\n]+\n", said), said
    return said


def doctor(data: Path, *words: str) -> str:
    """What it says of `data`, which is bad."""
    result = CliRunner().invoke(app, ["doctor", "--port", "0", "--data-dir", str(data), *words])
    assert result.exit_code == 1, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "bad  " in result.stdout
    return result.stdout


PLACES = ["/proc/x", "file", "file/below"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("words", CREATING, ids=lambda words: words[0])
def test_a_directory_that_cannot_be_made(tmp_path: Path, said: Said, place: str, words: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("a file")
    message = said(tmp_path / place, *words)
    assert str(tmp_path / place) in message
    assert f"belongs to {'root' if place[0] == '/' or not os.getuid() else ''}" in message
    assert "--data-dir" in message


@pytest.mark.parametrize("place", PLACES)
def test_doctor_finds_a_directory_that_cannot_be_made_bad(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("a file")
    assert f"bad  {tmp_path / place}" in doctor(tmp_path / place)


@pytest.mark.parametrize("words", EVERY, ids=lambda words: " ".join(words[:2]))
def test_a_file_that_is_no_database(data: Path, said: Said, words: tuple[str, ...]) -> None:
    (data / "hubbub.db").write_text("no database " * 100)
    message = said(data, *words)
    assert str(data) in message
    if words[0] != "tail":  # which asks the server that runs
        assert "file is not a database" in message


@pytest.mark.parametrize("words", EVERY, ids=lambda words: " ".join(words[:2]))
def test_a_directory_in_the_databases_place(data: Path, said: Said, words: tuple[str, ...]) -> None:
    (data / "hubbub.db").unlink()
    (data / "hubbub.db").mkdir()
    assert str(data) in said(data, *words)
    doctor(data)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_an_empty_file_in_the_databases_place_is_prepared_or_told_of(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    (data / "hubbub.db").write_bytes(b"")
    monkeypatch.setattr("sys.argv", ["hubbub", *words, "--data-dir", str(data)])
    with pytest.raises(SystemExit) as ended:
        main()
    found = capsys.readouterr()
    assert not ended.value.code or one_line(found.err)


@pytest.mark.parametrize("file", ["hubbub.lock", "secret.key"])
def test_a_directory_in_a_files_place(data: Path, said: Said, file: str) -> None:
    (data / file).unlink(missing_ok=True)
    (data / file).mkdir()
    words = ("close", "--site", SITE, "--key", "/page") if file == "hubbub.lock" else COMMANDS[5]
    assert str(data / file) in said(data, *words)
    assert str(data / file) in doctor(data)


@pytest.mark.parametrize(
    ("kept", "told"), [(b"\xff\xfe" + b"x" * 40, "no text"), (b"short", "no secret"), (b"", "no secret")]
)
def test_a_secret_that_cannot_be_used(data: Path, said: Said, kept: bytes, told: str) -> None:
    (data / "secret.key").write_bytes(kept)
    for words in (("token", "--site", SITE, "--role", "owner"), ("serve", "--port", "0")):
        message = said(data, *words)
        assert str(data / "secret.key") in message
        assert told in message
    assert "bad  The secret can't be used." in doctor(data)


def test_a_byte_order_mark_is_no_part_of_a_secret(data: Path) -> None:
    words = ["token", "--site", SITE, "--role", "owner", "--data-dir", str(data)]
    for kept in (b"x" * 48, b"\xef\xbb\xbf" + b"x" * 48 + b"\r\n"):
        (data / "secret.key").write_bytes(kept)
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output
        assert Identity("x" * 48).read(result.stdout.strip()).site == SITE


def hubbub(data: Path, *words: str, prepare: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, in which `prepare` is run once all is imported. Its coverage is not measured:
    it could not write that down either."""
    code = f"import os, resource; from hubbub.cli.main import main; {prepare}; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words, "--data-dir", str(data)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith(("HUBBUB_", "COVERAGE_"))},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("words", [CREATING[0], COMMANDS[5], ("doctor",)], ids=lambda words: words[0])
def test_another_users_data(data: Path, words: tuple[str, ...]) -> None:
    data.chmod(0o700)
    for place in (data, *data.parents[:3]):
        if place != data and "pytest" in place.name:
            place.chmod(0o755)
    done = hubbub(data, *words, prepare=f"import sqlite3, sqlalchemy.dialects.sqlite.pysqlite; os.setuid({NOBODY})")
    assert done.returncode == 1, done
    if words == ("doctor",):
        assert "Traceback" not in done.stderr
        assert f"bad  {data}" in done.stdout
        return
    said = one_line(done.stderr)
    assert str(data) in said
    assert "belongs to root" in said


NO_ROOM = "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))"  # bytes of a file, as on a full disk


@pytest.mark.parametrize(
    "words",
    [
        ("close", "--site", SITE, "--key", "/page"),
        ("serve", "--port", "0", "--demo"),
    ],
    ids=lambda words: words[0],
)
def test_a_full_disk(data: Path, words: tuple[str, ...]) -> None:
    done = hubbub(data, *words, prepare=NO_ROOM)
    assert done.returncode == 1, done
    said = one_line(done.stderr)
    assert str(data) in said
    assert "disk is full" in said or "file too large" in said


@pytest.mark.parametrize("name", ["a%2Fb", "what?", "no#1", "two words", "naïve ☃", "100%", "a@b:c"])
def test_the_database_is_in_the_directory_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    directory = tmp_path / name
    add = ["site", "add", SITE, "--create", "--origin", "loopback"]
    assert CliRunner().invoke(app, [*add, "--data-dir", str(directory)]).exit_code == 0
    assert (directory / "hubbub.db").exists()
    assert [one.name for one in tmp_path.iterdir()] == [name]
    monkeypatch.setenv("HUBBUB_DATA_DIR", str(directory))
    assert SITE in CliRunner().invoke(app, ["site", "list"]).stdout


def test_a_tilde_is_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HUBBUB_DATA_DIR", "~/data")
    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    assert (tmp_path / "data" / "hubbub.db").exists()
    monkeypatch.setenv("HUBBUB_DATABASE_URL", "sqlite:///~/other.db")
    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    assert (tmp_path / "other.db").exists()
