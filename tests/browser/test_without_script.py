"""Hosted pages are whole without any script: readable, linkable, older comments a link away, and a form to write."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room, Rooms
from tests.browser.widget import Widget


def test_everything_can_be_read(room: Room, readers: Readers) -> None:
    first = room.post("The *first* one")
    room.post("An answer", parent=first["id"])
    room.remove(room.post("Regretted"))
    page = readers.open(room.url, java_script_enabled=False)
    expect(page.get_by_role("heading", name="The last ferry waits")).to_be_visible()
    expect(page.locator("[id='1'] em")).to_have_text("first")
    expect(page.locator("[id='1'] .name")).to_have_text("Ann")
    expect(page.locator("[id='2'] .parent")).to_have_text("in reply to #1")
    expect(page.locator("[id='3']")).to_contain_text("Removed by a moderator")
    expect(page.get_by_text("Regretted")).to_have_count(0)
    page.locator("[id='2'] .parent a").click()
    expect(page.locator("[id='1']")).to_be_in_viewport()
    expect(page).to_have_url(f"{room.url}#comment-1")


def test_a_number_in_the_address_leads_to_the_comment(room: Room, readers: Readers) -> None:
    room.fill(40)
    for address in (f"{room.url}#7", f"{room.url}#comment-7"):
        page = readers.open(address, java_script_enabled=False)
        expect(page.locator("[id='7']")).to_be_in_viewport()
        expect(page.locator("[id='40']")).not_to_be_in_viewport()


def test_older_comments_are_a_link_away(room: Room, readers: Readers) -> None:
    room.fill(120)
    page = readers.open(room.url, java_script_enabled=False)
    numbers = page.locator("ol.comments .number")
    expect(numbers).to_have_text([f"#{n}" for n in range(120, 70, -1)])
    page.get_by_role("link", name="Older comments").click()
    expect(numbers).to_have_text([f"#{n}" for n in range(70, 20, -1)])
    page.get_by_role("link", name="Older comments").click()
    expect(numbers).to_have_text([f"#{n}" for n in range(20, 0, -1)])
    expect(page.get_by_role("link", name="Older comments")).to_have_count(0)
    page.get_by_role("link", name="Newer comments").click()
    expect(numbers).to_have_text([f"#{n}" for n in range(70, 20, -1)])
    page.get_by_role("link", name="Newest comments").click()
    expect(numbers).to_have_text([f"#{n}" for n in range(120, 70, -1)])


def test_a_comment_is_written_with_the_plain_form(room: Room, readers: Readers) -> None:
    room.fill(3)
    readers.allow(re.compile("status of 400"))
    page = readers.open(room.url, java_script_enabled=False)
    page.get_by_text("Write a comment").click()
    page.get_by_label("Comment").fill("Written *without* script")
    page.get_by_label("Name").fill("x" * 60)
    page.get_by_role("button", name="Post comment").click()
    expect(page.get_by_role("alert")).to_contain_text("50")
    expect(page.get_by_label("Comment")).to_have_value("Written *without* script")
    page.get_by_label("Name").fill("Nora")
    page.get_by_role("button", name="Post comment").click()
    expect(page).to_have_url(f"{room.url}?around=4#comment-4")
    expect(page.locator("[id='4'] .name")).to_have_text("Nora")
    expect(page.locator("[id='4'] em")).to_have_text("without")
    expect(page.locator("[id='4']")).to_be_in_viewport()
    page.reload()
    expect(page.locator("ol.comments .number")).to_have_text(["#4", "#3", "#2", "#1"])


def test_the_widget_takes_over_without_doubling(room: Room, readers: Readers) -> None:
    """With script the comments of the page give way to the live ones, and #N still leads there."""
    room.fill(120)
    page = readers.open(f"{room.url}#3")
    widget = Widget(page).ready()
    expect(widget.comment("Comment 3,")).to_be_in_viewport()
    expect(page.locator("ol.comments")).to_be_hidden()
    page.evaluate("location.hash = '#100'")
    expect(widget.comment("Comment 100,")).to_be_in_viewport()


# Where what matches begins: its first letter, its list's markers, or its quote's line.
SIDES = """selector => [...document.querySelectorAll(selector)].map(element => {
    const style = getComputedStyle(element);
    if (element.matches("ul, ol")) return style.paddingRight > style.paddingLeft ? "right" : "left";
    if (element.matches("blockquote")) return style.borderRightWidth > style.borderLeftWidth ? "right" : "left";
    const range = document.createRange();
    range.selectNodeContents(element);
    const text = range.getBoundingClientRect(), box = element.getBoundingClientRect();
    return box.right - text.right < text.left - box.left ? "right" : "left";
})"""


def sides(page: Page, selector: str) -> list[str]:
    found: list[str] = page.evaluate(SIDES, selector)
    return found


def test_every_block_begins_on_the_side_of_its_script(rooms: Rooms, readers: Readers) -> None:
    room = rooms.make(title="المعدية الأخيرة تنتظر!", paragraphs=1)
    name = "ليلى!"
    laila = room.api.session(name=name)
    room.post("English.\n\nعربي.\n\n- بند\n\n> اقتباس\n\nEnd.", who=laila.token)
    room.post("עברית.\n\n1. point\n\n> quoted", who=laila.token)
    page = readers.open(room.url, java_script_enabled=False)
    assert sides(page, "h1, .text > p, .section") == ["left", "right", "left"]
    assert sides(page, "[id='1'] .body > p") == ["left", "right", "left"]
    assert sides(page, "[id='1'] :is(ul, blockquote)") == ["right", "right"]
    assert sides(page, "[id='2'] .body > p") == ["right"]
    assert sides(page, "[id='2'] :is(ol, blockquote)") == ["left", "left"]
    # The stop of a name stands behind it, not between it and what follows on the line.
    expect(page.locator("[id='1'] bdi")).to_have_text(name)
    assert page.evaluate("getComputedStyle(document.querySelector('bdi')).unicodeBidi") == "isolate"


@pytest.mark.parametrize("script", [False, True], ids=["page", "widget"])
def test_sizes_do_not_multiply_in_older_comments(room: Room, readers: Readers, *, script: bool) -> None:
    """Their HTML was written when each typed tag became one."""
    room.post("WWW")
    page = readers.open(room.url, java_script_enabled=script)
    if script:
        Widget(page).ready()
    body = page.locator("hubbub-thread .body").filter(has_text="WWW", visible=True)
    sizes = body.evaluate(
        """body => {
            body.innerHTML = `<big><big><big>W</big></big></big> <big>W</big>
                <small><small><small>W</small></small></small>
                <small>W</small> <code><code><code>W</code></code></code> <code>W</code>`;
            const leaves = [...body.querySelectorAll(":not(:has(*))")];
            return leaves.map(leaf => parseFloat(getComputedStyle(leaf).fontSize));
        }"""
    )
    assert sizes[::2] == sizes[1::2]
    assert len(set(sizes)) == 3
