"""Nothing on the page jumps when the widget comes: the browser's own measure, cumulative layout shift, stays 0."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget
from tests.support.pages import PageHost, snippet

COLLECT = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries())
    shifts.push([value, ...sources.map(({ node, previousRect, currentRect }) =>
      `${node?.nodeName} from ${previousRect.y} to ${currentRect.y}`)]);
}).observe({ type: "layout-shift", buffered: true });
"""
# What docs/embedding.md asks of a page that has something below its comments.
ROOM = "<style>hubbub-thread { display: block; min-height: 100vh }</style>"
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"


def _shifts(page: Page) -> list[Any]:
    """All shifts on `page` until the widget is whole."""
    Widget(page).ready()
    expect(Widget(page).root.get_by_role("combobox", name="Layout")).to_be_attached()
    page.evaluate(DRAWN)
    found: list[Any] = page.evaluate("shifts")
    return found


@pytest.mark.parametrize("width", [390, 1100])
def test_of_comments_that_the_server_has_rendered(width: int, room: Room, readers: Readers) -> None:
    room.fill(30)
    context = readers.profile(viewport={"width": width, "height": 800})
    context.add_init_script(COLLECT)
    page = context.new_page()
    page.goto(room.url)
    shifts = _shifts(page)
    assert sum(value for value, *_ in shifts) == 0, shifts


@pytest.mark.parametrize("width", [390, 1100])
@pytest.mark.parametrize("comments", [1, 30])
@pytest.mark.parametrize("below", ["", ROOM + "<footer>Imprint</footer>"])
def test_of_a_thread_below_an_article(
    below: str, comments: int, width: int, room: Room, readers: Readers, host: PageHost
) -> None:
    room.fill(comments)
    context = readers.profile(viewport={"width": width, "height": 800})
    context.add_init_script(COLLECT)
    page = context.new_page()
    page.goto(host.article("/shift", snippet(room.server.url, room.key) + below, paragraphs=6))
    shifts = _shifts(page)
    assert sum(value for value, *_ in shifts) == 0, shifts
