"""The widget in the page's language, as it is built: a file for each language, loaded where it is needed alone."""

import re

import pytest
from playwright.sync_api import expect

from hubbub.languages.texts import LANGUAGES
from tests.browser.conftest import CUT, Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget
from tests.support.pages import PageHost, snippet

LANGUAGE_FILE = re.compile(r"/(ar|de|zh-Hant)-\w+\.js$")


def _page(host: PageHost, room: Room, lang: str, attributes: str = "") -> str:
    count = f'<hubbub-count site="demo" key="{room.key}"></hubbub-count>'
    body = f"<h1>News</h1>{count}{snippet(room.server.url, room.key, attributes=attributes)}"
    html = f'<!doctype html><html lang="{lang}"><head><title>News</title></head><body><main>{body}</main></body></html>'
    return host.put(f"{room.key}/{lang}{len(attributes)}", html)


@pytest.mark.parametrize(
    ("lang", "attributes", "spoken", "count", "reply", "side"),
    [
        ("de-AT", "", "de", "2 Kommentare", "Antworten", "left"),
        ("en", 'lang="ar"', "ar", "تعليقان", "رد", "right"),
    ],
)
def test_the_page_or_the_element_chooses(
    lang: str,
    attributes: str,
    spoken: str,
    count: str,
    reply: str,
    side: str,
    room: Room,
    readers: Readers,
    host: PageHost,
) -> None:
    room.post("one")
    room.post("Bridge", parent=room.posted[0]["id"])
    page = readers.open(_page(host, room, lang, attributes))
    widget = Widget(page)
    expect(widget.root.locator(".root")).to_have_attribute("lang", spoken)
    expect(widget.root.locator("h2")).to_have_text(count)
    expect(page.locator("hubbub-count")).to_have_text(count)
    expect(widget.comment("Bridge").locator(".actions button").first).to_have_text(reply)
    # The form, which is loaded later, speaks it too.
    expect(widget.root.locator(".composer textarea")).to_be_visible()
    assert widget.root.locator("button.post").inner_text() != "Post comment"
    name, when = (widget.comment("Bridge").locator(at).bounding_box() for at in (".name", "time"))
    assert name
    assert when
    assert (name["x"] < when["x"]) == (side == "left")


def test_an_english_page_loads_no_language(room: Room, readers: Readers, host: PageHost) -> None:
    page = readers.profile().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(_page(host, room, "en-GB"))
    Widget(page).ready()
    assert any("embed.js" in url for url in asked)
    assert not [url for url in asked if LANGUAGE_FILE.search(url)]


def test_a_language_that_does_not_come_is_english(room: Room, readers: Readers, host: PageHost) -> None:
    readers.allow(CUT)
    page = readers.profile().new_page()
    page.route(LANGUAGE_FILE, lambda route: route.abort())
    page.goto(_page(host, room, "zh-TW"))
    widget = Widget(page).ready()
    expect(widget.root.locator("h2")).to_have_text("No comments")
    assert widget.root.locator(".root").get_attribute("lang") == "en"


CUT_WORDS = """() => {
  const root = document.querySelector("hubbub-thread").shadowRoot;
  const shown = [...root.querySelectorAll("button, select, label, h2, a")].filter((at) => at.offsetParent);
  const measure = document.createElement("canvas").getContext("2d");
  const cut = shown.filter((at) => {
    const { left, right } = at.getBoundingClientRect();
    if (left < 0 || right > innerWidth) return true;
    if (at.localName !== "select") return at.scrollWidth > at.clientWidth + 1 && at.localName !== "a";
    const { font, maxWidth } = getComputedStyle(at);
    measure.font = font;
    // It is as wide as what is chosen, and an arrow is beside the words.
    return [...at.options].some(({ text }) => measure.measureText(text).width + 16 > parseFloat(maxWidth));
  });
  const words = cut.map((at) => at.innerText);
  return document.documentElement.scrollWidth > innerWidth ? ["page", ...words] : words;
}"""


def test_no_word_is_cut_on_a_phone(room: Room, readers: Readers, host: PageHost) -> None:
    room.post("One")
    page = readers.open(_page(host, room, "en"), viewport={"width": 360, "height": 800})
    Widget(page).ready().area.focus()
    element = page.locator("hubbub-thread")
    for language in sorted(LANGUAGES):
        # A change of the attribute is enough.
        element.evaluate("(at, lang) => { at.lang = lang }", language)
        expect(element.locator(".root")).to_have_attribute("lang", language)
        field = element.locator(".composer textarea")
        expect(field).to_be_visible()
        field.focus()
        expect(element.locator("button.post")).to_be_visible()
        assert page.evaluate(CUT_WORDS) == [], language


WHOLE = """(lang) => {
  const root = document.querySelector("hubbub-thread").shadowRoot;
  const here = root.querySelector(`.root[lang="${lang}"] header:has(select) .here`);
  return here?.textContent && here.scrollWidth <= here.clientWidth;
}"""

# How tall the header is when nobody else is here, when some are, and when one of them types.
HEIGHTS = """(header) => ["", "4 reading", "4 reading · someone is typing…"].map((text) => {
  header.querySelector(".here").textContent = text;
  return header.offsetHeight;
})"""


def test_who_is_here_is_not_cut_on_a_phone_and_moves_nothing(room: Room, readers: Readers, host: PageHost) -> None:
    room.fill(12)
    Widget(readers.open(room.url)).ready()
    page = readers.open(_page(host, room, "en"), viewport={"width": 320, "height": 800})
    Widget(page).ready()
    for language in ("en", *sorted(LANGUAGES)):
        page.locator("hubbub-thread").evaluate("(at, lang) => { at.lang = lang }", language)
        page.wait_for_function(WHOLE, arg=language)
    page.locator("hubbub-thread").evaluate("(at) => { at.lang = 'en' }")
    page.wait_for_function(WHOLE, arg="en")
    for width in (320, 360, 375, 390, 480, 600):
        page.set_viewport_size({"width": width, "height": 800})
        assert len(set(page.locator("header").evaluate(HEIGHTS))) == 1, width
