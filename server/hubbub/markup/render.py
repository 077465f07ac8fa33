"""Renders what people write into safe HTML: engine, writer, sanitizer."""

import re
from dataclasses import replace
from typing import Final

from hubbub.markup import sanitizer
from hubbub.markup.engine import events
from hubbub.markup.errors import MarkupError
from hubbub.markup.writer import Style, Writer

# The bounds keep any 10,000 characters under 5 ms. Prose of that length has 300 events and a dozen links.
_COMMENT: Final = Style(
    images=False,
    headings=False,
    local_links=False,
    line_break="<br>",
    rule="<p>* * *</p>",
    max_work=3_000,
    max_links=200,
    max_html=65_536,
)
# Entities that may stand for a character which is refused when it is typed: any by number, and marks by name.
_MARK_ENTITY = re.compile("&(?:#|DownBreve;|DotDot;|TripleDot;|tdot;)")
# What nh3 takes the address off, since browsers could not read it (WHATWG URL, 3.3).
_LOST = re.compile(r'<a rel="[^"]*">(?!https?://)|<img(?! src=)', re.IGNORECASE)
_COMMENT_WITH_IMAGES: Final = replace(_COMMENT, images=True)

# Articles come from the site's owner: no bound but against runaway machines.
_ARTICLE: Final = Style(
    images=True,
    headings=True,
    local_links=True,
    line_break="\n",
    rule="<hr>",
    max_work=100_000,
    max_links=5_000,
    max_html=2_000_000,
)


def render(text: str, *, images: bool = False) -> str:
    """A comment's safe HTML. With `images`, https images are shown; without, each becomes a link to it.

    `text` has passed `hubbub.domain.text.clean_body`. Raises `MarkupError`, whose message is for the author, when a
    link leads to anything but http, https, mailto or a comment (`#12`), when the text shows nothing, or when its
    markup is too deep or too much.
    """
    if images:
        return _whole(sanitizer.clean_comment_with_images(_written(text, _COMMENT_WITH_IMAGES)))
    return _whole(sanitizer.clean_comment(_written(text, _COMMENT)))


def render_article(text: str) -> str:
    """An article's safe HTML: as a comment's, with headings (h2, h3), https images, rules and relative links.

    A single line break is white space here. Raises `MarkupError` as `render` does; the length is the caller's to limit.
    """
    return _whole(sanitizer.clean_article(_written(text, _ARTICLE)))


def _written(text: str, style: Style) -> str:
    found = events(text, most=style.max_work, breaks=style.line_break == "<br>")
    return Writer(style).write(found, decoded=_MARK_ENTITY.search(text) is not None)


def _whole(html: str) -> str:
    """Returns `html`. Raises `MarkupError` if the sanitizer removed an address that is not also visible as text."""
    if ("<a " in html or "<img" in html) and _LOST.search(html):
        raise MarkupError("A link in this text leads to a host that there cannot be. Please change its address.")
    return html
