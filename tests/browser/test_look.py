"""How the widget looks on pages of all kinds: their text sizes, colours, inherited styles and writing directions."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.axe import violations
from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget, tab_until
from tests.support.contract import eventually
from tests.support.pages import PageHost, snippet
from tests.support.tokens import mint

ARABIC = "هذا تعليق (وينتهي بنقطة)."
DARK = "body { background: #111; color: #eee }"
# Where the text itself begins and ends, and the box it is in, from the left, in pixels.
SPAN = """(block) => {
  const range = document.createRange();
  range.selectNodeContents(block);
  const text = range.getBoundingClientRect(), box = block.getBoundingClientRect();
  return [text.left - box.left, box.right - text.right];
}"""

# Of each comment: its text, whether its number is in the corner, whether "⋯" is on the line of the time, and what of
# its first lines lies over something else there.
CORNERS = """(comments) => comments.map((comment) => {
  const [when, number, dots] = [".when", ".number", ".dots"].map((part) => comment.querySelector(part));
  const box = (e) => e.getBoundingClientRect();
  const end = (e) => getComputedStyle(comment).direction === "rtl" ? -box(e).left : box(e).right;
  const all = [...comment.querySelector(".meta").children].filter((e) => !e.matches(".avatar"));
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return [
    comment.textContent,
    Math.abs(end(number) - end(comment)) < 1 && box(number).top < box(comment).top + 16,
    Math.abs(box(dots).top + box(dots).bottom - box(when).top - box(when).bottom) < 8,
    all.flatMap((a, at) => all.slice(at + 1).filter((b) => meet(box(a), box(b)))).map((b) => b.className),
  ];
})"""


def _px(at: Locator, name: str = "font-size") -> float:
    return float(_style(at, name).removesuffix("px"))


def _style(at: Locator, name: str) -> str:
    """A computed style. A comment that is drawn again while it is asked is asked again: what is gone has no style."""
    said = [""]

    def is_said() -> bool:
        said[0] = str(at.evaluate(f"(e) => getComputedStyle(e).getPropertyValue('{name}')"))
        return said[0] != ""

    eventually(is_said, f"{name} is known")
    return said[0]


def _page(
    host: PageHost, room: Room, style: str, *, html: str = 'lang="en"', scheme: bool = False, attributes: str = ""
) -> str:
    """A page of a publisher's who says nothing of its colour scheme; its address."""
    head = f"<style>{style}</style>" + ('<meta name="color-scheme" content="light dark">' if scheme else "")
    body = f"<h1>News</h1>{snippet(room.server.url, room.key, attributes=attributes)}"
    page = f"<!doctype html><html {html}><head><title>News</title>{head}</head><body><main>{body}</main></body></html>"
    return host.put(f"{room.key}/{abs(hash((style, html, scheme, attributes)))}", page)


@pytest.mark.parametrize("root", ["100%", "62.5%", "8px"])
def test_sizes_do_not_depend_on_the_roots(root: str, room: Room, readers: Readers, host: PageHost) -> None:
    room.post("Readable")
    widget = Widget(readers.open(_page(host, room, f"html {{ font-size: {root} }}"))).ready()
    widget.area.focus()
    comment = widget.comment("Readable")
    assert _px(comment.locator(".body")) == 16
    assert _px(comment.locator(".name")) == 14
    assert _px(widget.post_button) == 14
    assert comment.get_by_role("button", name="Reply").evaluate("(e) => e.getBoundingClientRect().height") >= 28


def test_one_size_scales_all(room: Room, readers: Readers, host: PageHost) -> None:
    room.post("Large")
    widget = Widget(readers.open(_page(host, room, "hubbub-thread { --hubbub-size: 32px }"))).ready()
    widget.area.focus()
    comment = widget.comment("Large")
    sizes = [_px(at) for at in (comment.locator(".body"), comment.locator(".name"), widget.post_button)]
    assert sizes == [32, 28, 28]
    assert comment.get_by_role("button", name="Reply").evaluate("(e) => e.getBoundingClientRect().height") >= 56


@pytest.mark.parametrize("size", ["10px", "16px", "24px"])
def test_phones_do_not_zoom_into_fields(size: str, room: Room, readers: Readers, host: PageHost) -> None:
    style = f"hubbub-thread {{ --hubbub-size: {size} }}"
    widget = Widget(readers.open(_page(host, room, style))).ready()
    for field in widget.root.locator("input, textarea").all():
        assert _px(field) >= 16
    types = widget.root.locator("input").evaluate_all("(all) => all.map((e) => [e.type, e.autocomplete])")
    assert types == [["text", "name"], ["email", "email"], ["url", "url"]]


def test_a_column_of_the_page_stays_as_wide_as_the_page_has_it(room: Room, readers: Readers, host: PageHost) -> None:
    long = room.post("Words that go on and on. " * 12, who=room.api.session(name="N" * 50).token)
    room.post("An answer", parent=long["id"])
    style = "body { display: grid; grid-template-columns: 1fr 300px; margin: 0 }"
    page = readers.open(_page(host, room, style), viewport={"width": 800, "height": 600})
    widget = Widget(page).ready()
    excerpt = widget.comment("An answer").locator(".excerpt")
    expect(excerpt).to_be_visible()
    assert page.locator("main").evaluate("(main) => main.getBoundingClientRect().width") == 500
    assert excerpt.evaluate("(excerpt) => excerpt.getBoundingClientRect().width") > 100
    # The name that is cut ends in dots, so its link is no wider than its place.
    link = widget.comment("An answer").locator(".parent a")
    eventually(lambda: link.evaluate("(a) => a.offsetWidth <= a.parentElement.offsetWidth"), "the name is cut")


def test_the_form_is_one_line_until_somebody_writes(room: Room, readers: Readers, host: PageHost) -> None:
    room.post("A comment")
    widget = Widget(readers.open(_page(host, room, ""), viewport={"width": 390, "height": 844})).ready()
    form = widget.root.locator(".composer")
    height = "(e) => e.getBoundingClientRect().height"
    assert form.evaluate(height) < 90
    expect(widget.post_button).to_be_hidden()
    widget.area.focus()
    expect(widget.button("Bold")).to_be_visible()
    expect(widget.post_button).to_be_visible()
    assert form.evaluate(height) > 200


def test_a_number_stands_in_its_corner_whatever_wraps(room: Room, readers: Readers, host: PageHost) -> None:
    """And "⋯" stays beside the time: it comes late, and neither begins a line nor moves one."""
    for name in ("Bo", "Bartholomew", "Dr. Bartholomew Featherstonehaugh-Smythe"):
        room.post("Who", who=room.api.session(name=name).token)
    room.post("Staff", who=mint(room.server.data_dir, "moderator", name="Bartholomew"))
    widget = Widget(readers.open(_page(host, room, ""))).ready()
    expect(widget.root.locator(".dots")).to_have_count(4)
    root = widget.root.locator(".root")
    for direction in ("ltr", "rtl"):
        for width in range(220, 400, 20):
            root.evaluate(
                "(root, [dir, width]) => { root.dir = dir; root.style.width = width }", [direction, f"{width}px"]
            )
            wrong = [text for text, *shown in widget.comments.evaluate_all(CORNERS) if shown != [True, True, []]]
            assert wrong == [], (direction, width)
        widget.comments.last.get_by_role("button", name="React").click()
        menu = widget.comments.last.locator(".votes .menu")
        expect(menu).to_be_visible()
        inside = "(menu) => menu.getBoundingClientRect().left >= menu.closest('li').getBoundingClientRect().left"
        assert menu.evaluate(inside), direction
        widget.page.keyboard.press("Escape")


def test_what_is_pressed_after_the_name_does_not_move(room: Room, readers: Readers) -> None:
    """The chip that takes the fields' place comes after the press, not below the finger."""
    widget = Widget(readers.open(room.url)).ready()
    widget.area.fill("Pressed once")
    widget.name.press_sequentially("Nina")
    widget.post_button.click()
    expect(widget.comment("Pressed once").locator(".name")).to_have_text("Nina")
    widget.area.focus()
    expect(widget.root.get_by_text("Posting as Nina")).to_be_visible()
    expect(widget.name).to_be_hidden()


def test_an_answer_leaves_a_line_where_it_was_written(room: Room, readers: Readers) -> None:
    """The answer itself is at the top, out of sight; nothing scrolls there unasked."""
    room.fill(40)
    widget = Widget(readers.open(room.url)).ready()
    widget.mine("Comment 5,", "Reply").click()
    widget.page.keyboard.type("Well said")
    widget.page.keyboard.press("Control+Enter")
    line = widget.comment("Comment 5,").locator(".replied")
    expect(line).to_contain_text("Your reply was posted as #41")
    expect(line).to_be_focused()
    expect(line).to_be_in_viewport()
    expect(widget.comment("Well said")).not_to_be_in_viewport()
    line.get_by_role("button", name="Show").click()
    expect(widget.comment("Well said")).to_be_in_viewport()
    expect(widget.comment("Well said")).to_be_focused()


def test_a_long_text_scrolls_in_its_field(room: Room, readers: Readers, host: PageHost) -> None:
    widget = Widget(readers.open(_page(host, room, ""), viewport={"width": 600, "height": 500})).ready()
    widget.area.fill("A line\n" * 500)
    assert widget.area.evaluate("(e) => e.getBoundingClientRect().height") <= 301
    assert widget.area.evaluate("(e) => e.scrollHeight > e.clientHeight")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("style", ["", DARK, "body { background: #fff; color: #222 }"])
def test_text_can_be_read_on_any_page(style: str, scheme: str, room: Room, readers: Readers, host: PageHost) -> None:
    """Whatever the reader's system prefers, and without a word of the page on its colour scheme."""
    room.post("A [link](https://example.org), `code`\n\n> quoted")
    page = readers.open(_page(host, room, style), color_scheme=scheme)
    widget = Widget(page).ready()
    widget.mine("A link", "Reply").click()
    widget.area.fill("A reply")
    assert violations(page) == []
    expect(widget.root.locator(".root")).to_have_css("color-scheme", "dark" if style == DARK else "light")


def test_its_colours_follow_a_page_that_changes_them(room: Room, readers: Readers, host: PageHost) -> None:
    style = f"{DARK} body.day {{ background: #fff; color: #222 }}"
    page = readers.open(_page(host, room, style))
    widget = Widget(page).ready()
    root = widget.root.locator(".root")
    expect(root).to_have_css("color-scheme", "dark")
    for name, scheme in (("day", "light"), ("", "dark")):
        page.evaluate(f"document.body.className = '{name}'")
        expect(root).to_have_css("color-scheme", scheme)
        assert violations(page) == []


def test_it_follows_the_reader_where_the_page_does(room: Room, readers: Readers, host: PageHost) -> None:
    page = readers.open(_page(host, room, "", scheme=True))
    root = Widget(page).ready().root.locator(".root")
    expect(root).to_have_css("color-scheme", "light")
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_css("color-scheme", "dark")
    assert violations(page) == []


def test_a_publisher_may_ask_for_the_dark_colours(room: Room, readers: Readers, host: PageHost) -> None:
    style = "hubbub-thread { color-scheme: dark; background: #111 }"
    page = readers.open(_page(host, room, style))
    room.post("Readable")
    expect(Widget(page).ready().comment("Readable")).to_be_visible()
    assert violations(page) == []


def test_the_pages_typography_stays_outside(room: Room, readers: Readers, host: PageHost) -> None:
    odd = {
        "text-align": "center",
        "text-transform": "uppercase",
        "letter-spacing": "3px",
        "word-spacing": "9px",
        "white-space": "nowrap",
        "line-height": "3",
        "font-style": "italic",
        "font-weight": "700",
        "font-variant": "small-caps",
        "text-indent": "2em",
        "text-shadow": "1px 1px red",
        "user-select": "none",
    }
    room.post("As it was written, " * 20)
    plain = Widget(readers.open(_page(host, room, ""))).ready()
    page = readers.open(_page(host, room, "body {" + "; ".join(f"{name}: {to}" for name, to in odd.items()) + "}"))
    strange = Widget(page).ready()
    for at in (".body p", ".name", ".actions button", "h2"):
        for name in odd:
            there, here = (widget.root.locator(at).first for widget in (plain, strange))
            assert _style(here, name) == _style(there, name), (at, name)
    assert _style(strange.root.locator(".body p"), "user-select") == "text"


def test_what_the_page_hides_stays_hidden(room: Room, readers: Readers, host: PageHost) -> None:
    page = readers.open(_page(host, room, "main { visibility: hidden }"))
    header = page.locator("hubbub-thread header")
    expect(header).to_be_attached()
    expect(header).to_be_hidden()


def _begins(block: Locator) -> str:
    left, right = block.evaluate(SPAN)
    return "left" if left < right else "right"


@pytest.fixture
def mixed(room: Room) -> Room:
    """A talk in Arabic and in English."""
    layla = room.api.session(name="ليلى").token
    room.post(f"{ARABIC}\n\n- واحد\n\n> اقتباس\n\nEnglish (it ends with a stop).", who=layla)
    room.post(f"English (it ends with a stop).\n\n- one\n\n> quoted\n\n{ARABIC}", parent=room.posted[0]["id"])
    return room


@pytest.mark.parametrize("html", ['lang="en"', 'lang="ar" dir="rtl"'])
def test_each_paragraph_has_its_own_direction(html: str, mixed: Room, readers: Readers, host: PageHost) -> None:
    widget = Widget(readers.open(_page(host, mixed, "", html=html))).ready()
    sides = ("right", "left")
    for number, (own, other) in ((1, sides), (2, reversed(sides))):
        body = widget.root.locator("li.comment").filter(has=widget.page.get_by_text(f"#{number}", exact=True))
        body = body.locator(".body")
        first, last = body.locator("> p").all()
        assert (_begins(first), _begins(last)) == (own, other)
        assert _px(body.locator("ul"), f"padding-{own}") > 0
        assert _px(body.locator("blockquote"), f"border-{own}-width") > 0
        assert _begins(body.locator("li")) == own
        assert body.get_attribute("lang") == html[6:8]


def test_our_own_words_are_in_a_language_that_we_have(mixed: Room, readers: Readers, host: PageHost) -> None:
    count = f'<hubbub-count site="demo" key="{mixed.key}"></hubbub-count>'
    url = _page(host, mixed, "", html='lang="sw" dir="rtl"')
    page = readers.open(url)
    widget = Widget(page).ready()
    root = widget.root.locator(".root")
    assert (root.get_attribute("lang"), root.get_attribute("dir")) == ("en", "ltr")
    expect(widget.root.locator(".parent")).to_have_text("in reply to #1 ليلى")
    assert widget.root.locator(".parent bdi").inner_text() == "ليلى"
    assert widget.root.locator(".name bdi").count() == 2
    page.evaluate("(html) => document.body.insertAdjacentHTML('beforeend', html)", count)
    counted = page.locator("hubbub-count")
    expect(counted).to_have_text("2 comments")
    assert _style(counted, "direction") == "ltr"


def test_a_field_takes_the_direction_of_what_is_written(
    room: Room, readers: Readers, embedded: Callable[..., str]
) -> None:
    widget = Widget(readers.open(embedded())).ready()
    for field in (widget.area, widget.name):
        for text, direction in ((ARABIC[:9], "rtl"), ("English", "ltr")):
            field.fill(text)
            expect(field).to_have_css("direction", direction)


def test_all_of_a_chat_is_printed_and_no_form(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    room.fill(12)
    page = readers.open(embedded('order="chat"'))
    widget = Widget(page).ready()
    expect(widget.comments).to_have_count(12)
    page.emulate_media(media="print")
    box = widget.list.bounding_box()
    assert box is not None
    for comment in widget.comments.all():
        at = comment.bounding_box()
        assert at is not None
        assert box["y"] <= at["y"]
        assert at["y"] + at["height"] <= box["y"] + box["height"] + 1
    assert [at for at in widget.root.locator("button, form, input, textarea").all() if at.is_visible()] == []


def test_a_comment_of_many_lines_is_folded(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    lines = [f"Line {n}" for n in range(1, 101)]
    room.post("\n".join(lines))
    room.post("\n".join(lines[:15]))
    page = readers.open(embedded())
    widget = Widget(page).ready()
    long, short = widget.comment("Line 100"), widget.comment("Line 15").filter(has_not_text="Line 16")
    expect(long.get_by_role("button", name="Read more")).to_be_visible()
    expect(short.get_by_role("button", name="Read more")).to_have_count(0)
    assert _tall(long) == pytest.approx(12 * 1.55 * 16, abs=1)
    tab_until(page, "Read more")
    page.keyboard.press("Enter")
    expect(long).to_be_focused()
    expect(long.get_by_role("button", name="Read more")).to_have_count(0)
    assert _tall(long) > 100 * 16
    room.edit(room.posted[0], "\n".join([*lines, "Edited"]))
    expect(long).to_contain_text("Edited")
    assert _tall(long) > 100 * 16, "what was unfolded stays so"


def test_what_has_focus_in_a_folded_comment_is_seen(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    room.post("\n".join([*map(str, range(100)), "[the end](https://example.org)"]))
    page = readers.open(embedded())
    long = Widget(page).ready().comment("the end")
    expect(long.get_by_role("button", name="Read more")).to_be_visible()
    tab_until(page, "the end")
    assert _tall(long) > 100 * 16
    expect(long.get_by_role("link", name="the end")).to_be_in_viewport()


def _tall(comment: Locator) -> float:
    return float(comment.locator(".body").evaluate("(e) => e.getBoundingClientRect().height"))
