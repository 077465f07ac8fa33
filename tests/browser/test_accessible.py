"""For everybody: axe finds nothing in any state, the keyboard reaches all, and a much enlarged page still fits."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Readers
from tests.browser.rooms import Room, Rooms, moderator_storage
from tests.browser.widget import ACTIVE, Widget, focused_label, pause_clock, tab_until
from tests.support.contract import eventually

SCHEMES = ["light", "dark"]
BODIES = [
    "Plain words, and then some *italic*, **bold**, <u>underlined</u>, ~~struck~~ and <small>small</small> ones.",
    "> Somebody said so.\n\n1. One\n2. Two\n\n- Bullet\n\n`code` and [a link](https://example.org/).",
    "```\nsome_code = " + "x" * 200 + "\n```",
    "https://example.org/" + "a-very-long-address-" * 20,
    "W" * 300,
]
SUMMARY_MS = 3000  # of arrivals, for the ear
NOTE_ARRIVALS = """() => {
  window.__arrived = 0;
  document.addEventListener("hubbub:comment", () => window.__arrived++);
}"""
NARROW = [(320, 800), (320, 256)]  # 1280 x 1024 at 400 % (WCAG 2.2, 1.4.10)


@pytest.fixture
def full(room: Room) -> Room:
    """A thread with all that a thread can have: markup, long words, a reply, an edit, a tombstone, a moderator."""
    posted = [room.post(body) for body in BODIES]
    room.post("A reply", parent=posted[0]["id"])
    room.post("A moderator's word", who=room.moderator)
    room.remove(room.post("Removed"))
    room.edit(posted[0], BODIES[0] + " Edited.")
    return room


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_on_the_hosted_page(scheme: str, full: Room, readers: Readers) -> None:
    page = readers.open(full.url, color_scheme=scheme)
    widget = Widget(page).ready()
    assert violations(page, contrast=scheme == "dark") == []

    widget.area.fill("x" * 10_001)
    widget.post_button.click()
    expect(widget.root.get_by_role("alert").filter(has_text="too long")).to_be_visible()
    assert violations(page, contrast=scheme == "dark") == []
    widget.area.fill("")
    widget.mine("A reply", "Reply").click()
    assert violations(page, contrast=scheme == "dark") == []

    widget.say("A draft of my own")
    widget.mine("A draft of my own", "Edit").click()
    expect(widget.root.get_by_role("textbox", name="Edit comment #")).to_be_visible()
    assert violations(page, contrast=scheme == "dark") == []
    widget.button("Cancel").last.click()
    widget.mine("A draft of my own", "Delete").click()
    expect(widget.button("Keep")).to_be_focused()
    assert violations(page, contrast=scheme == "dark") == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_on_a_closed_thread(scheme: str, full: Room, readers: Readers) -> None:
    page = readers.open(full.url, color_scheme=scheme)
    widget = Widget(page).ready()
    widget.write("A draft")
    full.close("Enough for today.")
    expect(widget.notice("closed")).to_be_visible()
    assert violations(page, contrast=scheme == "dark") == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_on_a_moderators_page(scheme: str, full: Room, readers: Readers) -> None:
    page = readers.open(full.url, moderator_storage(full), color_scheme=scheme)
    widget = Widget(page).ready()
    expect(widget.button("Restore", exact=False)).to_be_visible()
    widget.button("Close comments").click()
    expect(widget.root.get_by_role("textbox", name="Reason (optional)")).to_be_focused()
    assert violations(page, contrast=scheme == "dark") == []


@pytest.mark.parametrize("order", ["newest", "chat"])
def test_axe_on_a_publishers_page(order: str, full: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    page = readers.open(embedded(f'order="{order}"'))
    Widget(page).ready()
    assert violations(page) == []


def test_axe_on_the_pill(full: Room, readers: Readers) -> None:
    full.fill(50)
    page = readers.open(full.url)
    widget = Widget(page).ready()
    widget.comment("Comment 10,").scroll_into_view_if_needed()
    full.post("New")
    expect(widget.pill).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_on_the_front_page(scheme: str, full: Room, readers: Readers) -> None:
    assert violations(readers.open(full.server.url, color_scheme=scheme), contrast=scheme == "dark") == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_without_the_widget(scheme: str, full: Room, readers: Readers) -> None:
    readers.allow(re.compile("status of 404"))  # of the last of the three
    context = readers.profile(color_scheme=scheme)
    context.route("**/embed.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page = context.new_page()
    for path in (f"/t/{full.id}", f"/embed?site=demo&key={full.key}", "/t/nothing"):
        page.goto(full.server.url + path)
        assert violations(page, contrast=scheme == "dark") == [], path


def test_axe_sees_what_is_wrong(full: Room, readers: Readers) -> None:
    """The check itself can fail, inside the shadow root too."""
    page = readers.open(full.url)
    Widget(page).ready().area.evaluate("(area) => { area.removeAttribute('aria-label'); area.placeholder = ''; }")
    assert any("label" in fault for fault in violations(page))


def test_the_keyboard_reaches_everything(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    room.post("A comment")
    page = readers.open(embedded())
    widget = Widget(page).ready()
    assert tab_until(page, "Your comment") == ["Layout", "Your comment"]
    expect(widget.button("Bold")).to_be_visible()
    came_by = tab_until(page, "Reply")
    assert came_by[:5] == ["Bold", "Name (optional)", "Pick a nick", "More", "Post comment"]
    assert came_by[5:] == ["Ann", "#1", "now", "Ignore Ann, #1", "Reply to Ann, comment 1"]
    tab_until(page, "More", key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(widget.root.get_by_label("E-mail (optional, not shown)")).to_be_visible()
    stops = tab_until(page, "Post comment")
    assert stops[:2] == ["E-mail (optional, not shown)", "Website (optional)"]

    widget.area.focus()
    page.keyboard.press("Tab")
    for label in ("Italic", "Quote"):
        page.keyboard.press("ArrowRight")
        assert focused_label(page) == label
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert focused_label(page) == "More formatting", "expected the arrows to go round"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(widget.area).to_be_focused()
    page.keyboard.type("loud")
    expect(widget.area).to_have_value("**loud**")
    page.keyboard.press("Control+Enter")
    expect(widget.comment("loud").locator("strong")).to_have_text("loud")
    expect(widget.area).to_have_value("")
    assert len(room.stored()) == 2


def test_focus_can_be_seen(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    """Every stop of the keyboard has an outline (WCAG 2.2, 2.4.7)."""
    for _ in range(2):
        room.post("A comment")
    page = readers.open(embedded())
    Widget(page).ready()
    for _ in range(9):
        page.keyboard.press("Tab")
        outline = page.evaluate(f"getComputedStyle(({ACTIVE})()).outlineStyle")
        assert outline != "none", f"expected an outline around {focused_label(page)!r}"


def test_reply_and_back_by_keyboard(room: Room, readers: Readers) -> None:
    room.post("A question")
    page = readers.open(room.url)
    widget = Widget(page).ready()
    tab_until(page, "Reply to Ann, comment 1")
    page.keyboard.press("Enter")
    expect(widget.area).to_be_focused()
    tab_until(page, "Cancel", key="Shift+Tab", limit=5)
    page.keyboard.press("Enter")
    expect(widget.root.locator(".replying")).to_be_hidden()
    expect(widget.area).to_be_focused()


def fits(page: Page) -> None:
    """Asserts that nothing is wider than the window, and says what is."""
    wide = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          const all = (root) =>
            [...root.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
          return all(document).filter((e) => e.getBoundingClientRect().right > width + 0.5)
            .map((e) => e.outerHTML.slice(0, 80));
        }"""
    )
    assert wide == [], page.url


@pytest.mark.parametrize(("width", "height"), NARROW)
def test_it_fits_a_narrow_window(
    width: int, height: int, full: Room, rooms: Rooms, readers: Readers, embedded: Callable[..., str]
) -> None:
    size = {"width": width, "height": height}
    long_name = rooms.make(
        title="A headline of a length that no editor in their right mind would ever have let through"
    )
    long_name.post("Hm", who=long_name.api.session(name="W" * 50).token)
    for url in (full.url, embedded(), embedded('order="chat"'), full.server.url, long_name.url):
        page = readers.open(url, viewport=size)
        expect(page.locator("hubbub-thread header, hubbub-count").first).to_be_visible()
        fits(page)
    widget = Widget(readers.open(full.url, moderator_storage(full), viewport=size)).ready()
    widget.button("Close comments").click()
    widget.mine("A reply", "Reply").click()
    widget.mine("A moderator's word", "Remove").click()
    widget.area.fill("W" * 400)
    fits(widget.page)
    widget.page.keyboard.press("Control+a")
    full.close("x" * 300)
    expect(widget.notice("closed")).to_be_visible()
    fits(widget.page)


def test_the_place_to_write_can_be_seen_enlarged(full: Room, readers: Readers) -> None:
    """At 400 % what has focus is not below something else (WCAG 2.2, 2.4.11)."""
    full.fill(10)
    widget = Widget(readers.open(full.url, viewport={"width": 320, "height": 256})).ready()
    widget.area.focus()
    expect(widget.area).to_be_in_viewport()
    widget.page.keyboard.press("Tab")
    expect(widget.name).to_be_in_viewport()


def test_arrivals_are_said_once(room: Room, readers: Readers) -> None:
    """A screen reader hears of a burst in one sentence, not in thirty."""
    page = readers.profile().new_page()
    page.clock.install()
    page.goto(room.url)
    widget = Widget(page).ready()
    page.evaluate(NOTE_ARRIVALS)
    pause_clock(page)
    said = widget.root.get_by_role("status")
    for burst in range(1, 4):
        room.fill(10)
        _wait_for_arrivals(page, burst * 10)
        page.clock.run_for(100)  # draws them
        expect(said).to_have_text("")
    page.clock.run_for(SUMMARY_MS)
    expect(said).to_have_text("30 new comments")


def _wait_for_arrivals(page: Page, count: int) -> None:
    eventually(lambda: page.evaluate("window.__arrived") == count, f"{count} comments arrive")


def test_a_high_contrast_theme_keeps_the_borders(full: Room, readers: Readers) -> None:
    page = readers.open(full.url, forced_colors="active")
    Widget(page).ready()
    assert violations(page) == []
