"""The widget over several nodes: Redis away, storage away, a node that restarts. Readers keep reading, nothing typed is
lost, and what was delayed comes by itself, once."""

import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Readers
from tests.browser.widget import Widget
from tests.support.many import Many, many
from tests.support.pages import PageHost, snippet
from tests.support.services import Service

DELAYED = "Delayed. It will be sent as soon as possible."


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """Two web nodes and a worker."""
    with many(tmp_path_factory.mktemp("fleet"), webs=2, workers=1) as running:
        yield running


def open_on_each(fleet: Many, host: PageHost, readers: Readers, key: str) -> list[Widget]:
    """The comments of one article, on a page for each node."""
    for web in fleet.webs:
        web.open_thread(key)
    addresses = [host.article(f"{key}/{n}", snippet(web.url, key)) for n, web in enumerate(fleet.webs)]
    return [Widget(readers.open(address)).ready() for address in addresses]


def stop(service: Service, fault: str) -> None:
    """It hangs, or it is gone."""
    if fault == "stalled":
        service.send(signal.SIGSTOP)
    else:
        service.end(signal.SIGKILL)


def heal(service: Service, fault: str) -> None:
    """It is back."""
    if fault == "stalled":
        service.send(signal.SIGCONT)
    else:
        service.start()


@pytest.mark.parametrize("fault", ["stalled", "killed"])
def test_without_redis_a_comment_is_delayed_and_comes_once(
    fleet: Many, host: PageHost, readers: Readers, fault: str
) -> None:
    key = f"/2026/11/22/redis-{fault}"
    writer, other = pages = open_on_each(fleet, host, readers, key)
    writer.say("Before", name="Ada")
    for widget in pages:
        widget.shows([1])
    stop(fleet.redis, fault)
    try:
        writer.say("Through the dark")
        mine = writer.comment("Through the dark")
        expect(mine).to_contain_text(DELAYED)
        expect(mine.get_by_role("alert")).to_have_count(0)
        expect(mine.get_by_role("button", name="Retry")).to_have_count(0)
        for widget in pages:
            expect(widget.notice("problem")).to_be_hidden()
            widget.shows([1])
    finally:
        heal(fleet.redis, fault)
    for widget in pages:
        expect(widget.comment("Through the dark").locator(".number")).to_have_text("#2")
        widget.shows([2, 1])
    other.say("And back")
    expect(writer.comment("And back").locator(".number")).to_have_text("#3")
    for web in fleet.webs:
        comments = web.get("/api/v1/threads", site="demo", key=key)["comments"]
        assert [comment["number"] for comment in comments] == [3, 2, 1]


def test_a_reader_who_comes_while_redis_is_away_can_read(fleet: Many, host: PageHost, readers: Readers) -> None:
    key = "/2026/11/22/reading-without-redis"
    writer, _ = open_on_each(fleet, host, readers, key)
    writer.say("Written before")
    writer.shows([1])
    fleet.redis.send(signal.SIGSTOP)
    try:
        late = Widget(readers.open(host.article(f"{key}/late", snippet(fleet.webs[0].url, key)))).ready()
        late.shows([1])
        expect(late.notice("offline")).to_be_hidden()
        expect(late.notice("problem")).to_be_hidden()
    finally:
        fleet.redis.send(signal.SIGCONT)


def test_without_storage_the_thread_is_late_but_stays(fleet: Many, host: PageHost, readers: Readers) -> None:
    readers.allow()
    readers.allow(re.compile("blocked by CORS policy"))  # a node without storage serves no part of the widget
    readers.allow(re.compile("status of 503"))  # nor how far one has read, which a page may ask for meanwhile
    key = "/2026/11/22/without-storage"
    writer, other = pages = open_on_each(fleet, host, readers, key)
    writer.say("Before", name="Ada")
    for widget in pages:
        widget.shows([1])
    fleet.postgresql.end(signal.SIGQUIT)
    try:
        fleet.webs[1].kill()
        fleet.webs[1].launch()  # its readers come back to a node that cannot read storage
        writer.say("In the meantime")
        expect(writer.comment("In the meantime")).to_contain_text(DELAYED)
        expect(writer.notice("problem")).to_be_hidden()
        expect(writer.notice("offline")).to_be_hidden()
        other.shows([1])
    finally:
        fleet.postgresql.start()
    fleet.webs[1].wait_until_ready()
    for widget in pages:
        expect(widget.comment("In the meantime").locator(".number")).to_have_text("#2")
        expect(widget.notice("offline")).to_be_hidden()
        widget.shows([2, 1])
