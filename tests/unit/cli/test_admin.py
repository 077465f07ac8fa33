"""Commands that change something, on data that nobody serves, and how their errors look."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from typer.testing import CliRunner

from hubbub.cli import main
from hubbub.cli.main import app
from hubbub.domain.model import Role, Site, SiteSettings, SsoKey, Thread
from hubbub.services.identity import Identity
from hubbub.settings import Settings
from hubbub.storage.engine import Database
from hubbub.storage.lock import DataLock
from hubbub.storage.sites import all_sites
from hubbub.storage.threads import insert_threads, thread_by_key
from tests.support.sso import SECRET
from tests.unit.samples import AT, SITE, thread


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory, as HUBBUB_DATA_DIR."""
    for name in ("DATABASE_URL", "SECRET_KEY"):
        monkeypatch.delenv(f"HUBBUB_{name}", raising=False)
    monkeypatch.setenv("HUBBUB_DATA_DIR", str(tmp_path))
    return tmp_path


def run(*words: str) -> str:
    """What a command prints."""
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """What a command that fails says, on stderr alone."""
    monkeypatch.setattr("sys.argv", ["hubbub", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def stored(data: Path) -> tuple[list[Site], Thread | None]:
    """The sites and the thread of `/page`."""
    database = Database(f"sqlite:///{data}/hubbub.db")
    try:
        with database.reader.begin() as db:
            return all_sites(db), thread_by_key(db, SITE, "/page")
    finally:
        database.close()


def add_site(*origins: str) -> str:
    """The site, on a new database."""
    return run(
        "site", "add", SITE, "--create", *(word for one in origins or ("loopback",) for word in ("--origin", one))
    )


def add_thread(data: Path) -> None:
    """The site, and the thread of `/page`."""
    add_site("https://news.example")
    database = Database(f"sqlite:///{data}/hubbub.db")
    with database.writer.begin() as db:
        add(db)
    database.close()


def add(db: Connection) -> None:
    """The thread of `/page`."""
    insert_threads(db, [thread()], AT)


def sites(data: Path) -> list[Site]:
    """The sites."""
    return stored(data)[0]


def test_a_key_for_sign_on_is_added_shown_without_its_secret_and_removed(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_site("https://a.example")
    (data / "secret.txt").write_text(f"{SECRET}\n", encoding="ascii")
    added = "site", "sso", SITE, "--key", "main", "--algorithm", "HS256", "--file", str(data / "secret.txt")
    said = run(*added)
    assert "sign-on: main (HS256)" in said
    assert SECRET not in said
    (site,) = sites(data)
    assert site.settings.sso.keys == {"main": SsoKey("HS256", SECRET)}
    run("site", "change", SITE, "--names", "kept")
    assert sites(data)[0].settings.sso == site.settings.sso, "what is not said stays"
    assert "sign-on" not in run("site", "sso", SITE, "--key", "main", "--remove")
    assert sites(data)[0].settings.sso.keys == {}
    assert sites(data)[0].settings.sso.salt == site.settings.sso.salt
    assert "--file" in error(capsys, monkeypatch, "site", "sso", SITE, "--key", "main")


def test_adding_adds_origins_and_keeps_the_others(data: Path) -> None:
    said = add_site("HTTPS://News.example:443/", "loopback")
    assert said == f"Site {SITE} may be embedded by https://news.example, loopback.\n"
    assert sites(data) == [Site(SITE, ("https://news.example", "loopback"))]
    said = run("site", "add", SITE, "--origin", "https://new.example", "--origin", "loopback", "--images")
    assert said == (
        f"Site {SITE} was: https://news.example, loopback; "
        "now: https://news.example, loopback, https://new.example (with images).\n"
    )
    assert sites(data) == [
        Site(SITE, ("https://news.example", "loopback", "https://new.example"), SiteSettings(images=True))
    ]
    run("site", "add", SITE, "--origin", "https://b.example")
    assert sites(data)[0].settings.images, "what is not said stays"


def test_origins_are_set_and_removed(data: Path) -> None:
    add_site("https://a.example", "https://b.example", "https://c.example")
    said = run("site", "origins", SITE, "--remove", "https://B.example", "--remove", "https://c.example")
    assert "was: https://a.example, https://b.example, https://c.example; now: https://a.example." in said
    run("site", "origins", SITE, "--set", "https://d.example", "--set", "loopback", "--images")
    assert sites(data) == [Site(SITE, ("https://d.example", "loopback"), SiteSettings(images=True))]
    run("site", "origins", SITE, "--no-images")
    assert sites(data) == [Site(SITE, ("https://d.example", "loopback"))]
    run("site", "origins", SITE, "--remove", "https://d.example", "--remove", "loopback")
    assert sites(data) == [Site(SITE, ())]


def test_sites_are_shown(data: Path) -> None:
    add_site("https://a.example", "https://b.example")
    run("site", "add", "demo", "--origin", "loopback", "--images")
    assert run("site", "list") == f"demo  loopback (with images)\n{SITE}  https://a.example, https://b.example\n"
    assert run("site", "show", SITE) == "https://a.example\nhttps://b.example\nimages: no\n"


def test_a_sites_title_and_tagline_are_changed_and_shown(data: Path) -> None:
    run("site", "add", SITE, "--create", "--origin", "https://a.example", "--title", "The News")
    said = run("site", "change", SITE, "--tagline", "Of  today", "--images")
    assert said == "https://a.example\nimages: yes\ntitle: The News\ntagline: Of today\n"
    add_site("https://b.example")
    assert sites(data)[0].settings == SiteSettings(images=True, title="The News", tagline="Of today")
    assert run("site", "change", SITE, "--title", "") == run("site", "show", SITE)
    assert sites(data)[0].settings == SiteSettings(images=True, tagline="Of today")


def test_what_a_site_offers_is_changed_and_shown(data: Path, capsys: Any, monkeypatch: Any) -> None:
    add_site("https://a.example")
    reactions = "--reaction", "like=👍", "--reaction", "fire=🔥"
    said = run("site", "change", SITE, "--theme", "classic", "--language", "zh-Hant", "--votes", "both", *reactions)
    assert said.splitlines()[2:] == ["language: zh-Hant", "theme: classic", "votes: both", "reactions: like=👍 fire=🔥"]
    run("site", "change", SITE, "--no-images")
    assert sites(data)[0].settings == SiteSettings(
        theme="classic", language="zh-Hant", votes="both", reactions={"like": "👍", "fire": "🔥"}
    )
    assert "site change" in error(capsys, monkeypatch, "site", "change", SITE)
    assert "emoji" in error(capsys, monkeypatch, "site", "change", SITE, "--reaction", "like")
    assert "name" in error(capsys, monkeypatch, "site", "change", SITE, "--reaction", "Li ke=👍")
    run("site", "change", SITE, "--no-reactions", "--votes", "none", "--theme", "paper", "--language", "en")
    assert sites(data)[0].settings == SiteSettings(votes="none", reactions={})


def test_a_site_without_comments_is_removed_with_its_empty_threads(data: Path) -> None:
    add_thread(data)
    assert run("site", "remove", SITE) == f"Site {SITE} is removed.\n"
    assert stored(data) == ([], None)


def test_at_a_terminal_it_says_what_goes_and_asks(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_site("https://a.example")
    monkeypatch.setattr("hubbub.cli.sites.at_terminal", lambda: True)
    refused = CliRunner().invoke(app, ["site", "remove", SITE], input="\n")
    assert (refused.exit_code, len(sites(data))) == (1, 1)
    assert "https://a.example" in refused.stdout
    assert "Remove it? [y/N]" in refused.stdout
    assert CliRunner().invoke(app, ["site", "remove", SITE], input="y\n").exit_code == 0
    assert sites(data) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("origins", "none", "--set", "loopback"), "(not_found)"),
        (("origins", SITE, "--remove", "https://z.example"), "https://z.example is not among the origins"),
        (("origins", SITE), "--set or --remove"),
        (("change", "none", "--title", "T"), "(not_found)"),
        (("change", SITE, "--title", "a\nb"), "(bad_request)"),
        (("change", SITE, "--language", "xx"), "`language` is one of ar, cs, de, en,"),
        (("change", SITE), "--title, --tagline"),
        (("show", "none"), "(not_found)"),
        (("remove", "none"), "(not_found)"),
        (("remove", SITE), "(conflict)"),
    ],
)
def test_a_change_of_a_site_that_cannot_be(
    words: tuple[str, ...], said: str, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_thread(data)
    run("close", "--site", SITE, "--key", "/page")
    capsys.readouterr()
    before = stored(data)
    assert said in error(capsys, monkeypatch, "site", *words)
    assert stored(data) == before


COMMANDS = [
    ("site", "add", SITE, "--origin", "loopback"),
    ("site", "origins", SITE, "--set", "loopback"),
    ("site", "list"),
    ("site", "show", SITE),
    ("site", "remove", SITE),
    ("token", "--site", SITE, "--role", "owner"),
    ("link", "https://news.example/a", "--site", SITE),
    ("close", "--site", SITE, "--key", "/page"),
    ("reopen", "--site", SITE, "--key", "/page"),
    ("tail", "--site", SITE, "--key", "/page"),
    ("restored",),
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_a_directory_without_a_database_is_the_wrong_one(
    words: tuple[str, ...], data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = error(capsys, monkeypatch, *words)
    assert said.startswith(f"hubbub: there is no database in {data}: ")
    assert "--create" in said
    assert list(data.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [("a b", "--origin", "https://a.example"), (SITE, "--origin", "news.example"), ("x" * 64, "--origin", "loopback")],
)
def test_a_site_that_cannot_be(
    words: tuple[str, ...], data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = error(capsys, monkeypatch, "site", "add", *words)
    assert said.startswith("hubbub: ")
    assert said.endswith("(bad_request)\n")
    assert not (data / "hubbub.db").exists()


@pytest.mark.parametrize("role", ["moderator", "owner"])
def test_a_token_is_printed_and_nothing_else(role: str) -> None:
    add_site()
    token = run("token", "--site", SITE, "--role", role, "--name", "Ola").strip()
    actor = Identity(Settings.load().secret()).read(token)
    assert (actor.site, actor.role, actor.name) == (SITE, Role(role), "Ola")


def test_a_link_is_a_page_with_a_code() -> None:
    add_site()
    link = run("link", "https://news.example/a#12", "--site", SITE, "--name", "Ola").strip()
    page, _, code = link.partition("#hubbub-claim=")
    actor = Identity(Settings.load().secret()).read_code(code).actor
    assert page == "https://news.example/a"
    assert (actor.site, actor.role, actor.name) == (SITE, Role.MODERATOR, "Ola")


@pytest.mark.parametrize("command", [("token",), ("link", "https://news.example/a")])
@pytest.mark.parametrize(
    ("words", "said"),
    [(("--site", "none", "--role", "owner"), "site add"), (("--site", SITE, "--role", "guest"), "--role")],
)
def test_a_token_or_link_that_cannot_be(
    command: tuple[str, ...],
    words: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_site()
    run("site", "remove", SITE)
    capsys.readouterr()
    assert said in error(capsys, monkeypatch, *command, *words)


def test_a_thread_is_closed_and_reopened(data: Path) -> None:
    add_thread(data)
    run("close", "--site", SITE, "--key", "/page", "--reason", "Enough.")
    closed = stored(data)[1]
    assert closed is not None
    assert closed.closing is not None
    assert closed.closing.by == "Operator"
    assert closed == thread(closed=True, reason="Enough.", head=1, closing=closed.closing)
    run("reopen", "--site", SITE, "--key", "/page")
    assert stored(data)[1] == thread(head=2)


@pytest.mark.parametrize("reason", ["x" * 501, "a\nb", "a\u202eb"], ids=["long", "lines", "bidi"])
def test_a_reason_that_cannot_be_shown(
    reason: str, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_thread(data)
    capsys.readouterr()
    said = error(capsys, monkeypatch, "close", "--site", SITE, "--key", "/page", "--reason", reason)
    assert said.endswith("(bad_request)\n")
    assert stored(data)[1] == thread()


def test_a_thread_that_is_not_there(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    add_site()
    capsys.readouterr()
    said = error(capsys, monkeypatch, "close", "--site", SITE, "--key", "/none")
    assert said == "hubbub: There is no such thread. (not_found)\n"


def test_migrating(data: Path) -> None:
    assert "up to date" in run("migrate")
    assert stored(data) == ([], None)
    assert "up to date" in run("migrate")


def test_a_directory_that_another_process_owns(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = DataLock(data)
    lock.acquire()
    try:
        assert "in use by process" in error(capsys, monkeypatch, "migrate")
        words = ("site", "add", SITE, "--create", "--origin", "loopback")
        assert "just starting" in error(capsys, monkeypatch, *words)
    finally:
        lock.release()


@pytest.mark.parametrize("words", [("serve", "--workers", "2"), ("web",), ("worker",)], ids=lambda words: words[0])
def test_many_processes_do_not_start_on_a_redis_that_cannot_be(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubbub.logs.configure", lambda _level: None)
    monkeypatch.setenv("HUBBUB_DATABASE_URL", "postgresql://127.0.0.1:1/none")
    monkeypatch.setenv("HUBBUB_SECRET_KEY", "x" * 16)
    monkeypatch.setenv("HUBBUB_REDIS_URL", "redis+cluster://host:6379/3")
    assert "a cluster has only one" in error(capsys, monkeypatch, *words)


def test_a_bad_setting(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBBUB_SECRET_KEY", "short")
    assert error(capsys, monkeypatch, "migrate").startswith("hubbub: HUBBUB_SECRET_KEY is too short")
