"""The server's own pages and feeds are in the language of the site, or in that which an address asks for."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hubbub.commands.sites import ChangeSite
from hubbub.domain.model import Site
from tests.integration.test_pages import hosted, say
from tests.support.nodes import Running, running_node


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """A node with a site."""
    async with running_node(tmp_path, HUBBUB_RATE_LIMITS="off") as running:
        await running.node.sites.put(Site("news", ("https://news.example",)))
        yield running


async def test_the_site_chooses_and_an_address_may_ask_for_another(running: Running) -> None:
    thread = await hosted(running)
    await say(running, thread, "Hello")
    english = (await running.http.get(f"/t/{thread.id}")).text
    assert '<html lang="en" dir="ltr"' in english
    assert "<h2>1 comment</h2>" in english

    await running.node.sites.carry_out(ChangeSite("news", language="de"))
    page = (await running.http.get(f"/t/{thread.id}")).text
    assert '<html lang="de" dir="ltr"' in page
    assert "<h2>1 Kommentar</h2>" in page
    assert "<summary>Kommentar schreiben</summary>" in page
    front = (await running.http.get("/")).text
    assert 'lang="de"' in front
    assert ">1 Kommentar</hubbub-count>" in front
    feed = (await running.http.get(f"/api/v1/threads/{thread.id}/feed.atom")).text
    assert "<title>Kommentare zu " in feed

    asked = (await running.http.get(f"/t/{thread.id}?lang=ar-EG")).text
    assert '<html lang="ar" dir="rtl"' in asked
    assert re.search(rf'action="[^"]*/t/{thread.id}\?lang=ar"', asked)
    # Tags that lead to the same language share the page in memory.
    before = len(running.node.pages)
    assert (await running.http.get(f"/t/{thread.id}?lang=ar")).text.count("تعليق") == asked.count("تعليق")
    assert len(running.node.pages) == before


async def test_an_empty_frame_and_a_refusal_are_in_the_language_too(running: Running) -> None:
    await running.node.sites.carry_out(ChangeSite("news", language="zh-Hant"))
    frame = (await running.http.get("/embed?site=news&key=/new")).text
    assert '<html lang="zh-Hant" dir="ltr"' in frame
    assert "還沒有留言。" in frame
    gone = (await running.http.get("/t/nothing/here?lang=cs")).text
    assert "Tady nic není" in gone


async def test_a_name_in_another_text_stays_text(running: Running) -> None:
    frame = (await running.http.get("/embed?site=news&key=/{0}%3Cb%3E&lang=fr")).text
    assert '<h1 class="unseen">Commentaires sur <bdi>/{0}&lt;b&gt;</bdi></h1>' in frame
