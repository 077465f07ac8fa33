"""Hubbub below a path of another server: its own pages and its script find the comments there."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Readers
from tests.browser.widget import Widget
from tests.support.contract import PAGE, Api
from tests.support.pages import PageHost
from tests.support.server import Server

PATH = "/comments"


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows itself below a path, with rate limits off."""
    server = Server(tmp_path_factory.mktemp("below") / "data")
    server.env["HUBBUB_PUBLIC_URL"] = f"http://127.0.0.1:{server.port}{PATH}"
    with server:
        yield server


def asked(page: Page, server: Server) -> list[str]:
    """The paths of all that the page asks of the server, as they come."""
    paths: list[str] = []

    def note(url: str) -> None:
        parts = urlsplit(url)
        if parts.port == server.port:
            paths.append(parts.path)

    page.on("request", lambda request: note(request.url))
    page.on("websocket", lambda opened: note(opened.url))
    return paths


def test_a_page_of_the_servers_own_is_live(below: Server, readers: Readers) -> None:
    with Api(below.url, origin=PAGE) as api:
        thread = api.snapshot("demo", "/below")["thread"]["id"]
    pages = [readers.profile().new_page() for _ in range(2)]
    paths = [asked(page, below) for page in pages]
    widgets = []
    for page in pages:
        page.goto(f"{below.url}{PATH}/t/{thread}")
        widgets.append(Widget(page).ready())
    widgets[0].say("From below a path")
    expect(widgets[1].comment("From below a path")).to_be_visible()
    assert f"{PATH}/api/v1/live" in paths[0]
    assert all(path.startswith(f"{PATH}/") for path in paths[0] + paths[1])


def test_the_script_finds_its_server_below_the_path(below: Server, readers: Readers, host: PageHost) -> None:
    page = readers.profile().new_page()
    paths = asked(page, below)
    tags = f'<script type="module" src="{below.url}{PATH}/embed.js"></script>'
    page.goto(host.article("/from-below", f'{tags}<hubbub-thread site="demo" key="/embedded"></hubbub-thread>'))
    Widget(page).ready().say("Embedded from below a path")
    assert {f"{PATH}/api/v1/live", f"{PATH}/api/v1/sessions"} <= set(paths)
    assert all(path.startswith(f"{PATH}/") for path in paths)
