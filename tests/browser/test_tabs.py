"""Several tabs of one browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget

# A tab that is busy hears of the others too late.
DEAF = "addEventListener('storage', (event) => event.stopImmediatePropagation(), true)"


@pytest.mark.parametrize("offline", [False, True])
def test_a_draft_that_two_tabs_post_is_stored_once(room: Room, readers: Readers, offline: bool) -> None:
    readers.allow()
    context = readers.profile()
    context.add_init_script(DEAF)
    first = Widget(context.new_page())
    first.page.goto(room.url)
    first.ready().write("Written once")
    second = Widget(context.new_page())
    second.page.goto(room.url)
    expect(second.ready().area).to_have_value("Written once")
    context.set_offline(offline)
    for tab in (first, second):
        tab.post_button.click()
        expect(tab.area).to_have_value("")
    context.set_offline(False)
    room.post("The end")
    for tab in (first, second):
        expect(tab.comment("The end")).to_be_visible()
        expect(tab.root.locator(".pending")).to_have_count(0)
        expect(tab.comment("Written once")).to_have_count(1)
    assert [html for html in room.bodies() if "once" in html] == ["<p>Written once</p>"]
