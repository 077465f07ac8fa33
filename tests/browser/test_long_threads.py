"""A long thread: few of its comments are drawn, and what is read neither moves nor is missing."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget
from tests.support.contract import Live

COMMENTS = 650
MOST = 400  # rows
# Numbers and tops of the comments in view, from top to bottom; whether they fill the view; how many rows there are.
IN_VIEW = """() => {
  const list = document.querySelector("hubbub-thread").shadowRoot.querySelector(".list");
  const { top, bottom } = list.matches(".chat") ? list.getBoundingClientRect() : { top: 0, bottom: innerHeight };
  const all = [...list.querySelectorAll("li")].map((row) => [row, row.getBoundingClientRect()]);
  const rows = all.filter(([, at]) => at.bottom > top && at.top < bottom);
  return {
    rows: rows.map(([row, at]) => [Number(row.querySelector(".number").textContent.slice(1)), at.top]),
    whole: rows.length > 0 && rows[0][1].top <= top && rows.at(-1)[1].bottom >= bottom,
    drawn: all.length,
  };
}"""
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
SCROLL_TO = """(share) => {
  const list = document.querySelector("hubbub-thread").shadowRoot.querySelector(".list");
  const box = list.matches(".chat") ? list : document.scrollingElement;
  box.scrollTop = box.scrollHeight * share;
}"""


def _fill(room: Room) -> None:
    """Posts comments of one line to ten."""
    texts = [f"Comment {n}. " + "It is said of the ferry. " * (n * 7 % 23) for n in range(1, COMMENTS + 1)]
    with Live(room.server.url) as live:
        live.do("hello", token=room.ann.token)
        room.burst(live, texts)


def _view(page: Page) -> Any:
    """What is in view once comments fill it."""
    page.wait_for_function(f"() => ({IN_VIEW})().whole")
    page.evaluate(DRAWN)
    found = page.evaluate(IN_VIEW)
    assert found["drawn"] <= MOST
    return found["rows"]


def _scroll(page: Page, by: int) -> None:
    """Turns the wheel: what is in view before and after has moved by as much, and no more."""
    before = _view(page)
    page.mouse.wheel(0, by)
    rows = json.dumps(before, separators=(",", ":"))
    page.wait_for_function(f"(rows) => JSON.stringify(({IN_VIEW})().rows) !== rows", arg=rows)
    after = _view(page)
    numbers = [number for number, _ in after]
    assert sorted(numbers) == [*range(min(numbers), max(numbers) + 1)]
    moved = [top - dict(after)[number] for number, top in before if number in numbers]
    assert moved
    assert all(abs(each - by) < 1 for each in moved), (by, before, after)


@pytest.mark.parametrize("layout", ["newest", "chat"])
def test_a_long_thread_scrolls_as_a_short_one(
    layout: str, room: Room, readers: Readers, embedded: Callable[..., str]
) -> None:
    _fill(room)
    page = readers.open(embedded(f'layout="{layout}"'), viewport={"width": 700, "height": 700})
    widget = Widget(page).ready()
    older = widget.button("Show older comments")
    for shown in (250, 450, 650):
        older.click()
        expect(widget.comment(f"Comment {COMMENTS - shown + 1}.")).to_be_attached()
    widget.list.hover()
    for share in (0.3, 0.7):  # from there up and down nothing has been drawn yet
        page.evaluate(SCROLL_TO, share)
        for by in (-300, -300, -300, -300, 300, 300, 300, 300, 300, 300):
            _scroll(page, by)
