"""Articles, and threads that are made on first use."""

import asyncio
from functools import partial
from typing import Any

import pytest

from hubbub.commands.threads import ArticleDetails, EnsureThread, PutThread
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.keys import clean_key
from hubbub.domain.model import Article, Theme
from hubbub.protocol.requests.threads import ThreadBody
from hubbub.services.rate_limits import THREADS_ADDRESS
from hubbub.services.threads import open_thread, prepare_put_thread
from hubbub.storage.threads import thread_by_key
from tests.unit.samples import AT, OLA, SITE, THREAD, caller, post, site
from tests.unit.services.conftest import Services, code


async def test_an_article(services: Services) -> None:
    body = ThreadBody(
        title=" The  title ",
        url="https://news.example/page",
        section="News",
        published="2026-11-22T11:00:00+01:00",
        author="Ann",
        source="The Wire",
        source_url="wire.example",
        body="# Head\n\ntext",
        poster="/assets/a.svg",
        poster_text=" A  cat ",
        theme=Theme.CLASSIC,
    )
    command = await prepare_put_thread(services, caller(OLA), SITE, "/page", body)
    article = command.article
    assert article is not None
    assert command == PutThread(SITE, "/page", "The title", "https://news.example/page", article, actor=OLA)
    html = article.html
    assert "<h2" in html
    assert article == Article(
        "News",
        AT,
        "Ann",
        "The Wire",
        "https://wire.example",
        "# Head\n\ntext",
        html,
        "/assets/a.svg",
        "A cat",
        "classic",
    )


async def test_a_thread_without_an_article_keeps_the_one_it_has(services: Services) -> None:
    command = await prepare_put_thread(services, caller(OLA), SITE, "/page", ThreadBody(title="T"))
    assert command == PutThread(SITE, "/page", "T", None, None, actor=OLA)


async def test_what_is_said_of_an_article_without_its_text_changes_that_alone(services: Services) -> None:
    body = ThreadBody(section="News", published="1970-01-01T00:00:01Z")
    command = await prepare_put_thread(services, caller(OLA), SITE, "/page", body)
    details = ArticleDetails(section="News", published=1000)
    assert command == PutThread(SITE, "/page", None, None, None, details, OLA)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "x" * 301},
        {"title": "a\nb"},
        {"url": "javascript:alert(1)"},
        {"url": "/page"},
        {"section": "x" * 51},
        {"body": "x", "poster": "http://a.example/a.png"},
        {"body": "x", "poster": "//a.example/a.png"},
        {"author": "x" * 51},
        {"source": "a\nb"},
        {"source_url": "ftp://wire.example"},
        {"published": "yesterday"},
        {"body": "x", "section": "x" * 51},
        {"body": "x", "author": "x" * 51},
        {"body": "x", "source": "x" * 301},
        {"body": "x", "source_url": "ftp://wire.example"},
        {"body": "x", "published": "yesterday"},
        {"body": "x", "published": "2026-11-22"},
        {"body": "x", "published": "0001-01-01T00:00:00+23:59"},
        {"body": " "},
        {"body": "x" * 60_001},
        {"body": "[x](javascript:alert(1))"},
    ],
    ids=lambda wrong: repr(wrong)[:40],
)
async def test_an_article_that_cannot_be_shown(services: Services, wrong: dict[str, Any]) -> None:
    assert (
        await code(prepare_put_thread(services, caller(OLA), SITE, "/page", ThreadBody(**wrong)))
        is ErrorCode.BAD_REQUEST
    )


NEWS = "https://news.example"
PAGE = caller(None, NEWS)


async def test_a_page_opened_for_the_first_time_has_its_thread_made_once(services: Services) -> None:
    refs = await asyncio.gather(*(open_thread(services, PAGE, SITE, "/new") for _ in range(20)))
    assert len(set(refs)) == 1
    made = await services.worker.database.read(thread_by_key, SITE, "/new")
    assert made is not None
    assert (made.id, made.url) == (refs[0].id, "https://news.example/new")
    assert services.worker.published == [], "nothing happened that readers could see"


@pytest.mark.parametrize("key", ["new", "https://news.example/new"])
async def test_a_key_that_is_no_path_gives_no_address(services: Services, key: str) -> None:
    await open_thread(services, PAGE, SITE, key)
    made = await services.worker.database.read(thread_by_key, SITE, key)
    assert made is not None
    assert made.url is None


async def test_the_servers_own_page_is_not_taken_for_the_publishers(services: Services) -> None:
    services.sites.own_origins = frozenset({"http://127.0.0.1:8000"})
    await open_thread(services, caller(None, "http://127.0.0.1:8000"), SITE, "/new")
    made = await services.worker.database.read(thread_by_key, SITE, "/new")
    assert made is not None
    assert made.url is None


async def test_a_program_reads_but_makes_no_thread(services: Services) -> None:
    ref = await open_thread(services, caller(None), SITE, "/page")
    assert ref.id == THREAD
    assert await code(open_thread(services, caller(None), SITE, "/new")) is ErrorCode.NOT_FOUND
    assert await services.worker.database.read(thread_by_key, SITE, "/new") is None


async def test_pages_that_may_not(services: Services) -> None:
    await services.sites.put(site("other", "https://other.example"))
    opening = partial(open_thread, services)
    assert await code(opening(caller(None, "https://other.example"), SITE, "/page")) is ErrorCode.FORBIDDEN
    assert await code(opening(caller(None, "null"), SITE, "/page")) is ErrorCode.FORBIDDEN
    assert await code(opening(PAGE, "none", "/page")) is ErrorCode.NOT_FOUND
    assert await code(opening(caller(None), "none", "/page")) is ErrorCode.NOT_FOUND


async def test_new_threads_have_a_pace_and_old_ones_none(services: Services) -> None:
    for number in range(THREADS_ADDRESS.burst):
        await open_thread(services, PAGE, SITE, f"/{number}")
    assert await code(open_thread(services, PAGE, SITE, "/new")) is ErrorCode.RATE_LIMITED
    assert await code(open_thread(services, PAGE, SITE, "/1")) is None
    assert await code(open_thread(services, caller(None, NEWS, "192.0.2.2"), SITE, "/new")) is None


@pytest.mark.parametrize(
    "key", ["", " ", "x" * 501, "a\nb", "a\x00b", "\u200b", "a\ufffd"], ids=lambda key: ascii(key)[:20]
)
def test_a_key_that_cannot_be_kept(key: str) -> None:
    with pytest.raises(Refused) as caught:
        clean_key(key)
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_a_key_is_kept_as_it_is() -> None:
    assert clean_key("/2026/11/22/my-article?page=2#ä") == "/2026/11/22/my-article?page=2#ä"


@pytest.mark.parametrize("sent", ["/caf%C3%A9", "/caf%c3%a9", "/café", "/cafe%CC%81"])
async def test_all_ways_to_write_an_address_lead_to_one_thread(services: Services, sent: str) -> None:
    ref = await open_thread(services, PAGE, SITE, "/café")
    assert ref.key == "/café"
    assert await open_thread(services, PAGE, SITE, sent) == ref
    command = await prepare_put_thread(services, caller(OLA), SITE, sent, ThreadBody())
    assert command.key == "/café"
    assert await services.history.counts(SITE, [sent]) == {sent: 0}


@pytest.mark.parametrize("stored", ["/caf%C3%A9", "/caf%c3%a9", "/cafe%CC%81"])
@pytest.mark.parametrize("sent", ["/caf%C3%A9", "/café"])
async def test_a_thread_stored_under_an_encoded_key_is_found(services: Services, stored: str, sent: str) -> None:
    done = await services.worker.command_bus.submit(EnsureThread(SITE, stored))
    assert done.thread
    await services.worker.command_bus.submit(post(1, thread=done.thread.id))
    ref = await open_thread(services, PAGE, SITE, sent)
    assert (ref.id, ref.key) == (done.thread.id, stored)
    assert (await prepare_put_thread(services, caller(OLA), SITE, sent, ThreadBody())).key == stored
    assert await services.history.counts(SITE, [sent]) == {sent: 1}
