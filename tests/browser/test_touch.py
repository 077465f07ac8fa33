"""Under a thumb: what can be pressed is at least 44 px high and wide (WCAG 2.2, 2.5.5)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room, moderator_storage
from tests.browser.widget import Widget

PHONE = {"width": 360, "height": 740}
# What is seen and smaller. A link in a sentence may be ("Inline"); the switch for the ear is not seen.
SMALL = """() => {
  const root = document.querySelector("hubbub-thread").shadowRoot;
  const all = root.querySelectorAll("button:not(.switch), select, summary, input, textarea, [role=option]");
  const small = [...all].filter((one) => {
    const { width, height } = one.getBoundingClientRect();
    return one.checkVisibility() && Math.min(width, height) < 43.5;
  });
  return [...new Set(small.map((one) => {
    const { width, height } = one.getBoundingClientRect();
    return `${one.ariaLabel || one.textContent || one.tagName}: ${Math.round(width)} x ${Math.round(height)}`;
  }))];
}"""


def _small(page: Page) -> list[str]:
    found: list[str] = page.evaluate(SMALL)
    return found


@pytest.mark.parametrize("theme", ["plain", "paper", "classic"])
def test_what_is_pressed_has_the_size_of_a_thumb(
    theme: str, room: Room, readers: Readers, embedded: Callable[..., str]
) -> None:
    parent = room.post("The first")["id"]
    for text in ("A comment", "A comment", "A line\n\n" * 30):
        room.post(text, parent=parent)
    for _ in range(3):
        room.remove(room.post("Removed"))
    url = embedded(f'theme="{theme}"', head='<meta name="viewport" content="width=device-width">')
    page = readers.open(url, moderator_storage(room), viewport=PHONE, has_touch=True, is_mobile=True)
    widget = Widget(page).ready()
    expect(widget.button("Vote up", exact=False).first).to_be_visible()
    for layout in ("newest", "oldest", "threaded", "chat"):
        widget.root.locator("select").select_option(layout)
        expect(widget.root.locator(f".list.{layout}")).to_be_visible()
        widget.area.tap()
        widget.area.fill("@A")
        expect(widget.root.locator(".names li")).to_be_visible()
        assert _small(page) == [], layout
    page.keyboard.press("Escape")
    widget.button("More formatting").tap()
    assert _small(page) == []
    # A tap on a line of the chat shows what can be done with it, and presses nothing.
    widget.comment("The first").first.locator(".body").tap()
    expect(widget.root.locator("form.ask")).to_be_hidden()
    widget.mine("The first", "Remove").first.tap()
    expect(widget.root.locator(".ask")).to_be_visible()
    widget.button("Close comments").tap()
    assert _small(page) == []


def test_what_a_guest_presses_has_it_too(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    room.post("A comment")
    url = embedded(head='<meta name="viewport" content="width=device-width">')
    page = readers.open(url, viewport=PHONE, has_touch=True, is_mobile=True)
    widget = Widget(page).ready()
    widget.say("Mine", name="Zoë")
    widget.mine("Mine", "Edit").tap()
    expect(widget.root.get_by_role("textbox", name="Edit comment #")).to_be_visible()
    assert _small(page) == []
    widget.button("Cancel").last.tap()
    widget.mine("Mine", "Delete").tap()
    widget.comment("A comment").locator("summary").tap()
    expect(widget.button("Ignore Ann")).to_be_visible()
    assert _small(page) == []
    widget.button("Ignore Ann").tap()
    expect(widget.button("Comment by someone you ignore · Show")).to_be_visible()
    widget.area.tap()
    widget.button("Change").tap()
    widget.button("More").tap()
    widget.button("My data").first.tap()
    expect(widget.button("Stop ignoring Ann").last).to_be_visible()
    assert _small(page) == []
