"""What an operator can set."""

import stat
from pathlib import Path

import pytest

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


def test_postgresql_by_its_other_name() -> None:
    settings = load(DATABASE_URL="postgres://postgres:postgres@host/postgres?sslmode=require")
    assert settings.database_url == "postgresql://postgres:postgres@host/postgres?sslmode=require"
    assert not settings.embedded


def test_a_flag_wins(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path, {"HUBBUB_DATA_DIR": "/elsewhere"})
    assert settings.data_dir == tmp_path
    assert settings.database_url == f"sqlite:///{tmp_path}/hubbub.db"


@pytest.mark.parametrize(
    "name", ["DATA_DIR", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_URL", "TRUSTED_PROXIES"]
)
def test_an_empty_variable_is_as_good_as_none(name: str) -> None:
    assert load(**{name: ""}) == load()


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
        ("PUBLIC_URL", "https://comments.example/path"),
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
