"""The demo's strip and /demo: for a browser on the same machine alone, and nowhere without --demo."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hubbub import demo
from hubbub.app import embedded, web_application
from hubbub.demo import pages
from hubbub.settings import Settings
from hubbub.web.node import Node
from tests.support.nodes import URL, running_node
from tests.unit.live.reader import Reader

OWN = {"Sec-Fetch-Site": "same-origin"}
POSTS = ("/demo/moderator", "/demo/plug")


class Site:
    """A demo, and what a browser there asks."""

    def __init__(self, node: Node, path: str) -> None:
        self.node = node
        self.path = path
        self.app = web_application(node, (), pages.ROUTES)
        self.app.state.node = node

    async def ask(self, method: str, path: str, peer: str = "127.0.0.1", **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
            content = f"thread={self.path.removeprefix('/t/')}" if method == "POST" else None
            return await http.request(method, path, headers=headers, content=content)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with embedded(Settings.load(tmp_path, {}), URL, demo=True) as node:
        (_, path), *_ = await demo.install(node)
        yield Site(node, path)


async def test_the_strip_is_on_the_front_page_and_on_articles(site: Site) -> None:
    for path in ("/", site.path):
        answer = await site.ask("GET", path)
        assert "This is a demo" in answer.text
        assert "form-action 'self'" in answer.headers["content-security-policy"]


async def test_without_demo_there_is_none_of_it(tmp_path: Path) -> None:
    async with running_node(tmp_path) as (node, http):
        (_, path), *_ = await demo.install(node)
        for address in ("/", path):
            assert "This is a demo" not in (await http.get(address)).text
        assert (await http.get("/demo")).status_code == 404
        for address in POSTS:
            assert (await http.post(address, headers=OWN)).status_code in (404, 405)


async def test_the_moderators_link_signs_in_once(site: Site) -> None:
    answer = await site.ask("POST", "/demo/moderator", **OWN)
    there, _, code = answer.headers["location"].partition("#hubbub-claim=")
    assert (answer.status_code, there) == (303, site.path)
    assert site.node.identity.read_code(code).actor.role == "moderator"


async def test_the_page_has_a_frame_for_each_and_the_moderators_is_another_origin(site: Site) -> None:
    answer = await site.ask("GET", "/demo")
    assert answer.text.count("<iframe") == 3
    assert 'src="http://localhost:8000/embed?' in answer.text
    assert "frame-src 'self' http://localhost:8000" in answer.headers["content-security-policy"]


async def test_pulling_the_plug_cuts_every_connection(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader()
    slept: list[float] = []
    site.node.hub.connections.add(reader.connection)
    monkeypatch.setattr("hubbub.demo.pages.time.sleep", slept.append)
    assert (await site.ask("POST", "/demo/plug", **OWN)).status_code == 204
    assert (reader.aborted, slept) == (True, [pages.PLUG_SECONDS])


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("192.0.2.7", OWN),
        ("127.0.0.1", {**OWN, "X-Forwarded-For": "192.0.2.7"}),
        ("127.0.0.1", {"Sec-Fetch-Site": "cross-site"}),
        ("127.0.0.1", {"Origin": "https://evil.example"}),
        ("127.0.0.1", {}),
        ("127.0.0.1", {**OWN, "Host": "evil.example"}),
    ],
)
async def test_no_other_page_and_no_other_machine_may(site: Site, peer: str, headers: dict[str, str]) -> None:
    for path in POSTS:
        assert (await site.ask("POST", path, peer, **headers)).status_code == 403


async def test_a_demo_with_a_public_address_makes_nobody_a_moderator(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path, {"HUBBUB_PUBLIC_URL": "https://comments.example"})
    async with embedded(settings, URL, demo=True) as node:
        (_, path), *_ = await demo.install(node)
        for method, address in (("GET", "/demo"), ("POST", "/demo/moderator"), ("POST", "/demo/plug")):
            assert (await Site(node, path).ask(method, address, **OWN)).status_code == 403
