"""How comments are laid out: as a chat, and as talks with their answers."""

from collections.abc import Callable

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.axe import violations
from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget

PHONE: ViewportSize = {"width": 390, "height": 700}
DESK: ViewportSize = {"width": 1280, "height": 800}
LINE_PX = 34  # a line of text with its room, and not two

# What is seen at the left end of the time of a comment, and lies over what it answers.
OVER = """(comment) => {
  const [time, line] = [".when", ".parent a"].map((part) => comment.querySelector(part).getBoundingClientRect());
  const at = (time.left + Math.min(time.right, line.right)) / 2;
  const found = comment.getRootNode().elementFromPoint(at, time.top + time.height / 2).closest(".when, .parent");
  return time.left < line.right ? [found.className] : [];
}"""


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_chat_is_lines_and_a_field_in_one_window(
    size: ViewportSize, room: Room, readers: Readers, embedded: Callable[..., str]
) -> None:
    room.fill(30, "Short {n}")
    widget = Widget(readers.open(embedded('layout="chat"'), viewport=size)).ready()
    last = widget.comments.last
    expect(last).to_contain_text("Short 30")
    assert last.evaluate("(item) => item.offsetHeight") <= LINE_PX
    widget.root.locator("header").evaluate("(header) => header.scrollIntoView()")
    for part in (last, widget.area):
        expect(part).to_be_in_viewport(ratio=1)
    assert violations(widget.page) == []


def test_few_lines_of_a_chat_stand_above_the_field(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    room.fill(2, "Short {n}")
    widget = Widget(readers.open(embedded('layout="chat"'))).ready()
    line, box = widget.comments.last.bounding_box(), widget.list.bounding_box()
    assert line
    assert box
    assert box["y"] + box["height"] - line["y"] - line["height"] < 20


def test_what_can_be_done_in_a_chat_is_there_for_whoever_asks(
    room: Room, readers: Readers, embedded: Callable[..., str]
) -> None:
    room.fill(3, "Short {n}")
    asked = room.post("Short 4", who=room.api.session(name="Bartholomew Feathersto").token)
    room.post("An answer", parent=asked["id"])
    widget = Widget(readers.open(embedded('layout="chat"'), viewport=PHONE)).ready()
    expect(widget.comments.last.locator(".parent a")).to_contain_text("Bartholomew")
    actions = widget.comments.last.locator(".actions")
    expect(actions).to_have_css("opacity", "0")
    place = "(item) => [item.offsetTop, item.offsetHeight]"
    before = widget.comments.last.evaluate(place)
    widget.comments.last.hover()
    expect(actions).to_have_css("opacity", "1")
    assert widget.comments.last.evaluate(place) == before, "expected that nothing moves for it"
    assert widget.comments.last.evaluate(OVER) == ["when"], (
        "expected the time over the line that leads to what is answered"
    )
    widget.page.mouse.move(0, 0)
    actions.get_by_role("button").first.focus()
    expect(actions).to_have_css("opacity", "1")


def test_answers_to_answers_leave_room_on_a_phone(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    parent = room.post("The first")
    for n in range(8):
        parent = room.post(f"Answer {n}", parent=parent["id"])
    widget = Widget(readers.open(embedded('layout="threaded"'), viewport=PHONE)).ready()
    widget.shows(list(range(1, 10)))
    left = [box["x"] for item in widget.comments.all() if (box := item.bounding_box())]
    assert left == sorted(left)
    assert len(set(left)) == 4, "expected three indents"
    assert left[-1] - left[0] < 60
    assert widget.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(widget.page) == []
    widget.button("Hide 8 answers").click()
    widget.shows([1])
    widget.page.mouse.move(0, 0)  # what is pointed at stays, and others wait
    widget.page.evaluate("scrollTo(0, 0)")  # further down all wait: they may come in anywhere
    room.post("Another", parent=room.posted[3]["id"])
    expect(widget.button("Show 9 answers")).to_be_visible()


def test_the_choice_of_a_layout_is_kept(room: Room, readers: Readers) -> None:
    room.fill(3)
    widget = Widget(readers.open(room.url)).ready()
    widget.root.get_by_role("combobox", name="Layout").select_option("Oldest first")
    widget.shows([1, 2, 3])
    widget.page.reload()
    widget.ready().shows([1, 2, 3])
