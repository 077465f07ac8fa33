"""What an operator can set."""

import re
import stat
from pathlib import Path

import pytest

from hubbub.cli import main
from hubbub.settings import BadSetting, Settings


def load(**environ: str) -> Settings:
    """Settings from these variables alone."""
    return Settings.load(None, {f"HUBBUB_{name}": value for name, value in environ.items()})


def test_without_any_setting() -> None:
    settings = load()
    assert settings.data_dir == Path("data")
    assert settings.database_url == f"sqlite:///{Path('data').absolute() / 'hubbub.db'}"
    assert (settings.secret_key, settings.public_url, settings.proxies) == (None, None, ())
    assert (settings.rate_limits, settings.log_level) == (True, "info")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Comments.example:443/", "https://comments.example"),
        ("https://news.example/comments", "https://news.example/comments"),
        ("http://news.example:8080/a/b.c-1/", "http://news.example:8080/a/b.c-1"),
    ],
)
def test_a_public_url_may_have_a_path(given: str, kept: str) -> None:
    assert load(PUBLIC_URL=given).public_url == kept


def test_proxies_may_come_over_a_unix_socket() -> None:
    assert load(TRUSTED_PROXIES="unix, 10.0.0.0/8").proxies == ("unix", "10.0.0.0/8")


def test_every_setting(tmp_path: Path) -> None:
    settings = load(
        DATA_DIR=str(tmp_path),
        DATABASE_URL="postgresql://user@host/hubbub",
        REDIS_URL="redis://host:6379/0",
        SECRET_KEY="x" * 16,
        RATE_LIMITS="off",
        PUBLIC_URL="https://comments.example/",
        TRUSTED_PROXIES="10.0.0.0/8, 127.0.0.1 ::1",
        LOG_LEVEL="DEBUG",
    )
    assert settings == Settings(
        data_dir=tmp_path,
        database_url="postgresql://user@host/hubbub",
        redis_url="redis://host:6379/0",
        secret_key="x" * 16,
        rate_limits=False,
        public_url="https://comments.example",
        proxies=("10.0.0.0/8", "127.0.0.1", "::1"),
        log_level="debug",
    )


def test_comments_a_day() -> None:
    assert (load().daily_author, load().daily_address) == (500, 5000)
    settings = load(DAILY_AUTHOR="0", DAILY_ADDRESS=" 7 ")
    assert (settings.daily_author, settings.daily_address) == (0, 7)


def test_postgresql_by_its_other_name() -> None:
    settings = load(DATABASE_URL="postgres://postgres:postgres@host/postgres?sslmode=require")
    assert settings.database_url == "postgresql://postgres:postgres@host/postgres?sslmode=require"
    assert not settings.embedded


def test_a_flag_wins(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path, {"HUBBUB_DATA_DIR": "/elsewhere"})
    assert settings.data_dir == tmp_path
    assert settings.database_url == f"sqlite:///{tmp_path}/hubbub.db"


NAMES = [
    *("DATA_DIR", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_URL", "TRUSTED_PROXIES"),
    *("RATE_LIMITS", "LOG_LEVEL", "DAILY_AUTHOR", "DAILY_ADDRESS"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_variable_is_as_good_as_none(name: str, empty: str) -> None:
    assert load(**{name: empty}) == load()


BAD = [
    ("LOG_LEVEL", "verbose"),
    ("LOG_LEVEL", "7"),
    ("RATE_LIMITS", "no"),
    ("DATA_DIR", "~nobody-known/data"),
    ("SECRET_KEY", "x" * 15),
    ("SECRET_KEY", "\udcff" * 20),
    ("DATABASE_URL", "nonsense"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "sqlite:///"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("DATABASE_URL", "sqlite:///file:x?mode=memory&uri=true"),
    ("DATABASE_URL", "sqlite://host/x.db"),
    ("DATABASE_URL", "sqlite:/x.db"),
    ("DATABASE_URL", "sqlite+aiosqlite:///x.db"),
    ("DATABASE_URL", "mysql://u:pa55@host/hubbub"),
    ("DATABASE_URL", "postgresql+asyncpg://u:pa55@host/hubbub"),
    ("DATABASE_URL", "postgresql://u:pa55@host:port/hubbub"),
    ("DATABASE_URL", "postgresql://u:pa55@host:65536/hubbub"),
    ("DATABASE_URL", "postgresql://u:pa55@host:0/hubbub"),
    ("DATABASE_URL", "postgresql://u:pa55@/hubbub?host=a:b"),
    ("DATABASE_URL", "postgresql://u:pa55@/hubbub?host=a,b&port=1,x"),
    ("DATABASE_URL", "postgresql://u:pa55@[::1/hubbub"),
    ("REDIS_URL", "localhost:6379"),
    ("REDIS_URL", "http://:pa55@localhost"),
    ("REDIS_URL", "redis://:pa55@host:port"),
    ("REDIS_URL", "redis://:pa55@host:65536"),
    ("REDIS_URL", "redis+cluster://:pa55@host:1,"),
    ("REDIS_URL", "redis+sentinel://"),
    ("PUBLIC_URL", "comments.example"),
    ("PUBLIC_URL", "ftp://comments.example"),
    ("PUBLIC_URL", "https://comments.example:port"),
    ("PUBLIC_URL", "https://comments.example:99999"),
    ("PUBLIC_URL", "https://[::1"),
    ("PUBLIC_URL", "https://b\u00fccher.example"),
    ("TRUSTED_PROXIES", "10.0.0.0/8 everybody"),
    ("TRUSTED_PROXIES", "10.0.0.0/99"),
    ("DAILY_AUTHOR", "-1"),
    ("DAILY_AUTHOR", "1.5"),
    ("DAILY_ADDRESS", "many"),
]
SECRET = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL")


@pytest.mark.parametrize(("name", "value"), BAD)
@pytest.mark.parametrize("words", [("site", "list"), ("serve", "--port", "0"), ("doctor", "--port", "0")])
def test_a_bad_setting_ends_every_command_with_a_line(
    name: str,
    value: str,
    words: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for other in NAMES:
        monkeypatch.delenv(f"HUBBUB_{other}", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"HUBBUB_{name}", value)
    monkeypatch.setattr("sys.argv", ["hubbub", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (1, "")
    assert re.fullmatch(rf"hubbub: HUBBUB_{name}[^\n]+\n", said.err), said.err
    assert "pa55" not in said.err
    if name not in SECRET:
        assert value.split()[-1] in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////var/lib/hubbub/a%2525b.db",
        "postgresql://user:p%40ss%25w%2Ford@host:5432/hubbub?connect_timeout=5",
        "postgresql+psycopg://user@host/hubbub",
        "postgresql://u:p@/hubbub?host=a:5432&host=b:5432&target_session_attrs=primary",
        "postgresql://u:p@/hubbub?host=a,b&port=5432,5433",
        "postgresql:///hubbub?host=/var/run/postgresql",
    ],
)
def test_an_address_of_a_database_is_kept_as_it_is(url: str) -> None:
    assert load(DATABASE_URL=url).database_url == url


def test_signs_of_addresses_in_a_directorys_name(tmp_path: Path) -> None:
    directory = tmp_path / "a%2Fb?c#d é"
    settings = load(DATA_DIR=str(directory))
    assert settings.database_file == directory / "hubbub.db"
    assert settings.lock_dir == directory


@pytest.mark.parametrize("level", ["debug", "Info", "WARNING", "error", "critical"])
def test_a_log_level(level: str) -> None:
    assert load(LOG_LEVEL=level).log_level == level.lower()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RATE_LIMITS", "no"),
        ("RATE_LIMITS", "OFF"),
        ("SECRET_KEY", "x" * 15),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "oracledb9://host"),
        ("TRUSTED_PROXIES", "10.0.0.0/8 everybody"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("PUBLIC_URL", "comments.example"),
        ("PUBLIC_URL", "https://comments.example/path?query"),
        ("PUBLIC_URL", "https://comments.example/path/../up"),
        ("PUBLIC_URL", "https://comments.example/a//b"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"HUBBUB_{name}"):
        load(**{name: value})


def test_a_secret_that_was_set_is_used_and_not_written(tmp_path: Path) -> None:
    assert load(DATA_DIR=str(tmp_path), SECRET_KEY="x" * 16).secret() == "x" * 16
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    settings = load(DATA_DIR=str(tmp_path))
    secret = settings.secret()
    assert len(secret) >= 48
    assert settings.secret() == load(DATA_DIR=str(tmp_path)).secret() == secret
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_two_servers_have_two_secrets(tmp_path: Path) -> None:
    secrets = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        secrets.add(load(DATA_DIR=str(tmp_path / name)).secret())
    assert len(secrets) == 2


def test_a_secret_file_that_holds_none_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("short\n")
    with pytest.raises(BadSetting, match=r"secret\.key"):
        load(DATA_DIR=str(tmp_path)).secret()


def test_a_secret_of_ones_own_may_end_with_a_line_break(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("y" * 20 + "\n")
    assert load(DATA_DIR=str(tmp_path)).secret() == "y" * 20
