"""Comments of others come in where they disturb nobody, and are seen; else they wait behind the pill."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.test_reading import drawn, watch
from tests.browser.widget import Widget
from tests.support.contract import Live

NAV = """<style>nav { position: fixed; inset: 0 0 auto; height: 64px; background: teal; z-index: 100 }</style>
<script>addEventListener("load", () => document.body.prepend(document.createElement("nav")))</script>"""


def top_of(item: Locator) -> float:
    """Where it is in the window, in px."""
    return float(item.evaluate("(item) => item.getBoundingClientRect().top"))


def open_at_the_top(room: Room, readers: Readers) -> Widget:
    """A thread of ten comments with its newest in view; what decides how comments come in is there."""
    room.fill(10)
    widget = Widget(readers.open(room.url)).ready()
    widget.comments.first.scroll_into_view_if_needed()
    room.post("The first to come")
    expect(widget.comments.first).to_contain_text("The first to come")
    return widget


def test_what_is_pointed_at_does_not_move(room: Room, readers: Readers) -> None:
    widget = open_at_the_top(room, readers)
    reply = widget.mine("Comment 9,", "Reply")
    reply.hover()
    before = top_of(reply)
    room.post("While I point")
    expect(widget.pill).to_have_text("↑ 1 new")
    assert top_of(reply) == before
    widget.page.mouse.down()
    widget.page.mouse.up()
    expect(widget.root.locator(".replying")).to_contain_text("#9")
    widget.page.mouse.move(0, 0)
    widget.button("Cancel").evaluate("(button) => { button.click(); button.getRootNode().activeElement?.blur() }")
    expect(widget.comments.first).to_contain_text("While I point")
    expect(widget.pill).to_be_hidden()


def test_what_is_selected_does_not_move(room: Room, readers: Readers) -> None:
    widget = open_at_the_top(room, readers)
    text = widget.comment("Comment 9,").locator(".body p")
    text.dblclick(position={"x": 5, "y": 5})
    widget.page.mouse.move(0, 0)
    before = top_of(text)
    room.post("While I select")
    expect(widget.pill).to_be_visible()
    assert top_of(text) == before
    widget.pill.click()
    expect(widget.comment("While I select")).to_be_focused()


@pytest.mark.parametrize("lifted", ["touchend", "touchcancel"])
def test_what_is_touched_does_not_move(lifted: str, room: Room, readers: Readers) -> None:
    widget = open_at_the_top(room, readers)
    item = widget.comment("Comment 9,")
    item.dispatch_event("touchstart")
    before = top_of(item)
    room.post("While I touch")
    expect(widget.pill).to_be_visible()
    assert top_of(item) == before
    item.dispatch_event(lifted)
    expect(widget.comments.first).to_contain_text("While I touch")


def test_more_than_can_be_read_waits(room: Room, readers: Readers) -> None:
    widget = open_at_the_top(room, readers)
    with Live(room.server.url) as live:
        live.do("hello", token=room.ann.token)
        room.burst(live, [f"One of many {n}" for n in range(20)])
    expect(widget.pill).to_be_visible()
    widget.pill.click()
    expect(widget.comments).to_have_count(31)
    expect(widget.pill).to_be_hidden()


def test_a_new_comment_is_seen(room: Room, readers: Readers) -> None:
    widget = open_at_the_top(room, readers)
    room.post("Look at me")
    item = widget.comment("Look at me")
    expect(item).to_be_visible()
    assert item.evaluate("(item) => item.getAnimations().length") == 1
    expect(item).not_to_have_class("comment fresh")
    expect(widget.root.locator(".live")).to_be_visible()


def test_with_reduced_motion_a_dot_says_that_it_is_new(room: Room, readers: Readers) -> None:
    room.fill(3)
    widget = Widget(readers.open(room.url, reduced_motion="reduce")).ready()
    room.post("Look at me")
    item = widget.comment("Look at me")
    expect(item).to_be_visible()
    assert item.evaluate("(item) => item.getAnimations().length") == 0
    assert item.locator(".meta").evaluate("(meta) => getComputedStyle(meta, '::before').content") == '"●"'


def test_the_pill_stays_below_a_header_that_sticks(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    room.fill(50)
    widget = Widget(readers.open(embedded(head=NAV))).ready()
    watch(widget, 10)
    room.post("Behind the header?")
    expect(widget.pill).to_be_visible()
    assert top_of(widget.pill) >= 64
    widget.pill.click()
    item = widget.comment("Behind the header?")
    expect(item).to_be_focused()
    assert top_of(item) >= 64


def test_the_pill_knows_the_way_back(room: Room, readers: Readers) -> None:
    room.fill(50)
    widget = Widget(readers.open(room.url)).ready()
    watch(widget, 10)
    drawn(widget)
    reading = widget.comment("Comment 10,")
    room.post("Up there")
    widget.pill.click()
    expect(widget.comment("Up there")).to_be_in_viewport()
    back = widget.button("Back to where you were")
    back.click()
    expect(reading).to_be_in_viewport()
    expect(back).to_be_hidden()


def test_comments_come_in_although_what_decides_how_is_gone(room: Room, readers: Readers) -> None:
    """As after an upgrade, when the file of a page that is still open is no longer there."""
    room.fill(3)
    context = readers.profile()
    readers.allow()
    context.route(re.compile(r"/reading-\w+\.js"), lambda route: route.abort())
    page = context.new_page()
    page.goto(room.url)
    widget = Widget(page).ready()
    room.post("All the same")
    expect(widget.comments.first).to_contain_text("All the same")
