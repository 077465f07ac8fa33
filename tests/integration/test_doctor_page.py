"""`hubbub doctor --page`: each mistake of a publisher's page is found, and told how to mend."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from hubbub.cli import page_source
from hubbub.cli.main import app
from tests.support.pages import PageHost, snippet
from tests.support.server import Server

KEY = "/2026/11/22/ferry"


@pytest.fixture(scope="module")
def host() -> Iterator[PageHost]:
    """A publisher's web server."""
    with PageHost() as running:
        yield running


def doctor(url: str, *words: str) -> Result:
    """What it says of a page."""
    return CliRunner().invoke(app, ["doctor", "--page", url, *words])


def script(server: Server, attributes: str = 'type="module"') -> str:
    """The script's tag alone."""
    return f'<script {attributes} src="{server.url}/embed.js"></script>'


def test_a_page_that_is_right(host: PageHost, shared_server: Server) -> None:
    count = f'<hubbub-count site="demo" key="{KEY}"></hubbub-count>'
    url = host.article("/right", snippet(shared_server.url, KEY) + count * 3)
    result = doctor(url)
    assert result.exit_code == 0, result.stdout
    assert [line[:5] for line in result.stdout.splitlines()] == ["ok   "] * 4
    assert "is there (module), of this version." in result.stdout
    assert f'The site "demo" on {shared_server.url} allows pages of {host.url}.' in result.stdout
    assert f"The key is {KEY}." in result.stdout


ELEMENT = f'<hubbub-thread site="demo" key="{KEY}"></hubbub-thread>'
MISTAKES = {
    "nothing": ("<p>Text</p>", "Neither <hubbub-thread> nor a frame"),
    "no script": (ELEMENT, "No script of embed.js"),
    "site unknown": ("SCRIPT" + ELEMENT.replace("demo", "nowhere"), "hubbub site add nowhere --origin ORIGIN"),
    "no site": ("SCRIPT<hubbub-thread key='/a'></hubbub-thread>", 'Write site="NAME"'),
    "self-closing": ("SCRIPT<hubbub-thread site='demo' key='/a' />", "is not closed"),
    "wrong type": ("<script type='text/babel' src='SERVER/embed.js'></script>" + ELEMENT, "does not run"),
    "wrong script": ("<script src='SERVER/nowhere/embed.js'></script>" + ELEMENT, "it is no script"),
    "no server": ("<script src='http://127.0.0.1:9/embed.js'></script>" + ELEMENT, "/embed.js does not answer"),
    "frame of no site": ("<iframe src='SERVER/embed?site=nowhere&key=/a'></iframe>", "has no site"),
    "frame without a key": ("<iframe src='SERVER/embed?site=demo'></iframe>", "names no site or no key"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_and_told_how_to_mend(host: PageHost, shared_server: Server, mistake: str) -> None:
    body, said = MISTAKES[mistake]
    body = body.replace("SCRIPT", script(shared_server)).replace("SERVER", shared_server.url)
    result = doctor(host.article(f"/{mistake.replace(' ', '-')}", body))
    assert result.exit_code == 1, result.stdout
    bad = [line for line in result.stdout.splitlines() if line.startswith("bad  ")]
    assert len([line for line in bad if said.replace("ORIGIN", host.url) in line]) == 1, result.stdout


@pytest.mark.parametrize("frame", [False, True])
def test_an_origin_that_is_not_allowed(host: PageHost, shared_server: Server, frame: bool) -> None:
    shared_server.cli("site", "add", "strict", "--origin", "https://strict.example")
    url = shared_server.url
    body = f'<iframe src="{url}/embed?site=strict&key=/a"></iframe>' if frame else snippet(url, KEY)
    result = doctor(host.article(f"/strict-{frame}", body.replace('site="demo"', 'site="strict"')))
    assert result.exit_code == 1
    assert f"hubbub site add strict --origin {host.url}" in result.stdout


def test_a_policy_that_keeps_comments_out(host: PageHost, shared_server: Server) -> None:
    url, headers = (
        shared_server.url,
        {"Content-Security-Policy": "default-src 'self'; require-trusted-types-for 'script'; trusted-types a"},
    )
    result = doctor(host.article("/policy", snippet(url, KEY), headers=headers))
    assert result.exit_code == 1
    assert f"connect-src {url} {url.replace('http', 'ws', 1)}" in result.stdout
    assert f"script-src {url}" in result.stdout
    assert "trusted-types hubbub" in result.stdout
    headers = {"Content-Security-Policy": f"default-src {url} {url.replace('http', 'ws', 1)}"}
    assert "lets comments through" in doctor(host.article("/policy-2", snippet(url, KEY), headers=headers)).stdout


def test_which_key_the_page_has_and_where_it_would_have_another(host: PageHost, shared_server: Server) -> None:
    body = script(shared_server) + '<hubbub-thread site="demo"></hubbub-thread>'
    said = doctor(host.article("/article", body)).stdout
    assert "The key is /article." in said
    assert "Should the page be at /article/ too" in said
    said = doctor(host.article("/article", body) + "?p=1").stdout
    assert "leaves out what follows" in said
    head = f'<link rel="canonical" href="{host.url.replace("127.0.0.1", "www.127.0.0.1")}/caf%C3%A9?p=1">'
    said = doctor(host.article("/copy", body, head=head)).stdout
    assert "The key is /caf%C3%A9?p=1." in said
    assert "Allow http://www.127.0.0.1" in said
    assert "Should the page" not in said


def test_json_is_one_object(host: PageHost, shared_server: Server) -> None:
    url = host.article("/json", ELEMENT)
    result = doctor(url, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["page"] == url
    assert {"level": "ok", "what": f"{url} is there.", "advice": ""} in told["findings"]


def test_no_more_is_fetched_than_a_page_has(host: PageHost, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "answers 404" in doctor(host.url + "/nowhere").stdout
    monkeypatch.setattr(page_source, "BYTES", 100)
    assert "has more than" in doctor(host.article("/large", "x" * 1000)).stdout


@pytest.mark.parametrize("url", ["news.example", "ftp://news.example/", "https://me:secret@news.example/"])
def test_what_is_no_page_is_not_fetched(url: str) -> None:
    result = doctor(url)
    assert result.exit_code != 0
    assert result.exception is not None
