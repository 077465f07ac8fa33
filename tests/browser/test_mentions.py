"""Mentions: names that are offered while one writes, and what those see whom they name."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.axe import violations
from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget

PHONE = {"width": 360, "height": 640}
THUMB = 44  # px (WCAG 2.2, 2.5.5)


def _sides(at: Locator) -> tuple[float, float, float, float]:
    box = at.bounding_box()
    assert box
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def test_names_are_taken_by_keys_and_undone_and_who_is_named_sees_it(
    room: Room, readers: Readers, embedded: Callable[..., str]
) -> None:
    room.post("First")
    widget = Widget(readers.open(embedded())).ready()
    page, area, names = widget.page, widget.area, widget.root.get_by_role("listbox")
    widget.say("Here I am", name="Zoë")
    expect(widget.comment("Here I am").locator(".number")).to_be_visible()
    widget.write("- so @a")
    expect(names.get_by_role("option")).to_have_text(["Ann"])
    assert violations(page) == []
    assert _sides(names)[1] >= _sides(area)[3], "expected the names below the field"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(area).to_have_value("- so @Ann ")
    expect(names).to_be_hidden()
    page.keyboard.press("Control+z")
    expect(area).to_have_value("- so @a")
    page.keyboard.press("End")
    expect(names).to_be_visible()
    page.keyboard.press("Escape")
    expect(names).to_be_hidden()
    page.keyboard.press("Enter")
    expect(area).to_have_value("- so @a\n- ")

    answer = room.post("@zoe there you are")
    row = widget.comment("there you are")
    expect(row.locator(".role")).to_have_text("mentions you")
    row.get_by_role("link", name="@zoe").click()
    expect(widget.comment("Here I am")).to_be_focused()
    assert answer["html"] == "<p>@zoe there you are</p>"


def test_on_a_phone_a_tap_takes_a_name_from_right_to_left_too(
    room: Room, readers: Readers, embedded: Callable[..., str]
) -> None:
    room.fill(30)
    page = readers.open(
        embedded('layout="chat"', head='<meta name="viewport" content="width=device-width">'),
        viewport=PHONE,
        has_touch=True,
        is_mobile=True,
    )
    widget = Widget(page).ready()
    names = widget.root.get_by_role("listbox")
    widget.area.tap()
    for text, side in (("ok @", 0), ("مرحبا @", 2)):
        widget.area.fill(text)
        option = names.get_by_role("option")
        expect(option).to_have_text(["Ann"])
        (left, top, right, bottom), field = _sides(option), _sides(widget.area)
        assert bottom - top >= THUMB
        assert 0 <= left < right <= PHONE["width"]
        assert 0 <= top < bottom <= PHONE["height"]
        assert bottom <= field[1] or top >= field[3], "expected the names beside the field"
        assert abs(_sides(names)[side] - field[side]) < 1
        option.tap()
        expect(widget.area).to_be_focused()
        expect(widget.area).to_have_value(text + "Ann ")
