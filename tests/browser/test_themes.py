"""The themes of the widget, on a publisher's page and on the server's own."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget
from tests.support.pages import PageHost, snippet


def test_plain_has_the_pages_font(room: Room, readers: Readers, host: PageHost) -> None:
    room.post("In the font of the page")
    style = "<style>body { font-family: Courier }</style>"
    widget = Widget(readers.open(host.article(f"{room.key}/font", snippet(room.server.url, room.key), head=style)))
    widget.ready().area.focus()
    for at in ("h2", ".body p", ".name", ".actions button", "textarea", ".post"):
        expect(widget.root.locator(at).first).to_have_css("font-family", "Courier")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("theme", ["paper", "classic"])
def test_a_named_theme_comes_and_can_be_read(
    theme: str, scheme: str, room: Room, readers: Readers, embedded: Callable[..., str]
) -> None:
    room.post("A [link](https://example.org), `code`\n\n> quoted")
    head = "<style>:root { color-scheme: light dark } body { background: light-dark(#fff, #111) }</style>"
    page = readers.open(embedded(f'theme="{theme}"', head=head), color_scheme=scheme)
    widget = Widget(page).ready()
    font = {"paper": "Charter", "classic": "Verdana"}[theme]
    text = widget.comment("A link").locator(".body p").first
    expect(text).to_have_css("font-family", re.compile(f'^"?{font}'))
    widget.mine("A link", "Reply").click()
    widget.area.fill("A *reply*")
    preview = widget.root.locator(".preview > .body")
    expect(preview).to_have_css("font-family", re.compile(f'^"?{font}'))
    # While another text is on its way, too.
    assert preview.evaluate("(body) => ((body.ariaBusy = 'true'), getComputedStyle(body).opacity)") == "1"
    assert violations(page) == []
    page.evaluate("document.querySelector('hubbub-thread').setAttribute('theme', 'plain')")
    expect(text).not_to_have_css("font-family", re.compile(f'^"?{font}'))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_frame_follows_the_scheme_of_its_page(scheme: str, room: Room, readers: Readers, host: PageHost) -> None:
    """Whatever the reader's system prefers; the page shows through."""
    room.post("In a frame")
    src = f"{room.server.url}/embed?site=demo&key={room.key}&scheme={scheme}&theme=plain"
    frame = f'<iframe title="Comments" style="width: 100%; height: 500px; color-scheme: {scheme}" src="{src}"></iframe>'
    colours = {"light": "#fff; color: #000", "dark": "#204020; color: #fff"}[scheme]
    url = host.article(f"{room.key}/{scheme}", frame, head=f"<style>body {{ background: {colours} }}</style>")
    other = {"light": "dark", "dark": "light"}[scheme]
    page = readers.open(url, color_scheme=other)
    within = page.frame_locator("iframe")
    Widget(page, within).ready()
    body = within.locator("body")
    expect(body).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    expect(within.locator("hubbub-thread .root")).to_have_css("color-scheme", scheme)
    assert within.locator("html").evaluate("(e) => getComputedStyle(e).colorScheme") == scheme


def test_a_classic_article_has_its_form_open_and_fits_a_narrow_window(room: Room, readers: Readers) -> None:
    """320 px is a window of 1280 px at 400 % (WCAG 2.2, 1.4.10)."""
    thread = room.api.snapshot("demo", "/2026/11/20/in-praise-of-the-wrong-bus")["thread"]["id"]
    page = readers.open(f"{room.server.url}/t/{thread}", viewport={"width": 320, "height": 640})
    widget = Widget(page).ready()
    expect(widget.button("Bold")).to_be_visible()
    expect(widget.name).to_be_visible()
    assert page.locator(".poster").evaluate("(e) => e.naturalWidth > 0 && !!e.alt")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(page) == []


def test_a_publisher_styles_parts_and_density(room: Room, readers: Readers, host: PageHost) -> None:
    room.post("Styled")
    style = """<style>
      hubbub-thread { --hubbub-density: 0.5 }
      hubbub-thread::part(name) { color: rgb(1, 2, 3) }
      hubbub-thread::part(post) { border-radius: 9px }
      hubbub-thread::part(comment) { border-block-end-style: dotted }
    </style>"""
    widget = Widget(readers.open(host.article(f"{room.key}/parts", snippet(room.server.url, room.key), head=style)))
    comment = widget.ready().comment("Styled")
    expect(comment).to_have_css("padding-top", "4.8px")
    expect(comment).to_have_css("border-bottom-style", "dotted")
    expect(comment.locator(".name")).to_have_css("color", "rgb(1, 2, 3)")
    widget.area.focus()
    expect(widget.post_button).to_have_css("border-radius", "9px")


def test_where_one_is_led_by_a_press_the_mark_fades(room: Room, readers: Readers) -> None:
    room.fill(30)
    page = readers.open(room.url)
    widget = Widget(page).ready()
    widget.comment("Comment 12,").locator(".number").click()
    expect(widget.comment("Comment 12,")).to_be_focused()
    expect(widget.comment("Comment 12,")).to_have_css("background-color", re.compile(r" / 0\)$"))
