"""Whatever is written: safe and balanced HTML or a sentence for the author, never another error."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from hubbub.markup import MarkupError, render, render_article
from tests.support.safe_html import judge

SIGNS = [*"[]()<>*_~`\\&#!-+=|:;'\"./ \n\t", "a", "é", "\u0301", "😀", "\xa0", "\u200b", "\ufdd0", "\0", "\r\n"]
MARKUP = ["1. ", "- ", "> ", "\n\n", "    ", "  \n", "```", "~~~", "**", "![", "](", "# ", "\n---\n", "&lt;", "&#9;"]
LINKS = [
    "(https://a.example)",
    "https://a.example/b",
    "[x]: http://a.example\n",
    "[x]",
    "(javascript:1)",
    "(#3)",
    "(/a)",
]
TYPED = ["<u>", "</u>", "<b>", "</b>", "<SMALL>", "</small>", "<br>", "<code>", "</code>", "<a@b.example>", "&#x202e;"]
TAGS = ["<div>\n", "</div>", "<script>", "</script>", "<!--", "-->", "<![CDATA[", "]]>", "<a href='", "'>", "<?", "?>"]
BREAKING = ["<img src=x onerror=alert(1)>", "</p>", "</a>", "<p>", "</code></pre>", "</ul>", "<!DOCTYPE html>"]
PIECES = [*SIGNS, *MARKUP, *LINKS, *TYPED, *TAGS, *BREAKING]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60).map("".join)
REPEATED = st.builds(lambda piece, times, tail: piece * times + tail, TEXTS, st.integers(1, 60), TEXTS).map(
    lambda text: text[:10_000]
)


@given(TEXTS | REPEATED, st.booleans())
@example("<u>*</u>*", False)
@example("- <b>\n  > <i>\n\n</b>", False)
def test_comments(text: str, images: bool) -> None:
    try:
        html = render(text, images=images)
    except MarkupError:
        return
    judged = judge(html, images=images)
    assert judged.faults == []
    assert judged.text.strip() or judged.images
    assert "\ufdd0" not in html
    assert len(html) < 150_000


@given(TEXTS)
def test_articles(text: str) -> None:
    try:
        html = render_article(text)
    except MarkupError:
        return
    assert judge(html, article=True).faults == []


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_words_survive(text: str) -> None:
    """In a code block nothing is markup, so what was typed is what is shown."""
    fenced = "~~~~~~\n" + re.sub("[\0\ufdd0-\ufdd4]", "", text.replace("~", "-")) + "\n~~~~~~"
    try:
        html = render(fenced)
    except MarkupError:
        return
    assert judge(html).text == fenced[7:-6].replace("\r\n", "\n").replace("\r", "\n")
