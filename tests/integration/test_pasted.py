"""What the widget makes of pasted HTML shows what that shows: two programs, it and the server's renderer, agree."""

from collections.abc import Callable, Iterator
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from hubbub.domain.text import TextError, clean_body
from hubbub.markup import MarkupError, render
from tests.support.client_program import client_program

Paste = Callable[[str], str]

SAME = {"b": "strong", "i": "em", "s": "del"}
MEANT = {"strong", "em", "del", "u", "code", "a", "ul", "ol", "blockquote"}
# Each # becomes a number that no other word has.
WORDS = [
    "w#",
    "Wörter#",
    "重要#",
    "نص#",
    "🙂#",
    "w# w#",
    "(w#)",
    "“w#”",
    "w#,",
    "*w#*",
    "_w#_",
    "~~w#~~",
    "`w#`",
    "<w#>",
]
SIGNS = [
    " ",
    "-",
    "- ",
    "1. ",
    "> ",
    "# ",
    "*",
    "**",
    "_",
    "[w#](x)",
    "[1]",
    "&amp;",
    "\\",
    "\\*",
    "!",
    "=",
    ":",
]
INLINE = ["b", "i", "s", "u", "code", "strong", "em", "span", "big"]


@pytest.fixture(scope="module")
def paste() -> Iterator[Paste]:
    """The markup of pasted HTML."""
    with client_program("pasted.mjs") as ask:
        yield ask


class Read(HTMLParser):
    """The characters of HTML without white space, each with the meant elements around it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._open: list[str] = []
        self.shown: list[tuple[str, frozenset[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("br", "img"):
            self._open.append(SAME.get(tag, tag))

    def handle_endtag(self, tag: str) -> None:
        self._open.remove(SAME.get(tag, tag))

    def handle_data(self, data: str) -> None:
        around = frozenset(MEANT.intersection(self._open))
        self.shown.extend((char, around) for char in "".join(data.split()))


texts = st.lists(st.sampled_from([*WORDS, *SIGNS]), min_size=1, max_size=3).map(lambda parts: escape("".join(parts)))
inline = st.recursive(
    texts,
    lambda inner: st.tuples(st.sampled_from(INLINE), st.lists(inner, min_size=1, max_size=3)).map(
        lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0]}>"
    ),
    max_leaves=4,
)
link = inline.map(lambda inner: f'<a href="https://b.example/x">{inner}</a>')
lines = st.lists(st.one_of(inline, link, st.just("<br>"), st.just(" ")), min_size=1, max_size=5).map("".join)
blocks = st.recursive(
    lines.map(lambda inner: f"<p>{inner}</p>"),
    lambda inner: st.one_of(
        inner.map(lambda one: f"<blockquote>{one}</blockquote>"),
        st.tuples(st.sampled_from(["ul", "ol"]), st.lists(inner, min_size=1, max_size=3)).map(
            lambda made: f"<{made[0]}>{''.join(f'<li>{item}</li>' for item in made[1])}</{made[0]}>"
        ),
    ),
    max_leaves=3,
)


def numbered(html: str) -> str:
    """Each # of a word as a number of its own."""
    first, *others = html.split("w#")
    return first + "".join(f"w{number}{rest}" for number, rest in enumerate(others, 100))


@settings(max_examples=200, deadline=None)
@given(html=st.lists(blocks, min_size=1, max_size=3).map("".join).map(numbered))
@example("<p>a<b>(b)</b>c</p>")
def test_pasted_html_is_shown_as_it_was(paste: Paste, html: str) -> None:
    markup = paste(html)
    assume(markup)
    try:
        shown = render(clean_body(markup))
    except (TextError, MarkupError):
        assume(False)
    assert Read(shown).shown == Read(html).shown, markup
