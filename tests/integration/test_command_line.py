"""The `hubbub` command as operators and scripts use it, while a server runs and while none does.

Most commands run in the tests' own process, by `main` as theirs would: a process takes a second or two to start. That
one does the same is shown of a few (`Server.run`).
"""

import json
import os
import re
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from io import StringIO
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedError

from hubbub.cli import main
from tests.support.contract import Api, Json, Live, eventually
from tests.support.processes import PATIENCE, environment, started
from tests.support.processes import run as run_forked
from tests.support.server import Server

TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+\n")


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that runs."""
    with Server(tmp_path_factory.mktemp("serving") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server that ran once and was stopped, with a thread at /resting."""
    server = Server(tmp_path_factory.mktemp("resting") / "data")
    with server:
        thread_at(server, "/resting")
    return server


def thread_at(server: Server, key: str) -> Json:
    """A page's thread."""
    with Api(server.url) as api:
        found: Json = api.snapshot("demo", key)["thread"]
        return found


def run(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    """`hubbub WORDS` with a server's data directory, in this process."""
    settings = {name: value for name, value in server.env.items() if name.startswith("HUBBUB_")}
    said, complained, code = StringIO(), StringIO(), 0
    mask = os.umask(0o077)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(complained):
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.setattr("sys.argv", ["hubbub", *words, "--data-dir", str(server.data_dir)])
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            os.umask(mask)
    return subprocess.CompletedProcess(words, code, said.getvalue(), complained.getvalue())


def cli(server: Server, *words: str) -> str:
    """What a command prints, which must not fail."""
    done = run(server, *words)
    assert done.returncode == 0, done
    return done.stdout


def token(server: Server, role: str = "moderator", name: str | None = None) -> str:
    """A bearer token, as the command prints it."""
    named = ("--name", name) if name else ()
    return cli(server, "token", "--site", "demo", "--role", role, *named).strip()


def fails(server: Server, *words: str) -> str:
    """What a command says that fails: on stderr alone, one line that starts with its name, no traceback."""
    done = server.run(*words) if words[0] == "serve" else run(server, *words)
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.startswith("hubbub: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("role", ["moderator", "owner"])
def test_a_token_is_all_that_is_printed(serving: Server, resting: Server, role: str) -> None:
    for server in (serving, resting):
        done = run(server, "token", "--site", "demo", "--role", role, "--name", "Stella")
        assert (done.returncode, done.stderr) == (0, "")
        assert TOKEN.fullmatch(done.stdout), done.stdout
    with Api(serving.url) as api:
        signed = token(serving, role, name="Stella")
        author = api.post(thread_at(serving, f"/{role}")["id"], token=signed).ok(201)["comment"]["author"]
    assert (author["role"], author["name"]) == (role, "Stella")


def test_a_token_of_another_servers_secret_is_nobody(serving: Server, resting: Server) -> None:
    with Api(serving.url) as api:
        thread = thread_at(serving, "/foreign")["id"]
        api.call("POST", f"/api/v1/threads/{thread}/close", {}, token=token(resting)).refused(401, "unauthorized")


@pytest.mark.parametrize("words", [("--site", "nowhere", "--role", "owner"), ("--site", "demo", "--role", "operator")])
def test_no_token_for_what_is_not_there(serving: Server, words: tuple[str, ...]) -> None:
    fails(serving, "token", *words)


@pytest.mark.parametrize("words", [("--site", "demo"), ("--site", "demo", "--role", "king")], ids=str)
def test_a_token_needs_a_site_and_a_role(resting: Server, words: tuple[str, ...]) -> None:
    done = run(resting, "token", *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_closing_and_reopening_a_page_of_a_running_server(serving: Server) -> None:
    thread = thread_at(serving, "/closing")
    assert serving.cli("close", "--site", "demo", "--key", "/closing", "--reason", "Enough") == "Closed.\n"
    closed = thread_at(serving, "/closing")
    assert (closed["state"], closed["reason"], closed["head"]) == ("closed", "Enough", 1)
    assert serving.cli("reopen", "--site", "demo", "--key", "/closing") == "Reopened.\n"
    assert thread_at(serving, "/closing") == {**thread, "head": 2}


def test_closing_and_reopening_while_no_server_runs(resting: Server) -> None:
    cli(resting, "close", "--site", "demo", "--key", "/resting", "--reason", "Enough")
    with resting:
        closed = thread_at(resting, "/resting")
        assert (closed["state"], closed["reason"], closed["head"]) == ("closed", "Enough", 1)
    cli(resting, "reopen", "--site", "demo", "--key", "/resting")
    with resting:
        assert thread_at(resting, "/resting") == {
            **closed,
            "state": "open",
            "reason": None,
            "closed_at": None,
            "closed_by": None,
            "head": 2,
        }


def test_there_is_nothing_to_close(serving: Server, resting: Server) -> None:
    for server in (serving, resting):
        fails(server, "close", "--site", "demo", "--key", "/never-opened")
        fails(server, "reopen", "--site", "nowhere", "--key", "/resting")


def test_a_bad_reason_is_refused_whether_a_server_runs_or_not(serving: Server, resting: Server) -> None:
    thread_at(serving, "/resting")
    for server in (serving, resting):
        for reason in ("a\u202eb", "x" * 501):
            fails(server, "close", "--site", "demo", "--key", "/resting", "--reason", reason)


def test_a_key_is_the_same_however_it_is_spaced(serving: Server, resting: Server) -> None:
    thread_at(serving, "/resting")
    for server in (serving, resting):
        cli(server, "reopen", "--site", "demo", "--key", " /resting ")


def test_a_site_may_be_added_at_any_time(serving: Server, resting: Server) -> None:
    for server in (serving, resting):
        said = cli(
            server, "site", "add", "news", "--origin", "https://News.example/", "--origin", "https://b.example:8443"
        )
        assert "https://news.example" in said
        assert "https://b.example:8443" in said
    with Api(serving.url, origin="https://news.example") as page:
        page.snapshot("news", "/a")
    with resting, Api(resting.url, origin="https://b.example:8443") as page:
        page.snapshot("news", "/a")


def test_a_site_may_be_changed_at_any_time(serving: Server, resting: Server) -> None:
    for server in (serving, resting):
        add = ("site", "add", "change", "--origin")
        cli(server, *add, "https://a.example")
        assert "was: https://a.example; now: https://a.example, https://b.example" in cli(
            server, *add, "https://b.example"
        )
        said = cli(server, "site", "origins", "change", "--remove", "https://a.example")
        assert "was: https://a.example, https://b.example; now: https://b.example" in said
        assert "change  https://b.example" in cli(server, "site", "list")
    with Api(serving.url, origin="https://a.example") as page:
        page.get("/api/v1/counts", site="change", key="/a").refused(403, "forbidden")
    for server in (serving, resting):
        cli(server, "site", "origins", "change", "--set", "https://c.example", "--images")
        assert cli(server, "site", "show", "change") == "https://c.example\nimages: yes\n"
        fails(server, "site", "origins", "change", "--remove", "https://a.example")
        cli(server, "site", "remove", "change")
        assert "change" not in cli(server, "site", "list")
        fails(server, "site", "remove", "change")
    with Api(serving.url, origin=None) as page:
        page.get("/api/v1/counts", site="change", key="/a").refused(404, "not_found")


def test_a_bad_site_is_refused_whether_a_server_runs_or_not(serving: Server, resting: Server) -> None:
    for server in (serving, resting):
        fails(server, "site", "add", "a b", "--origin", "https://a.example")
        fails(server, "site", "add", "x", "--origin", "https://a.example/path")


def test_migrate_brings_a_database_up_to_date(tmp_path: Path, serving: Server) -> None:
    fresh = Server(tmp_path / "data")
    for _ in range(2):
        assert cli(fresh, "migrate") == "The schema is up to date.\n"
    with fresh:
        thread_at(fresh, "/a")
    assert str(serving.pid) in fails(serving, "migrate")


def test_a_restored_backup_sends_every_reader_back_to_the_beginning(tmp_path: Path, serving: Server) -> None:
    server = Server(tmp_path / "data")
    with server:
        key = "/a"
        thread_at(server, key)
        epoch = server.get("/api/v1/threads", site="demo", key=key)["thread"]["epoch"]
    assert cli(server, "restored") == "Every reader will load its threads anew.\n"
    with server:
        assert server.get("/api/v1/threads", site="demo", key=key)["thread"]["epoch"] != epoch
    assert str(serving.pid) in fails(serving, "restored")


def test_doctor_finds_a_healthy_server_well(serving: Server, resting: Server) -> None:
    for server in (serving, resting):
        said = cli(server, "doctor", "--port", "0")
        assert "bad" not in said
        assert "demo" in said
    assert serving.url in cli(serving, "doctor")


def test_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path, serving: Server) -> None:
    ill = Server(tmp_path / "data")
    cli(ill, "migrate")
    (ill.data_dir / "secret.key").write_text("x" * 40)
    (ill.data_dir / "secret.key").chmod(0o644)
    done = run(ill, "doctor", "--port", str(serving.port))
    assert done.returncode == 1
    assert "chmod 600" in done.stdout
    assert "--port" in done.stdout
    ill.env["HUBBUB_DATABASE_URL"] = "nonsense"
    done = run(ill, "doctor", "--port", "0")
    assert done.returncode == 1
    assert "HUBBUB_DATABASE_URL" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_secret_is_its_owners_alone(resting: Server) -> None:
    assert stat.S_IMODE((resting.data_dir / "secret.key").stat().st_mode) == 0o600


def test_the_secret_may_come_from_outside(tmp_path: Path) -> None:
    env = {"HUBBUB_SECRET_KEY": "a secret of fitting length"}
    with Server(tmp_path / "data", env=env) as server, Api(server.url) as api:
        thread = api.snapshot("demo", "/a")["thread"]["id"]
        api.call("POST", f"/api/v1/threads/{thread}/close", {}, token=token(server)).ok()
        assert not (server.data_dir / "secret.key").exists()
    short = Server(tmp_path / "short", env={"HUBBUB_SECRET_KEY": "short"})
    assert "HUBBUB_SECRET_KEY" in fails(short, "serve", "--port", "0")


def test_a_second_server_on_the_same_data_is_refused(serving: Server) -> None:
    assert str(serving.pid) in fails(serving, "serve", "--port", "0")
    assert str(serving.port) in fails(Server(serving.data_dir.with_name("b")), "serve", "--port", str(serving.port))


def test_port_0_is_any_free_one(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.port = 0
    with server:
        assert server.port > 0
        assert thread_at(server, "/a")["state"] == "open"


@contextmanager
def tailing(server: Server, out: Path, *words: str) -> Iterator[Path]:
    """`hubbub tail` under way, its lines in the file; ended with Ctrl-C, which it takes well."""
    process = started(["tail", *words], server.env, out, out)
    try:
        yield out
        process.send_signal(signal.SIGINT)
        code = process.wait(PATIENCE)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert code == 0, out.read_text()


@pytest.mark.parametrize("by", ["url", "data-dir"])
def test_tail_prints_events_as_they_come(serving: Server, tmp_path: Path, by: str) -> None:
    key = f"/tail/{by}"
    thread = thread_at(serving, key)
    where = ("--url", serving.url) if by == "url" else ("--data-dir", str(serving.data_dir))
    with Api(serving.url) as api, tailing(serving, tmp_path / "out", "--site", "demo", "--key", key, *where) as out:
        eventually(lambda: thread_at(serving, key)["watching"] == 1, "tail joins the thread")
        comment = api.post(thread["id"], "Hello", token=token(serving)).ok(201)["comment"]
        eventually(lambda: out.read_text().count("\n") == 1, "tail prints a line")
        event = json.loads(out.read_text())
        assert (event["seq"], event["kind"], event["comment"]["id"]) == (1, "comment.posted", comment["id"])
        cli(serving, "close", "--site", "demo", "--key", key, "--reason", "Enough")
        eventually(lambda: out.read_text().count("\n") == 2, "tail prints another")
        event = json.loads(out.read_text().splitlines()[1])
        assert (event["seq"], event["kind"], event["reason"]) == (2, "thread.closed", "Enough")


def test_help_names_every_command() -> None:
    done = run_forked(["--help"], environment({"NO_COLOR": "1", "COLUMNS": "200"}))
    assert done.returncode == 0
    for command in ("serve", "migrate", "site", "staff", "token", "close", "reopen", "tail", "doctor"):
        assert re.search(rf"\b{command}\b", done.stdout), f"{command} is missing"


def test_a_link_signs_a_moderator_in_once(serving: Server) -> None:
    page = "http://localhost:9999/article#12"
    done = run(serving, "link", page, "--site", "demo", "--name", "Stella")
    assert (done.returncode, done.stderr) == (0, "")
    address, _, code = done.stdout.strip().partition("#hubbub-claim=")
    assert address == "http://localhost:9999/article"
    with Api(serving.url) as api:
        session = api.call("POST", "/api/v1/sessions/claim", {"code": code})
        assert session.body["author"] == {**session.body["author"], "name": "Stella", "role": "moderator"}
        api.call("POST", "/api/v1/sessions/claim", {"code": code}).refused(401, "unauthorized")


def test_a_link_needs_no_server_but_a_site(resting: Server) -> None:
    assert "#hubbub-claim=" in cli(resting, "link", "http://localhost/a", "--site", "demo")
    assert "site add nowhere" in fails(resting, "link", "http://localhost/a", "--site", "nowhere")


@pytest.mark.parametrize("role", ["guest", "operator"])
def test_a_link_is_for_moderators_and_owners(serving: Server, role: str) -> None:
    assert "--role" in fails(serving, "link", "http://localhost/a", "--site", "demo", "--role", role)


def test_a_revoked_token_opens_nothing_more(serving: Server) -> None:
    thread = thread_at(serving, "/revoked")["id"]
    path, signed = f"/api/v1/threads/{thread}/close", token(serving, name="Rita")
    link = cli(serving, "link", "http://localhost:9999/a", "--site", "demo", "--name", "Rita").strip()
    with Api(serving.url) as api, Live(serving.url) as live:
        live.do("hello", token=signed)
        live.do("close", thread=thread)
        assert cli(serving, "staff", "revoke", "Rita", "--site", "demo") == "All tokens of Rita for demo are revoked.\n"
        with suppress(ConnectionClosedError):  # the server closes it, perhaps before the command
            live.refused("unauthorized", "reopen", thread=thread)
        api.call("POST", path, {}, token=signed).refused(401, "unauthorized")
        code = {"code": link.partition("#hubbub-claim=")[2]}
        api.call("POST", "/api/v1/sessions/claim", code).refused(401, "unauthorized")
        api.call("POST", path, {}, token=token(serving, name="Rita")).ok()
    assert "Rita  moderator  (revoked 1 times)\n" in cli(serving, "staff", "list", "--site", "demo")


def test_tokens_of_one_name_are_one_persons(serving: Server, resting: Server) -> None:
    thread = thread_at(serving, "/person")["id"]
    with Api(serving.url) as api:
        authors = [
            api.post(thread, token=token(serving, name="Otto")).ok(201)["comment"]["author"]["id"] for _ in range(2)
        ]
    assert authors[0] == authors[1]
    token(resting, name="Otto")
    assert "Otto  moderator\n" in cli(resting, "staff", "list", "--site", "demo")


def test_staff_of_a_site_that_is_not_there(resting: Server) -> None:
    for words in (("list",), ("revoke", "Ada")):
        assert "site add nowhere" in fails(resting, "staff", *words, "--site", "nowhere")
