"""/theme in the demo: a live thread follows the fields, and the CSS is given where it can be read."""

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import Readers
from tests.browser.rooms import Rooms
from tests.browser.widget import Widget


def test_the_css_is_given_where_all_text_can_be_read(rooms: Rooms, readers: Readers) -> None:
    page = readers.open(f"{rooms.server.url}/theme")
    widget = Widget(page).ready()
    css = page.locator("#css")
    expect(css).to_contain_text("--hubbub-accent: light-dark(#1b4f80, #9cc4ea);")
    page.get_by_label("Size, in px").fill("20")
    expect(css).to_contain_text("--hubbub-size: 20px;")
    expect(widget.root.locator(".root")).to_have_css("font-size", "20px")
    accent = page.locator("[name=accent-dark]")
    accent.fill("#555555")
    expect(css).to_be_empty()
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    expect(page.locator("#verdict")).to_contain_text("Links on the page, by night: 2.44:1")
    accent.fill("#9cc4ea")
    expect(css).to_contain_text("--hubbub-size: 20px;")
    page.get_by_label("Show it").select_option("dark")
    expect(widget.root.locator(".root")).to_have_css("color-scheme", "dark")
    assert violations(page) == []
