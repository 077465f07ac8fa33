"""Where a server is said to be reached."""

import socket
from pathlib import Path

import pytest

from hubbub.cli.options import CliError, listening, reached
from hubbub.server import bind, url_of

WHERE = {"127.0.0.1": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::1": "[::1]", "::": "[::1]"}


@pytest.mark.parametrize("host", WHERE)
def test_what_listens_everywhere_is_named_by_an_address_that_works(host: str) -> None:
    try:
        listener, url = bind(host, 0)
    except OSError:
        pytest.skip("no IPv6 here")
    with listener:
        assert url == url_of(listener) == f"http://{WHERE[host]}:{listener.getsockname()[1]}"
        assert len(reached(listener, None)) == (host in ("0.0.0.0", "::"))
        assert reached(listener, "https://news.example/comments") == ["  readers      https://news.example/comments/"]


def test_a_unix_socket_is_there_for_as_long_as_somebody_listens(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with listening("", 0, path) as listener:
        assert url_of(listener) == f"unix:{path}"
        assert "HUBBUB_PUBLIC_URL" in reached(listener, None)[0]
        with pytest.raises(CliError, match="--uds"), listening("", 0, path):
            pass
        with socket.socket(socket.AF_UNIX) as reader:
            reader.connect(str(path))
    assert not path.exists()


def test_a_file_is_not_taken_for_a_socket(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("text")
    for wrong in (path, tmp_path / ("x" * 200), tmp_path / "nowhere" / "a.sock"):
        with pytest.raises(CliError, match="--uds"), listening("", 0, wrong):
            pass
    assert path.read_text() == "text"
