"""The pages as a reader without any script gets them: everything readable, linkable and safe."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from hubbub import demo
from hubbub.commands.moderation import RemoveComment
from hubbub.commands.posting import PostComment
from hubbub.commands.threads import EnsureThread
from hubbub.domain.actor import Actor
from hubbub.domain.model import Role, Site, Thread
from hubbub.domain.sizes import PAGE_COMMENTS
from hubbub.protocol.requests.threads import ThreadBody
from hubbub.services.cache import OVERHEAD
from hubbub.services.caller import Caller
from hubbub.services.identity import guest
from hubbub.services.threads import prepare_put_thread
from hubbub.storage.articles import hosted_articles
from hubbub.web.pages import data, views
from hubbub.web.pages.cache import KEPT_PAGES
from hubbub.web.pages.html import render
from tests.support.nodes import URL, Running, running_node

OWNER = Actor("owner", "news", Role.OWNER, "Ola")
CALLER = Caller(OWNER, None, "test")
READER = guest("news", "Ann <b>", None, "https://ann.example/?a=1&b=2")
ARTICLE = ThreadBody(
    title="Cats & <dogs>",
    url="https://news.example/2026/cats",
    section="Town",
    published="2026-11-22T10:00:00Z",
    author="Ola",
    source="The <Wire>",
    source_url="https://wire.example/1",
    body="First *paragraph*.\n\n## A heading\n\nSecond.",
)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """A node with the site `news` and nothing else."""
    async with running_node(tmp_path, HUBBUB_RATE_LIMITS="off") as running:
        await running.node.sites.put(Site("news", ("https://news.example",)))
        yield running


async def thread_of(running: Running, key: str = "/1") -> Thread:
    """A thread of `news`, made now if there is none."""
    done = await running.node.command_bus.submit(EnsureThread("news", key))
    assert done.thread is not None
    return done.thread


async def hosted(running: Running, body: ThreadBody = ARTICLE, key: str = "/1") -> Thread:
    """The thread of an article."""
    done = await running.node.command_bus.submit(await prepare_put_thread(running.node, CALLER, "news", key, body))
    assert done.thread is not None
    return done.thread


async def say(running: Running, thread: Thread, text: str, parent: str | None = None) -> str:
    """A comment's id."""
    command = PostComment(str(uuid4()), thread.id, READER, text, f"<p>{text}</p>", parent)
    await running.node.command_bus.submit(command)
    return command.id


def numbers(html: str) -> list[int]:
    """The numbers of the comments shown, in order, as the elements an address's fragment finds."""
    return [int(number) for number in re.findall(r'<li id="(\d+)" class="comment', html)]


def hrefs(html: str, text: str) -> list[str]:
    """Where the links with this text lead."""
    return [href.replace("&amp;", "&") for href in re.findall(rf'<a[^>]* href="([^"]+)"[^>]*>{text}</a>', html)]


async def test_without_articles_the_front_page_says_how_to_begin(running: Running) -> None:
    response = await running.http.get("/")
    assert response.status_code == 200
    assert f'&lt;script type="module" src="{URL}/embed.js"&gt;' in response.text
    assert "hubbub site add" in response.text


async def test_the_front_page_shows_the_newest_fifty(running: Running) -> None:
    made = []
    for number in range(60):
        body = ThreadBody(title=f"Number {number}", published=f"2026-11-22T10:00:{number:02}Z", body="Text.")
        made.append((await hosted(running, body, f"/{number}")).id)
    html = (await running.http.get("/")).text
    assert re.findall(r'<h2 dir="auto"><a href="/t/(\w+)">', html) == made[:-51:-1]


async def test_the_front_page_shows_each_article_once(running: Running) -> None:
    await demo.install(running.node)
    html = (await running.http.get("/")).text
    articles = await running.node.database.read(hosted_articles, 50)
    assert re.findall(r'<h2 dir="auto"><a href="/t/(\w+)">', html) == [thread.id for thread, _ in articles]
    for thread, article in articles:
        assert f'<hubbub-count site="demo" key="{thread.key}">{thread.comments} comments</hubbub-count>' in html
        assert thread.title is not None
        assert thread.title in html
        assert f">{article.section}<" in html
    assert html.count(">Closed<") == 1


async def test_an_article_has_all_that_a_paper_prints(running: Running) -> None:
    thread = await hosted(running)
    html = (await running.http.get(f"/t/{thread.id}")).text
    assert '<h1 dir="auto">Cats &amp; &lt;dogs&gt;</h1>' in html
    assert '<p class="section" dir="auto">Town</p>' in html
    assert '<time datetime="2026-11-22T10:00:00.000Z">22 November 2026</time>' in html
    assert "By <bdi>Ola</bdi>" in html
    assert '<a href="https://wire.example/1" rel="noopener noreferrer"><bdi>The &lt;Wire&gt;</bdi></a>' in html
    assert "<p>First <em>paragraph</em>.</p>" in html
    assert '<meta name="description" content="First paragraph.">' in html
    assert '<link rel="canonical" href="https://news.example/2026/cats">' in html
    assert f'<hubbub-thread eager thread="{thread.id}" site="news" key="/1" theme="paper">' in html


async def test_a_thread_without_an_article_has_a_page(running: Running) -> None:
    thread = await thread_of(running, "/a&b")
    html = (await running.http.get(f"/t/{thread.id}")).text
    assert '<h1 dir="auto">/a&amp;b</h1>' in html
    assert f'<link rel="canonical" href="/t/{thread.id}">' in html
    assert "No comments yet." in html
    await running.node.command_bus.submit(
        await prepare_put_thread(running.node, CALLER, "news", "/a&b", ThreadBody(url="https://news.example/a"))
    )
    html = (await running.http.get(f"/t/{thread.id}")).text
    assert hrefs(html, "Read the article") == ["https://news.example/a"]


async def test_a_comment_names_its_author_and_what_it_answers(running: Running) -> None:
    thread = await hosted(running)
    first = await say(running, thread, "First")
    await say(running, thread, "Second", parent=first)
    html = (await running.http.get(f"/t/{thread.id}")).text
    assert numbers(html) == [2, 1]
    assert "<h2>2 comments</h2>" in html
    assert (
        '<a class="name" href="https://ann.example/?a=1&amp;b=2" rel="nofollow ugc noopener noreferrer">'
        "<bdi>Ann &lt;b&gt;</bdi></a>" in html
    )
    assert hrefs(html, "in reply to #1") == ["#comment-1"]
    assert hrefs(html, "#2") == ["#comment-2"]


async def test_what_is_removed_is_gone_at_once(running: Running) -> None:
    thread = await hosted(running)
    bad = await say(running, thread, "A secret")
    await say(running, thread, "Fine", parent=bad)
    for path in (f"/t/{thread.id}", "/embed?site=news&key=/1"):
        assert "A secret" in (await running.http.get(path)).text
    await running.node.command_bus.submit(RemoveComment(bad, thread.id, OWNER, "be<cause"))
    for path in (f"/t/{thread.id}", "/embed?site=news&key=/1"):
        html = (await running.http.get(path)).text
        assert "A secret" not in html
        assert html.count("Ann") == (2 if path.startswith("/t/") else 1), "by one comment, for people and in JSON-LD"
        assert "None" not in html
        assert "Removed by a moderator: <bdi>be&lt;cause</bdi></p>" in html
        assert numbers(html) == [2, 1]


@pytest.mark.parametrize("count", [1, PAGE_COMMENTS, PAGE_COMMENTS + 1, 2 * PAGE_COMMENTS + 20])
@pytest.mark.parametrize("place", ["/t/{id}", "/embed?site=news&key=/1"])
async def test_all_pages_of_comments_can_be_turned(running: Running, count: int, place: str) -> None:
    thread = await hosted(running)
    for number in range(1, count + 1):
        await say(running, thread, f"Comment {number}")
    path, seen = place.format(id=thread.id), []
    html = (await running.http.get(path)).text
    seen += numbers(html)
    while older := hrefs(html, "Older comments"):
        assert len(numbers(html)) == PAGE_COMMENTS
        html = (await running.http.get(older[0])).text
        seen += numbers(html)
    assert seen == list(range(count, 0, -1))
    back = set()
    while newer := hrefs(html, "Newer comments") or hrefs(html, "Newest comments"):
        html = (await running.http.get(newer[0])).text
        back |= set(numbers(html))
    assert numbers(html) == seen[:PAGE_COMMENTS]
    assert back >= set(seen[:-PAGE_COMMENTS])


async def test_an_answer_leads_to_another_page(running: Running) -> None:
    thread = await hosted(running)
    first = await say(running, thread, "First")
    for _ in range(PAGE_COMMENTS):
        last = await say(running, thread, "More", parent=first)
    assert last
    html = (await running.http.get(f"/t/{thread.id}")).text
    (link, *_) = hrefs(html, "in reply to #1")
    page, fragment = link.split("#comment-")
    assert int(fragment) in numbers((await running.http.get(page)).text)


async def test_past_the_oldest_comment_there_is_a_way_back(running: Running) -> None:
    thread = await hosted(running)
    await say(running, thread, "First")
    html = (await running.http.get(f"/t/{thread.id}?before=1")).text
    assert numbers(html) == []
    assert "There are no older comments." in html
    assert hrefs(html, "Newest comments") == [f"/t/{thread.id}#comments"]
    assert numbers((await running.http.get(f"/t/{thread.id}?before=99")).text) == [1]


async def test_an_unchanged_page_is_not_sent_again(running: Running) -> None:
    thread = await hosted(running)
    await say(running, thread, "First")
    for path in ("/", f"/t/{thread.id}", "/embed?site=news&key=/1"):
        first = await running.http.get(path)
        known = {"If-None-Match": first.headers["ETag"]}
        assert first.headers["Cache-Control"] == "no-cache"
        again = await running.http.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
        await say(running, thread, "Another")
        changed = await running.http.get(path, headers=known)
        assert changed.status_code == 200
        assert changed.headers["ETag"] != first.headers["ETag"]


async def test_pages_are_rendered_once_and_not_kept_without_end(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = 0

    def counted(template: str, **context: Any) -> bytes:
        nonlocal rendered
        rendered += 1
        return render(template, **context)

    monkeypatch.setattr(views, "render", counted)
    thread = await hosted(running)
    for _ in range(3):
        await running.http.get(f"/t/{thread.id}")
    assert rendered == 1
    sizes = [len((await running.http.get(f"/t/{thread.id}?before={before}")).content) for before in range(2, 50)]
    kept = running.node.pages
    assert rendered == len(kept) == 1 + len(sizes)
    assert kept.currsize == sum(len(page.body) + len(page.zipped) + OVERHEAD for page in kept.values())
    assert kept.maxsize == KEPT_PAGES


async def test_a_page_of_a_log_that_went_back_is_not_shown(running: Running) -> None:
    """A standby took over without the last commit; its epoch is the same."""
    thread = await hosted(running)
    await say(running, thread, "Lost")
    assert "Lost" in (await running.http.get(f"/t/{thread.id}")).text
    await running.node.database.write(lambda db: db.execute(text("DELETE FROM comment")))
    back = text("UPDATE thread SET head = head - 1, last_number = last_number - 1, comments = comments - 1")
    await running.node.database.write(lambda db: db.execute(back))
    page = await running.http.get(f"/t/{thread.id}")
    assert (page.status_code, "Lost" in page.text) == (200, False)


@pytest.mark.parametrize("path", ["/t/nothing", "/nowhere", "/t/a/b", "/t/", "/embed?site=nobody&key=/1"])
async def test_unknown_addresses_get_a_page(running: Running, path: str) -> None:
    response = await running.http.get(path)
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")
    assert "There is nothing here" in response.text
    assert hrefs(response.text, "Go to the front page") == ["/"]


async def test_the_api_keeps_its_own_answers(running: Running) -> None:
    for path, status in (("/api/v1/nothing", 404), ("/api/v1/sessions", 405)):
        response = await running.http.get(path)
        assert response.status_code == status
        assert "error" in response.json()


@pytest.mark.parametrize("query", ["around=x", "before=x", "before=-1", "before=1e3", "before=99999999999999999999"])
async def test_a_wrong_page_number_is_told(running: Running, query: str) -> None:
    thread = await thread_of(running)
    response = await running.http.get(f"/t/{thread.id}?{query}")
    assert response.status_code == 400
    assert "whole number" in response.text


@pytest.mark.parametrize("path", ["/embed", "/embed?site=news", "/embed?site=news&key=%00", "/embed?key=/1"])
async def test_an_embed_that_names_no_thread_is_told(running: Running, path: str) -> None:
    assert (await running.http.get(path)).status_code == 400


async def test_an_embed_is_for_the_pages_of_its_site(running: Running) -> None:
    for _ in range(2):  # before there is a thread, and with one
        response = await running.http.get("/embed", params={"site": "news", "key": "/<1>"})
        policy = response.headers["Content-Security-Policy"]
        assert "frame-ancestors 'self' https://news.example" in policy.split("; ")
        assert 'site="news" key="/&lt;1&gt;"' in response.text
        assert 'src="/embed.js"' in response.text
        assert 'src="/frame.js"' in response.text
        await thread_of(running, "/<1>")


async def test_no_page_but_that_can_be_framed(running: Running) -> None:
    thread = await hosted(running)
    for path, form in (("/", "'none'"), (f"/t/{thread.id}", "'self'"), ("/nowhere", "'none'")):
        headers = (await running.http.get(path)).headers
        policy = headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= set(policy)
        assert {"base-uri 'none'", f"form-action {form}", "connect-src 'self'"} <= set(policy)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


async def test_readers_in_a_hurry_are_told_when_to_come_back(tmp_path: Path) -> None:
    async with running_node(tmp_path) as (_, http):
        response = httpx.Response(200)
        for _ in range(1000):
            response = await http.get("/nowhere")
            if response.status_code == 429:
                break
        assert response.status_code == 429
        assert int(response.headers["Retry-After"]) >= 1
        assert "Too many pages at once" in response.text


class Outline(HTMLParser):
    """What a page must and must not have, gathered as a browser reads it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.landmarks: list[str] = []
        self.inline: list[str] = []
        self.lang: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called for each element."""
        given = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "html":
            self.lang = given.get("lang")
        if tag == "main":
            self.landmarks.append(tag)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        data = tag == "script" and given.get("type") == "application/ld+json"  # which no browser runs
        if not data and (tag == "style" or "style" in given or (tag == "script" and not given.get("src"))):
            self.inline.append(tag)
        self.inline += [name for name in given if name.startswith("on")]


async def test_every_page_is_well_built(running: Running) -> None:
    welcome = (await running.http.get("/")).text
    paths = [path for _, path in await demo.install(running.node)]
    embed = "/embed?site=demo&key=/2026/11/21/should-the-clock-strike-at-night"
    texts = [welcome] + [(await running.http.get(path)).text for path in ["/", "/nowhere", embed, *paths]]
    for html in texts:
        outline = Outline(html)
        assert outline.lang == "en"
        assert outline.landmarks == ["main"]
        assert outline.levels[0] == 1
        assert outline.levels.count(1) == 1
        assert all(after - before <= 1 for before, after in zip(outline.levels, outline.levels[1:], strict=False))
        assert len(outline.ids) == len(set(outline.ids))
        assert outline.inline == []
        for target in re.findall(r'href="#([^"]+)"', html):
            assert target in outline.ids


async def test_storage_that_fails_is_told_to_people(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("SELECT 'a secret'", None, Exception("disk I/O error"))

    monkeypatch.setattr(data, "read_front_page", fail)
    response = await running.http.get("/")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert "please try again" in response.text
    assert "secret" not in response.text
