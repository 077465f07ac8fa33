"""What the widget's format buttons write is what the server shows: buttons and renderer are two programs that agree."""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from hubbub.domain.text import TextError, clean_body
from hubbub.markup import MarkupError, render
from tests.support.client_program import client_program
from tests.support.contract import Json

Press = Callable[[str, str, int, int], Json]

ELEMENTS = {
    "Bold": {"strong", "b"},
    "Italic": {"em", "i"},
    "Underline": {"u"},
    "Strikethrough": {"del", "s"},
    "Small": {"small"},
    "Big": {"big"},
    "Code": {"code"},
    "Link": {"a"},
    "Bulleted list": {"ul"},
    "Numbered list": {"ol"},
    "Quote": {"blockquote"},
}
MARKS = ["Bold", "Italic", "Underline", "Strikethrough", "Small", "Big"]
LINES = ["Bulleted list", "Numbered list", "Quote"]
# Each # becomes a number that no other word has.
WORDS = ["w#", "Wörter#", "重要#", "きょう#", "نص#", "слово#", "#", "🙂#"]
SIGNS = [".", ",", "!", "(", ")", "“", "”", "「", "」", "、", "。", "—", "'", "¿", "€", "😀", "/", ":"]
MARKED = [
    "**w#**",
    "*w#*",
    "<u>w#</u>",
    "~~w#~~",
    "`w#`",
    "[w#](https://a.example/)",
    "<b>重要#</b>",
    "**w# w#**",
]
PIECES = ["https://a.example/w#", "\\*", "&amp;", " * ", " _ ", "C:\\w# ", "a_w#"]
GAPS = [" ", "", "", "  "]
BREAKS = ["\n", "\n\n", "\n> ", "\n- ", "\n\n1. "]


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    """Presses a button on a selection: what is there after once, at once twice, and once more later."""
    with client_program("press.mjs") as ask:

        def press(label: str, value: str, start: int, end: int) -> Json:
            at = [len(value[:place].encode("utf-16-le")) // 2 for place in (start, end)]  # as JavaScript counts
            answer: Json = ask({"label": label, "value": value, "from": at[0], "to": at[1]})
            return answer

        yield press


class Shown(HTMLParser):
    """The letters of a rendered comment, and which of them are inside one of `elements`."""

    def __init__(self, text: str, elements: set[str]) -> None:
        super().__init__()
        self._elements = elements
        self._open = 0
        self.all = ""
        self.inside = ""
        self.feed(render(clean_body(text)))

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._open += tag in self._elements

    def handle_endtag(self, tag: str) -> None:
        self._open -= tag in self._elements

    def handle_data(self, data: str) -> None:
        data = "".join(data.split())
        self.all += data
        self.inside += f"{data} " if self._open else ""


@st.composite
def selections(draw: st.DrawFn, pieces: list[str], breaks: list[str]) -> tuple[str, int, int]:
    """A text, and where a selection in it begins and ends."""
    kinds = st.sampled_from(pieces)
    drawn = draw(st.lists(st.tuples(kinds, st.sampled_from([*GAPS, *breaks])), min_size=1, max_size=7))
    text, number = "", 100
    for piece, gap in drawn:
        if text[-1:] in ("*", "~", "`") and piece[0] in "*~`":  # would be one run
            text += " "
        for part in piece + gap:
            number += part == "#"
            text += f"{number}x" if part == "#" else part
    start = draw(st.integers(0, len(text) - 1))
    return text, start, draw(st.integers(start + 1, len(text)))


def _words(text: str, start: int, end: int) -> list[str]:
    """The numbered words that are wholly in the selection."""
    found = []
    for number in range(101, 130):
        at = text.find(f"{number}x")
        if 0 <= start <= at and at + 4 <= end:
            found.append(f"{number}x")
    return found


def _assume_shown(text: str) -> None:
    try:
        render(clean_body(text))
    except (TextError, MarkupError):
        assume(False)


def _agree(press: Press, label: str, case: tuple[str, int, int]) -> Json:
    text, start, end = case
    _assume_shown(text)
    assume(text[start:end].strip() and "***" not in text and "~~~" not in text)
    done = press(label, text, start, end)
    value = done["once"]["value"].replace("(https://)", "(https://b.example)")
    before, after = Shown(text, ELEMENTS[label]), Shown(value, ELEMENTS[label])
    words = _words(text, start, end)
    if after.inside != before.inside or words:
        assert after.all == before.all, (label, text, value)
    assert twice_is_as_before(text, start, end, done), (label, text, done)
    return {"value": value, "inside": after.inside, "words": words, "was": before.inside, "done": done}


def twice_is_as_before(text: str, start: int, end: int, done: Json) -> bool:
    at = [len(text[:place].encode("utf-16-le")) // 2 for place in (start, end)]
    return bool(done["twice"] == {"value": text, "from": at[0], "to": at[1]})


@given(label=st.sampled_from([*MARKS, "Link"]), case=selections(WORDS + SIGNS, ["\n", "\n\n"]))
@settings(max_examples=100, deadline=None)
@example("Bold", ("これは「重要101x」です", 3, 11))
@example("Italic", ("w101x “w102x”w103x", 6, 13))
@example("Strikethrough", ("w101x\n\nw102x", 0, 13))
def test_plain_words_are_marked(press: Press, label: str, case: tuple[str, int, int]) -> None:
    seen = _agree(press, label, case)
    for word in seen["words"]:
        assert word in seen["inside"], (label, case, seen["value"])
    if seen["words"] and "\n" not in case[0]:
        assert seen["done"]["later"]["value"] == case[0], "pressed again later, it is off"


@given(label=st.sampled_from(MARKS), case=selections(WORDS + SIGNS + MARKED + PIECES, BREAKS))
@settings(max_examples=150, deadline=None)
def test_words_among_marks_are_marked_or_no_longer(press: Press, label: str, case: tuple[str, int, int]) -> None:
    seen = _agree(press, label, case)
    marked = [word in seen["inside"] for word in seen["words"]]
    code = "`" in case[0]
    assert code or all(marked) or not any(marked), (label, case, seen["value"])
    if not all(marked) and not code:
        assert all(word in seen["was"] for word in seen["words"]), (label, case, seen["value"])


@given(label=st.sampled_from(LINES), case=selections(WORDS + SIGNS + MARKED[:2], ["\n", "\n\n"]))
@settings(max_examples=60, deadline=None)
def test_lines_become_a_list_or_a_quotation(press: Press, label: str, case: tuple[str, int, int]) -> None:
    seen = _agree(press, label, case)
    for word in seen["words"]:
        assert word in seen["inside"], (label, case, seen["value"])
    end = case[2]
    rest = case[0][end:].partition("\n")[2]
    for word in _words(rest, 0, len(rest)):
        assert word not in seen["inside"], (label, case, seen["value"])


@given(case=selections(WORDS + SIGNS + ["`", "*", "<", "&amp;"], ["\n", "\n\n", "\n  "]))
@settings(max_examples=60, deadline=None)
def test_code_is_shown_as_it_was_typed(press: Press, case: tuple[str, int, int]) -> None:
    text, start, end = case
    _assume_shown(text)
    done = press("Code", text, start, end)
    assert twice_is_as_before(text, start, end, done)
    inside = Shown(done["once"]["value"], {"code"}).inside
    for word in _words(text, start, end):
        assert word in inside, (case, done)
