"""The server's own addresses: taken from its settings, never from what a client sent; below a path too."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.routing import Route

from hubbub.commands.threads import EnsureThread
from hubbub.domain.actor import Actor
from hubbub.domain.model import Role, Site
from hubbub.protocol.requests.threads import ThreadBody
from hubbub.services.caller import Caller
from hubbub.services.threads import prepare_put_thread
from hubbub.web.application import ROUTES
from tests.support import plain_http
from tests.support.contract import Live, eventually
from tests.support.nodes import URL, Running, running_node
from tests.support.server import Server

EVIL = {"Host": "127.0.0.1.evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
LINK = re.compile(r'(?:href|src)="([^"#]+)')


def linked(html: str) -> set[str]:
    """The addresses that a page names."""
    return set(LINK.findall(html))


async def make_thread(running: Running) -> str:
    """A thread without an article."""
    await running.node.sites.put(Site("news", ("https://news.example",)))
    done = await running.node.command_bus.submit(EnsureThread("news", "/1"))
    assert done.thread is not None
    return done.thread.id


async def test_nobody_is_sent_to_an_address_of_their_making(tmp_path: Path) -> None:
    paths = [route.path for route in ROUTES if isinstance(route, Route)]
    assert "/api/v1/sessions" in paths
    async with running_node(tmp_path) as running:
        for path in paths:
            for method in ("GET", "POST"):
                path = path.replace("{thread}", "aaaaaaaaaaaaaaaa")
                answer = await running.http.request(method, f"{path}/", headers=EVIL)
                assert "location" not in answer.headers, path
                assert "evil" not in answer.text, path


async def test_a_person_who_comes_by_a_name_that_is_not_ours_is_told_what_is_missing(tmp_path: Path) -> None:
    async with running_node(tmp_path) as running:
        thread = await make_thread(running)
        for path in ("/", f"/t/{thread}", "/embed?site=news&key=/1", "/metrics", f"/api/v1/threads?thread={thread}"):
            answer = await running.http.get(path, headers={"Host": "comments.example"})
            assert (answer.status_code, "HUBBUB_PUBLIC_URL" in answer.text) == (403, True), path
            assert (await running.http.get(path)).status_code == 200, path
        for path in ("/healthz", "/readyz"):
            assert (await running.http.get(path, headers={"Host": "comments.example"})).status_code == 200, path


async def test_the_first_page_names_the_address_that_is_set(tmp_path: Path) -> None:
    async with running_node(tmp_path) as running:
        assert f"{URL}/embed.js" in (await running.http.get("/", headers={"Host": "192.168.1.5:8000"})).text
    async with running_node(tmp_path, HUBBUB_PUBLIC_URL="https://news.example/comments/") as running:
        assert "https://news.example/comments/embed.js" in (await running.http.get("/")).text


async def test_a_page_that_is_no_article_is_not_for_search_engines(tmp_path: Path) -> None:
    async with running_node(tmp_path) as running:
        thread = await make_thread(running)
        assert '<meta name="robots" content="noindex">' in (await running.http.get(f"/t/{thread}")).text
        owner = Caller(Actor("owner", "news", Role.OWNER, "Ola"), None, "test")
        put = await prepare_put_thread(running.node, owner, "news", "/1", ThreadBody(title="T", body="Text."))
        await running.node.command_bus.submit(put)
        newest, older = [(await running.http.get(f"/t/{thread}{page}")).text for page in ("", "?before=9")]
        assert "noindex" not in newest
        assert f'<link rel="canonical" href="/t/{thread}">' in newest
        assert f'<link rel="canonical" href="/t/{thread}?before=9">' in older


async def test_a_handshake_without_upgrade_says_what_is_missing(tmp_path: Path) -> None:
    async with running_node(tmp_path) as running:
        answer = await running.http.get("/api/v1/live")
        assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")
        assert "proxy" in answer.json()["error"]["message"]


class WideServer(Server):
    """One that listens on all addresses."""

    def words(self) -> list[str]:
        """See Process."""
        return ["0.0.0.0" if word == "127.0.0.1" else word for word in super().words()]


def test_the_addresses_that_are_printed_work(tmp_path: Path) -> None:
    with WideServer(tmp_path / "data") as server:
        eventually(lambda: "moderate" in server.log(), "the addresses are printed")
        printed = re.findall(r"(http://[^/\s#]+)([^\s#]*)", server.log())
        assert len(printed) > 3
        for origin, path in printed:
            assert plain_http.get(f"{origin}{path}").status_code == 200
            with Live(server.url, origin=origin) as live:
                assert live.do("join", site="demo", key="/x")["ok"]
        assert "set HUBBUB_PUBLIC_URL" in server.log()


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server below a path."""
    env = {"HUBBUB_PUBLIC_URL": "http://paper.example/comments"}
    with Server(tmp_path_factory.mktemp("below") / "data", env=env) as server:
        yield server


@pytest.mark.parametrize("left_on", [True, False], ids=["the proxy leaves the path on", "the proxy takes it off"])
def test_below_a_path_all_links_lead_there_and_all_is_served(below: Server, left_on: bool) -> None:
    def get(path: str) -> httpx.Response:
        assert path.startswith("/comments/"), path
        sent = path if left_on else path.removeprefix("/comments")
        headers = {"Host": "paper.example", "Accept-Encoding": "identity"}
        return plain_http.get(f"{below.url}{sent}", headers=headers)

    seen, todo = set[str](), {"/comments/", "/comments/embed?site=demo&key=/x"}
    while todo - seen:
        path = (todo - seen).pop()
        seen.add(path)
        answer = get(path.replace("&amp;", "&"))
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            todo |= {link for link in linked(answer.text) if not link.startswith("https://")}
    kinds = {re.sub(r"[?0-9a-z]{16}.*|\?.*", "", path) for path in seen}
    assert {"/comments/", "/comments/t/", "/comments/embed.js", "/comments/assets/paper.css"} <= kinds


@pytest.mark.parametrize("path", ["/comments", ""])
def test_below_a_path_the_live_socket_is_served_to_its_own_pages(below: Server, path: str) -> None:
    with Live(f"{below.url}{path}", origin="http://paper.example") as live:
        assert live.do("join", site="demo", key="/below")["thread"]["key"] == "/below"
    assert plain_http.get(f"{below.url}{path}/healthz").status_code == 200
    assert plain_http.get(f"{below.url}/commentsx/healthz").status_code == 404
