"""Text that is stored is seen: no letter vanishes, but what the documentation calls markup."""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from html import unescape
from itertools import count
from urllib.parse import unquote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from hubbub.domain.text import TextError, clean_body
from hubbub.markup import MarkupError, render, render_article
from tests.support.safe_html import judge

# Each `{}` becomes a word that no other place has.
WORDS = ["{} ", "{}", "日{}", "{}。", "**{}**", "_{}_", "~~{}~~", "`{}`", "\\{}", "{}\\", "¯\\_{}", "C:\\_{}"]
BLOCKS = [
    "\n\n",
    "\n",
    "> ",
    "- ",
    "1. ",
    "    ",
    "\t",
    "# {}\n",
    "{}\n===\n",
    "---\n",
    "|{}|\n|-|\n",
    "- [ ] {}\n",
    "> > ",
]
FENCES = ["```\n", "```{}\n", "~~~ {} {}\n", "```py {}\n", "````\n", "``", "\n```\n", "```py\n{}\n```\n"]
DEFINITIONS = [
    "[{}]: {}\n", "[{}]: https://a.example/{}\n", "[{}]: <{}> '{}'\n", '[{}]:\n{}\n"{}\n{}"\n', "[x]: https://a.example\n",
    "[x]: {}\n", "[^{}]: {}\n", "[{}][x]", "[x]", "[{}]", "[{}][{}]", "[{}][]", "]:", "[", "]",
    "[y]: https://b.example '{}'\n", "[y]", "*[{}]: {}\n",
]  # fmt: skip
TAGS = [
    "<!-- {} -->", "<!-- {}\n", "-->", "<{}>", "</{}>", "<div {}>\n", "<div>{}</div>",
    "<details>\n<summary>{}</summary>\n",
    "<![CDATA[{}]]>", "<![CDATA[{}\n", "<?{} ?>", "<?{}\n", "<!{} {}>", "<b>{}</b>", "<u>", "</u>", "<big>", "</big>",
    "<br>", "<code>", "<b {}>", "<a href='{}'>", "<script>{}</script>", "<style>\n{}\n",
    "<pre>\n{}", "<img alt={}>", "<u>" * 17,
]  # fmt: skip
ENTITIES = ["&amp;{};", "&{};", "&lt;{}&gt;", "&#65;{}", "&copy;"]
LINKS = [
    "https://a.example/{}", "https://a.example/_{}_*{}*", "看https://a.example/{}看{}",
    "<https://a.example/{}>", "<{}@b.example>", "[{}](https://a.example/{})", "[{}](https://a.example '{} {}')", "[](https://a.example/{})",
    "[{}](#3)", "[{}](", ")", "[{}](mailto:{}@b.example)",
]  # fmt: skip
PICTURES = ["![{}](https://a.example)", "![{}](https://a.example '{}')", "![{}][x]", "![", "](https://a.example)"]
PIECES = st.sampled_from(WORDS + BLOCKS + FENCES + DEFINITIONS + TAGS + ENTITIES)
COMMENTS = st.lists(PIECES | st.sampled_from(LINKS), max_size=14) | st.lists(
    PIECES | st.sampled_from(PICTURES), max_size=14
)
ARTICLES = st.lists(PIECES | st.sampled_from(LINKS), max_size=14)


def unseen(pieces: list[str], show: Callable[[str], str]) -> list[str]:
    """The words of `pieces` that `show` shows neither as text nor as a link's address."""
    words = (f"word{number}x" for number in count())
    text = re.sub(re.escape("{}"), lambda _: next(words), "".join(pieces))
    typed = re.findall(r"word\d+x", text)
    try:
        html = show(clean_body(text))
    except (MarkupError, TextError):
        assume(False)
    judged = judge(html)
    seen = judged.text + " ".join(unquote(unescape(link)) for link in judged.links)
    return [word for word in typed if word not in seen]


@given(COMMENTS)
@example(["[{}]: {}\n", "[{}]: {}\n", "{}"])
@example(["[{}]: `{}\n[y][x] `\n\n", "[x]: https://a.example/{}"])
@example(["[x]: https://a.example\n", "[x]: https://a.example/{}\n", "[x]"])
@example(["> [{}]: {}\n> - [{}]: {}\n"])
@example(["```{}\n", "{}```"])
@example(["[{}](https://xn--/{})"])
def test_every_word_of_a_comment_is_seen(pieces: list[str]) -> None:
    assert unseen(pieces, render) == []


@given(ARTICLES)
def test_every_word_of_an_article_is_seen(pieces: list[str]) -> None:
    assert unseen(pieces, render_article) == []


LETTERS = "αβжя日本ひらกขאבعغ각éß"
SIGNS = [
    *"*_~`\\#>-+.!|:;'\"()[]= \t（）「」。、，",
    "\n",
    "**",
    "```",
    "~~",
    "\n\n",
    "    ",
    "¯\\_",
    "https://a.example/",
    "]: ",
]


@given(st.lists(st.sampled_from([*LETTERS, *SIGNS]), min_size=1, max_size=40).map("".join))
@example("[α]: β\nя")
@example("```日 本\nя")
def test_every_letter_is_seen_in_its_order(text: str) -> None:
    try:
        body = clean_body(text)
        seen = judge(render(body)).text
    except (MarkupError, TextError):
        assume(False)
    assert [char for char in seen if char in LETTERS] == [char for char in body if char in LETTERS]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("[Bob]: Yes\n[Ann]: No\nWhat a dialogue", "<p>[Bob]: Yes<br>[Ann]: No<br>What a dialogue</p>"),
        ("> [Bob]: *Yes*", "<blockquote><p>[Bob]: <em>Yes</em></p></blockquote>"),
        ("- [1]: a\n- [2]: b", "<ul><li>[1]: a</li><li>[2]: b</li></ul>"),
        ("[^1]: a note", "<p>[^1]: a note</p>"),
    ],
)
def test_a_definition_that_nothing_refers_to_is_text(text: str, html: str) -> None:
    assert render(text) == html


def test_definitions_that_are_referred_to_work_beside_others() -> None:
    judged = judge(render("see [this][a] and [that][B]\n\n[a]: https://a.example\n[c]: lost\n[b]: https://b.example"))
    assert judged.links[:2] == ["https://a.example", "https://b.example"]
    assert judged.text.startswith("see this and that[c]: lost")


def test_the_second_definition_of_a_name_is_text() -> None:
    judged = judge(render("[a]\n\n[a]: https://a.example\n[A]: https://b.example"))
    assert judged.links[0] == "https://a.example"
    assert "https://b.example" in judged.text


def test_a_title_stands_behind_its_link() -> None:
    assert judge(render('[a](https://a.example "said <b>")')).text == "a (said <b>)"
    assert judge(render("![a](https://a.example 'said')")).text == "a (said)"
    assert judge(render("[![a](https://a.example 'b')](https://c.example 'd')")).text == "a (b) (d)"
    assert judge(render("![a](https://a.example 'said')", images=True), images=True).text == " (said)"


@pytest.mark.parametrize(
    ("fence", "shown"),
    [("```python", ""), ("```C++", ""), ("~~~", ""), ("```hello", "hello\n"), ("```all the words", "all the words\n")],
)
def test_words_behind_a_fence_are_seen_but_for_a_language(fence: str, shown: str) -> None:
    assert judge(render(f"{fence}\ncode\n{fence[:3]}")).text == f"{shown}code\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("¯\\_(ツ)_/¯", "¯\\_(ツ)_/¯"),
        ("so ¯\\(ツ)/¯ *so*", "so ¯\\(ツ)/¯ so"),
        ("¯\\\\\\_(ツ)\\_/¯", "¯\\_(ツ)_/¯"),
        ("C:\\_private\\*x", "C:\\_private\\*x"),
        ("in “D:\\[a]\\_b\\” and *c*", "in “D:\\[a]\\_b\\” and c"),
        ("\\\\host\\_share\\x", "\\\\host\\_share\\x"),
        ("cp a \\\n  b", "cp a \\b"),
        ("\\*no\\* snake\\_case", "*no* snake_case"),
        ("\\\\\nb", "\\b"),
    ],
)
def test_backslashes_that_are_meant_stay(text: str, shown: str) -> None:
    assert judge(render(text)).text == shown


def test_a_backslash_breaks_the_line_of_an_article() -> None:
    assert render_article("a\\\nb") == "<p>a<br>b</p>"


def test_sizes_do_not_multiply() -> None:
    assert render("<big>" * 9 + "W") == "<p><big>W</big></p>"
    assert render("<small>a <small>b</small> c</small> d") == "<p><small>a b c</small> d</p>"
    assert render("<big>a <small>b</small> c</big>") == "<p><big>a b c</big></p>"
    assert render("<code><u><code>a</code></u> b</code>") == "<p><code><u>a</u> b</code></p>"


def test_a_link_that_no_browser_can_follow_is_refused() -> None:
    for text in ("[a](https://xn--/)", "![a](https://xn--/)"):
        with pytest.raises(MarkupError, match="a host that there cannot be"):
            render(text)
    with pytest.raises(MarkupError, match="a host that there cannot be"):
        render("![a](https://xn--/)", images=True)


TRIGGERS = [
    "https://a.b/_", "https://a.b/*", "https://a.b/[", "https://a.b/]", "https://a.b/日", "看https://a.b/a日",
    "https://a.b/a를 ", "&hl;", "http://", "https://[::", "https://日", "https://a.日", "C:\\_", "C:\\*", "\\\\a",
    "[x]: u\n", "[x]: u\n[x]", "[x]:", "]:", "[a]: b\n[y][z]\n", "[a]: '\n", "[a]: `\n", "[y]", "¯\\_", "\\\n", "\\",
    "**「", "」**は", "は**「重要」**で", "*日", "~~「", "``` a\n", "~~~ a b\n~~~\n", "<big>", "<big><small>",
    "[a](https://b.c 'd')", "![a](https://b.c 'd')", "\u202a1\u202c", "\u202a1", "\u2068+", "\b", "\v", " \n",
]  # fmt: skip


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("before", ["", "https://a.b/", "[x]: https://a.b\n[y]: https://a.b 'c'\n[x] [q]: u [z]:\n"])
def test_no_sign_takes_long_however_often_it_comes(before: str, trigger: str) -> None:
    """10,000 characters take under 5 ms of computing; what grows with the square of them takes seconds."""
    text = (before + trigger * 10_000)[:10_000]
    begun = time.thread_time()
    with suppress(MarkupError, TextError):
        render(clean_body(text))
    assert time.thread_time() - begun < 0.25
