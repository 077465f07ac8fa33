"""The server's own pages and feeds are in the language of the site, or in that which an address asks for."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from hubbub import languages
from hubbub.commands.moderation import RemoveComment
from hubbub.commands.posting import EditComment, PostComment
from hubbub.commands.sites import ChangeSite
from hubbub.commands.threads import CloseThread, PinComment
from hubbub.commands.votes import CastVote
from hubbub.domain.model import Site
from hubbub.domain.sizes import PAGE_COMMENTS
from hubbub.protocol.requests.threads import ThreadBody
from hubbub.services.identity import guest
from tests.integration.test_pages import OWNER, hosted, say
from tests.support.nodes import Running, running_node

LANGUAGES = Path(languages.__file__).parent


def words(text: str) -> set[str]:
    """The words of Latin letters in a text."""
    return set(re.findall(r"[A-Za-z]{3,}", text))


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


@pytest.mark.parametrize("place", ["/t/{id}", "/embed?site=news&key=/1", "/", "/t/nothing/here"])
async def test_what_the_browser_prefers_does_not_choose(running: Running, place: str) -> None:
    thread = await hosted(running)
    path = place.format(id=thread.id)
    plain, german, arabic = [
        await running.http.get(path, headers={"Accept-Language": tags}) for tags in ("en", "de-AT,de;q=0.9", "ar")
    ]
    told = [re.sub(r'name="id" value="[^"]+"', "", page.text) for page in (plain, german, arabic)]
    assert told[0] == told[1] == told[2]
    assert '<html lang="en" dir="ltr"' in plain.text
    assert "Accept-Language" not in plain.headers["Vary"]


@pytest.mark.parametrize(("language", "direction", "closed"), [("de", "ltr", "geschlossen"), ("ar", "rtl", "أُغلقت")])
async def test_a_busy_page_has_no_word_of_english(running: Running, language: str, direction: str, closed: str) -> None:
    """All that a thread can have; what people wrote, and names, are of no language here."""
    await running.node.sites.carry_out(ChangeSite("news", language=language, title="§"))
    article = ThreadBody(title="§", section="§", author="§", source="§", published="2026-11-22T10:00:00Z", body="§")
    thread = await hosted(running, article)
    bus = running.node.command_bus
    voter, ann = guest("news", "§", None, None), guest("news", "§", None, None)
    first, *_, comment = ids = [str(uuid4()) for _ in range(PAGE_COMMENTS + 2)]
    for id_, parent in zip(ids, (None, *ids), strict=False):
        await bus.submit(PostComment(id_, thread.id, ann, "§", "<p>§</p>", parent))
    await bus.submit(EditComment(comment, thread.id, ann, "§", "<p>§§</p>"))
    await bus.submit(CastVote(comment, thread.id, voter, 1))
    await bus.submit(PinComment(thread.id, OWNER, comment))
    await bus.submit(RemoveComment(first, thread.id, OWNER, None))
    address = f"/t/{thread.id}"
    pages = [(await running.http.get(path)).text for path in ("/", address, f"{address}?before={PAGE_COMMENTS}")]
    await bus.submit(CloseThread(thread.id, OWNER, None))
    pages.append((await running.http.get(address)).text)
    assert closed in pages[-1]
    texts = json.loads((LANGUAGES / f"{language}.json").read_text(encoding="utf-8"))
    english = words(" ".join(texts)) - words(str(list(texts.values())))
    for page in pages:
        assert f'<html lang="{language}" dir="{direction}"' in page
        shown = re.sub(r"<head>.*</head>|<script.*?</script>", "", page, flags=re.DOTALL)
        assert words(re.sub(r"<[^>]*>|&\w+;", " ", shown)) & english == set()


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
