"""A publisher's mistakes, one by one: the reader sees a calm sentence, the console has one line with what mends it."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room, Rooms
from tests.browser.test_publishers import ANY, NOT_NOW, hubbub_says
from tests.browser.widget import Widget
from tests.support.pages import PAGE, PageHost, snippet
from tests.support.ports import free_port
from tests.support.server import Server


@pytest.fixture(scope="module")
def strict(shared_server: Server) -> str:
    """A site that allows no page of this machine."""
    shared_server.cli("site", "add", "strict", "--origin", "https://strict.example")
    return "strict"


@pytest.fixture(scope="module")
def only_strict(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server of which no site allows a page of this machine."""
    return Server(tmp_path_factory.mktemp("only") / "data", demo=False)


def told(readers: Readers, url: str, said: str) -> None:
    """The reader is told that there are no comments now, and the publisher, once, what mends it."""
    readers.allow(ANY)
    page = readers.profile().new_page()
    lines = hubbub_says(page)
    with page.expect_console_message(lambda message: message.text in lines):
        page.goto(url)
    expect(page.locator("hubbub-thread").get_by_text(NOT_NOW)).to_be_visible()
    page.wait_for_timeout(500)  # time for a second line
    assert len(lines) == 1, lines
    assert said in lines[0]


def test_a_site_that_is_not_there(room: Room, readers: Readers, host: PageHost) -> None:
    body = snippet(room.server.url, room.key).replace('site="demo"', 'site="nowhere"')
    told(readers, host.article("/m-nowhere", body), f"hubbub site add nowhere --origin {host.url}")


def test_no_site(room: Room, readers: Readers, host: PageHost) -> None:
    body = snippet(room.server.url, room.key).replace('site="demo"', "")
    told(readers, host.article("/m-none", body), f"hubbub site add NAME --origin {host.url}")


def test_an_origin_that_the_site_does_not_allow(room: Room, readers: Readers, host: PageHost, strict: str) -> None:
    body = snippet(room.server.url, room.key).replace('site="demo"', f'site="{strict}"')
    told(readers, host.article("/m-strict", body), f"hubbub site add strict --origin {host.url}")


def test_an_origin_that_no_site_allows(readers: Readers, host: PageHost, only_strict: Server) -> None:
    with only_strict as server:
        server.cli("site", "add", "strict", "--origin", "https://strict.example")
        body = snippet(server.url, "/a").replace('site="demo"', 'site="strict"')
        told(readers, host.article("/m-foreign", body), f"hubbub site add strict --origin {host.url}")


def test_a_file(room: Room, readers: Readers, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGE.format(title="A file", head="", body=snippet(room.server.url, room.key)), encoding="utf-8")
    told(readers, file.as_uri(), "A file, or a frame with a sandbox")


def test_a_policy_without_connect_src(room: Room, readers: Readers, host: PageHost) -> None:
    url = room.server.url
    headers = {"Content-Security-Policy": f"default-src 'none'; script-src {url}"}
    page = host.article("/m-policy", snippet(url, room.key), headers=headers)
    told(readers, page, f"connect-src {url} {url.replace('http', 'ws', 1)}")


def test_a_policy_without_the_socket(room: Room, readers: Readers, host: PageHost) -> None:
    """Comments come by requests then, and the console says what is missing."""
    url = room.server.url
    headers = {"Content-Security-Policy": f"script-src {url}; connect-src {url}"}
    readers.allow(ANY)
    page = readers.profile().new_page()
    lines = hubbub_says(page)
    page.goto(host.article("/m-socket", snippet(url, room.key), headers=headers))
    room.post("Comes by requests")
    expect(Widget(page).comment("Comes by requests")).to_be_visible()
    assert len(lines) == 1, lines
    assert lines[0].endswith(f"connect-src {url} {url.replace('http', 'ws', 1)}")


def test_a_server_that_is_down(room: Room, readers: Readers, host: PageHost) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    body = snippet(room.server.url, room.key, attributes=f'host="{dead}"')
    told(readers, host.article("/m-down", body), f"{dead} does not answer")


def test_a_script_that_is_no_module(rooms: Rooms, room: Room, readers: Readers, host: PageHost) -> None:
    room.post("The first")
    body = snippet(room.server.url, room.key).replace(' type="module"', "")
    page = readers.open(host.article("/m-classic", body))
    expect(Widget(page).comment("The first")).to_be_visible()
