"""What is being read stays where it is while comments arrive, and the way to the new ones is one press."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget, focused_label, tab_until
from tests.support.contract import Live, eventually

INSERTS = 200
MOVED_PX = 1.0  # what an anchored comment may move
LONG = "A long one. " + "It goes on, and on, and then it goes on some more. " * 12

# Samples after each frame was drawn: what the reader saw, not what stood there for a moment in between.
WATCH = """(item) => new Promise((settled) => {
  item.scrollIntoView({ block: "center" });
  const seen = (window.__seen = { start: item.getBoundingClientRect().top, worst: 0, frames: 0, still: 0 });
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const moved = Math.abs(item.getBoundingClientRect().top - seen.start);
    if (settled) {
      // Comments come into view for the first time here and get their true heights.
      if (moved > 0) { seen.start = item.getBoundingClientRect().top; seen.still = 0; }
      else if (++seen.still > 10) { settled(); settled = undefined; }
      return;
    }
    seen.frames++;
    seen.worst = Math.max(seen.worst, moved);
  };
  const frame = () => { port2.postMessage(0); requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
})"""


@pytest.fixture
def live(room: Room) -> Iterator[Live]:
    """Ann's connection."""
    with Live(room.server.url) as opened:
        opened.do("hello", token=room.ann.token)
        yield opened


def post_many(room: Room, live: Live, count: int = INSERTS) -> None:
    """Bursts of twenty and single ones, in turns, until there are `count` more."""
    sent = 0
    while sent < count:
        size = min(20, count - sent)
        room.burst(live, [f"New in a burst {sent + n}. {LONG if n % 7 == 0 else ''}" for n in range(size)])
        sent += size
        for _ in range(min(5, count - sent)):
            room.burst(live, [f"New and alone {sent}"])
            sent += 1


def watch(widget: Widget, number: int) -> None:
    """Scrolls comment `number` to the middle and begins to note how far it moves from there."""
    item = widget.list.locator("li.comment", has=widget.page.get_by_text(f"#{number}", exact=True))
    item.evaluate(WATCH)


def check_still(widget: Widget, frames: int = 5) -> None:
    """Asserts that the watched comment has not moved in any frame."""
    eventually(lambda: bool(widget.page.evaluate(f"window.__seen.frames >= {frames}")), "frames are drawn")
    seen = widget.page.evaluate("window.__seen")
    assert seen["worst"] <= MOVED_PX, f"expected a move of {MOVED_PX} px at most, saw {seen}"


def drawn(widget: Widget) -> None:
    """Waits for two frames: observers of the first have spoken in the second."""
    widget.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("order", ["newest", "oldest", "chat"])
def test_what_is_read_does_not_move(
    order: str, room: Room, live: Live, readers: Readers, embedded: Callable[..., str]
) -> None:
    room.burst(live, [f"Old {n}. {LONG if n % 5 == 0 else ''}" for n in range(50)])
    where = room.url if order == "newest" else embedded(f'order="{order}"')
    widget = Widget(readers.open(where)).ready()
    expect(widget.comments).to_have_count(50)
    watch(widget, 25)
    post_many(room, live)
    arrow = "↑" if order == "newest" else "↓"
    expect(widget.pill).to_have_text(f"{arrow} {INSERTS} new")
    expect(widget.comments).to_have_count(50 + INSERTS)
    check_still(widget)


def test_what_changes_above_does_not_move_it(room: Room, live: Live, readers: Readers) -> None:
    tall = [room.post(f"Tall {n}. {LONG}") for n in range(3)]
    room.fill(30)
    above = [room.post(f"Above {n}. {LONG}") for n in range(3)]
    widget = Widget(readers.open(room.url)).ready()
    watch(widget, 20)
    room.edit(above[0], "Cut down.")
    room.edit(above[1], LONG * 3)
    room.remove(above[2])
    room.remove(tall[0])
    room.edit(tall[1], "Below, and short now.")
    expect(widget.comment("Below, and short now.")).to_have_count(1)
    expect(widget.comment("Cut down.")).to_have_count(1)
    check_still(widget)


def test_older_comments_load_without_a_move(room: Room, readers: Readers) -> None:
    room.fill(130)
    widget = Widget(readers.open(room.url)).ready()
    widget.shows(list(range(130, 80, -1)))
    watch(widget, 84)
    widget.button("Show older comments").evaluate("(button) => button.click()")
    widget.shows(list(range(130, 0, -1)))
    check_still(widget)
    expect(widget.button("Show older comments")).to_be_hidden()


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_the_pill_leads_to_the_newest(by: str, room: Room, live: Live, readers: Readers) -> None:
    room.fill(50)
    widget = Widget(readers.open(room.url)).ready()
    watch(widget, 10)
    expect(widget.pill).to_be_hidden()
    room.burst(live, ["New 1"])
    expect(widget.pill).to_have_text("↑ 1 new")
    room.burst(live, ["New 2", "New 3"])
    expect(widget.pill).to_have_text("↑ 3 new")
    expect(widget.button("3 new comments")).to_be_in_viewport(ratio=1)
    if by == "mouse":
        widget.pill.click()
    else:
        widget.comment("Comment 45,").locator(".number").focus()
        tab_until(widget.page, "3 new comments", key="Shift+Tab")
        widget.page.keyboard.press("Enter")
    expect(widget.pill).to_be_hidden()
    expect(widget.comment("New 3")).to_be_in_viewport()
    expect(widget.comment("New 3")).to_be_focused()


def test_scrolling_to_the_newest_takes_the_pill_away(room: Room, live: Live, readers: Readers) -> None:
    room.fill(50)
    widget = Widget(readers.open(room.url)).ready()
    watch(widget, 10)
    room.burst(live, ["New 1"])
    expect(widget.pill).to_be_visible()
    widget.comments.first.scroll_into_view_if_needed()
    expect(widget.pill).to_be_hidden()


def test_the_pill_keeps_the_focus_it_has(room: Room, live: Live, readers: Readers) -> None:
    """Tab from the composer leads to the pill, and it does not vanish below the reader's fingers."""
    room.fill(50)
    widget = Widget(readers.open(room.url)).ready()
    watch(widget, 10)
    room.burst(live, ["New 1"])
    expect(widget.pill).to_be_visible()
    for field in (widget.area, widget.post_button):  # in view, the newest need no pill
        field.evaluate("(field) => field.focus({ preventScroll: true })")
    widget.page.keyboard.press("Tab")
    assert focused_label(widget.page) == "1 new comment"
    widget.comments.first.scroll_into_view_if_needed()
    drawn(widget)
    assert focused_label(widget.page) == "1 new comment"
    widget.page.keyboard.press("Enter")
    expect(widget.comment("New 1")).to_be_focused()


def test_at_the_top_comments_come_in_without_a_pill(room: Room, live: Live, readers: Readers) -> None:
    room.fill(50)
    widget = Widget(readers.open(room.url)).ready()
    widget.comments.first.scroll_into_view_if_needed()
    room.burst(live, ["New 1"])
    expect(widget.comments.first).to_contain_text("New 1")
    expect(widget.pill).to_be_hidden()


def test_what_is_written_does_not_move(room: Room, live: Live, readers: Readers) -> None:
    """Answering below a comment in the middle, 40 others arrive: the place to write stays where it is."""
    room.fill(50)
    widget = Widget(readers.open(room.url)).ready()
    widget.mine("Comment 25,", "Reply").click()
    widget.page.keyboard.type("While I wri")
    widget.area.evaluate(WATCH)
    post_many(room, live, 40)
    expect(widget.comments).to_have_count(90)
    check_still(widget)
    widget.page.keyboard.type("te this")
    expect(widget.area).to_have_value("While I write this")
    expect(widget.area).to_be_focused()


def test_a_chat_stays_at_its_end(room: Room, live: Live, readers: Readers, embedded: Callable[..., str]) -> None:
    room.fill(50)
    widget = Widget(readers.open(embedded('order="chat"'))).ready()
    end = "({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight"
    widget.shows(list(range(1, 51)))
    assert widget.list.evaluate(end) <= MOVED_PX
    for n in range(12):
        room.burst(live, [f"Line {n}. {LONG if n % 4 == 0 else ''}"])
        expect(widget.comment(f"Line {n}.")).to_be_in_viewport()
        assert widget.list.evaluate(end) <= MOVED_PX
    expect(widget.pill).to_be_hidden()

    widget.list.hover()
    widget.page.mouse.wheel(0, -400)
    eventually(lambda: widget.list.evaluate(end) > 100, "the wheel has turned")
    room.burst(live, ["Below the fold"])
    expect(widget.pill).to_have_text("↓ 1 new")
    widget.pill.click()
    expect(widget.comment("Below the fold")).to_be_in_viewport()
    expect(widget.pill).to_be_hidden()
    assert widget.list.evaluate(end) <= MOVED_PX


def test_back_leads_to_where_a_link_was_followed(room: Room, readers: Readers) -> None:
    room.fill(40)
    asked = room.stored()[1]
    room.post("I disagree", parent=asked["id"])
    widget = Widget(readers.open(room.url)).ready()
    link = widget.comment("I disagree").locator(".parent a")
    link.scroll_into_view_if_needed()
    before = widget.page.evaluate("scrollY")
    link.click()
    expect(widget.comments.nth(39)).to_be_focused()
    assert widget.page.evaluate("scrollY") > before + 1000
    widget.page.go_back()
    eventually(lambda: abs(widget.page.evaluate("scrollY") - before) < 2, "the reader is back")


@pytest.mark.parametrize("by", ["mouse", "keyboard", "finger"])
def test_what_is_answered_can_be_looked_at(by: str, room: Room, readers: Readers) -> None:
    asked = room.post("A question\n\nwith a second line")
    room.post("An answer", parent=asked["id"])
    widget = Widget(readers.open(room.url)).ready()
    link = widget.comment("An answer").locator(".parent a")
    card = widget.root.locator(".card")
    if by == "mouse":
        link.hover()
    elif by == "keyboard":
        link.focus()
    else:
        link.dispatch_event("touchstart")
    expect(card).to_contain_text("with a second line")
    expect(card.get_by_role("button")).to_have_count(0)
    widget.page.keyboard.press("Escape")
    expect(card).to_have_count(0)


def test_the_exact_time_is_told_to_the_keyboard(room: Room, readers: Readers) -> None:
    room.post("When?")
    widget = Widget(readers.open(room.url)).ready()
    when = widget.comment("When?").locator(".when")
    when.focus()
    expect(widget.root.locator(".card")).to_have_text(re.compile(r"\d+/\d+/\d{4}, \d+:\d\d:\d\d"))
    widget.page.keyboard.press("Enter")
    expect(widget.page).to_have_url(f"{room.url}#comment-1")


def test_what_is_selected_is_quoted_and_nothing_moves(room: Room, readers: Readers) -> None:
    room.fill(4)
    room.post("The ferry waits for **nobody**, not even for me.")
    widget = Widget(readers.open(room.url)).ready()
    text = widget.comment("waits for").locator(".body p")
    text.scroll_into_view_if_needed()
    before = text.bounding_box()
    text.click(click_count=3)
    quote = widget.button("Quote in a reply")
    expect(quote).to_be_visible()
    assert text.bounding_box() == before
    tab_until(widget.page, "Quote in a reply", limit=8)
    widget.page.keyboard.press("Enter")
    expect(widget.area).to_have_value("> The ferry waits for **nobody**, not even for me.\n\n")
    expect(widget.area).to_be_focused()
    expect(quote).to_have_count(0)
    widget.area.fill("")
    text.click(click_count=3)
    widget.mine("waits for", "Reply").click()
    expect(widget.area).to_have_value("> The ferry waits for **nobody**, not even for me.\n\n")
