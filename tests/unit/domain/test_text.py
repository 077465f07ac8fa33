"""What people may type, and what they are told when they may not."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain.text import (
    MARKS,
    TextError,
    clean_body,
    clean_email,
    clean_line,
    clean_name,
    clean_website,
    fold_name,
    has_ink,
)

# Names and sentences that use what scripts need: points, tones, conjuncts, joiners, selectors, directional marks.
HONEST = {
    "Thai": "ก็ที่นั่งที่น้ำตก",
    "Vietnamese, decomposed": unicodedata.normalize("NFD", "Nguyễn Thị Minh Khai"),
    "Hebrew with points and accents": "בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים",
    "Hindi": "क्षत्रिय हिन्दी स्त्री",
    "Arabic with vowels": "ٱلْحَمْدُ لِلَّٰهِ",
    "Persian with ZWNJ": "می\u200cخواهم",
    "Tibetan": "བསྒྲུབས་རྒྱུ",
    "Burmese": "မြွှေ့",
    "Tamil": "ஸ்ரீ கொடுமை",
    "Korean": "김철수",
    "Japanese": "山田　太郎",
    "family": "👩\u200d👩\u200d👧\u200d👦",
    "heart with selector": "❤\ufe0f",
    "kiss": "👩🏽\u200d❤\ufe0f\u200d💋\u200d👨🏿",
    "keycap": "1\ufe0f\u20e3",
    "flag of Scotland": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "newer than Python's Unicode": "\U0001fae9",
    "ideographic variant": "葛\U000e0100飾区",
    "Latin with marks": "Ṩ̈ǭ",
    "right-to-left mark": "C++\u200e و \u200fعربي",
}
REFUSED = {
    "NUL": "a\0b",
    "C0": "a\x07b",
    "escape": "a\x1b[31mb",
    "DEL": "a\x7fb",
    "C1": "a\x9bb",
    "bidi embedding": "a\u202ab",
    "bidi override": "a\u202eb",
    "bidi isolate": "a\u2066b",
    "bidi pop": "a\u2069b",
    "lone surrogate": "a\ud800b",
    "noncharacter": "a\ufdd0b",
    "end of a plane": "a\U0010ffffb",
    "deprecated format": "a\u206ab",
    "annotation": "a\ufff9b",
    "hidden tags": "a\U000e0041\U000e0042b",
    "tags after a flag": "🏴\U000e0067\U000e0062\U000e007f\U000e0041",
    "unassigned and ignorable": "a\U000e0fffb",
    "zalgo": "Z" + "\u0301\u0316" * 5,
    "zalgo around joiners": "Z" + ("\u0301" * 8 + "\u200d") * 3,
    "zalgo around spacing marks": "क" + "\u0901\u0901\u0901\u0901\u0903" * 3,
    "enclosing marks": "a" + "\u20dd" * 9,
}
TURNING = [text for name, text in REFUSED.items() if name.startswith("bidi")]


@pytest.mark.parametrize("text", HONEST.values(), ids=HONEST)
def test_honest_scripts_pass(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert clean_line(text, "name", 50) == composed.replace("\u3000", " ")
    assert clean_body(text) == composed


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_deceiving_and_damaged_characters_are_refused(text: str) -> None:
    with pytest.raises(TextError, match=r"^The title (holds|stacks) .*\. Please .*\.$") as caught:
        clean_line(text, "title", 50)
    assert caught.value.field == "title"
    assert caught.value.message == str(caught.value)
    if text not in TURNING:
        with pytest.raises(TextError, match=r"^The comment (holds|stacks) .*\. Please .*\.$"):
            clean_body(text)
    for website in (f"https://{text}.example", f"https://a.example/{text}"):
        with pytest.raises(TextError):
            clean_website(website)
    with pytest.raises(TextError):
        clean_email(f"{text}@a.example")


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_refusal_names_the_character_and_its_place(text: str) -> None:
    for clean, sentence in ((clean_body, "Some words\nand "), (clean_name, "Ann ")):
        if clean is clean_body and text in TURNING:
            continue
        with pytest.raises(TextError, match=r"\(U\+[0-9A-F]{4,6}, after “.*(and|Ann) .*”\)\. Please") as caught:
            clean(sentence + text)
        caught.value.message.encode()
        assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("A long sentence that ends with\x07", "U+0007, after “sentence that ends with”"),
        ("\x1bafter", "U+001B, before “after”"),
        ("\x7f", "U+007F, character 1"),
        ("\U000e0041", "U+E0041, character 1"),
        ("🏴\U000e0067\U000e0062\U000e007f flag \ufff9", "U+FFF9, after “🏴 flag”"),
        ("Z" + "\u0301" * 9, "U+0301, after “Z”"),
    ],
)
def test_the_place_is_told_by_what_can_be_seen_beside_it(typed: str, place: str) -> None:
    with pytest.raises(TextError) as caught:
        clean_body(typed)
    assert f"({place})" in caught.value.message


def test_marks_are_counted_by_letter() -> None:
    assert clean_line("e" + "\u0323" * MARKS, "name", 50)
    assert clean_line(("e" + "\u0323" * MARKS) * 5, "name", 50)
    with pytest.raises(TextError, match="stacks more than 8 marks on one letter"):
        clean_line("e" + "\u0323" * (MARKS + 1), "name", 50)


def test_stacks_are_refused_before_they_are_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Composing 30,000 marks takes half a second; refusing them three milliseconds."""
    composed: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(unicodedata, "normalize", lambda _, text: composed.append(text))
        with pytest.raises(TextError, match="stacks"):
            clean_body("a" + "\u0301\u0316" * 14_000)
        with pytest.raises(TextError, match="stacks"):
            clean_line("a" + "\u0301" * 100, "name", 50)
    assert composed == []


class TestLine:
    def test_white_space_is_collapsed_and_idle_characters_dropped(self) -> None:
        assert clean_line("  Ann\t \u00a0Lee\n", "name", 50) == "Ann Lee"
        assert clean_line("A\u200bn\u00adn\ufeff", "name", 50) == "Ann"

    def test_it_is_composed(self) -> None:
        assert clean_line("e\u0301", "name", 1) == "é"

    @pytest.mark.parametrize("text", ["", " ", "\n", "\u200b", "\u200d\u200e", "\u3164", "\u2800 ", "\u0301", "\ufe0f"])
    def test_nothing_to_see_is_refused(self, text: str) -> None:
        with pytest.raises(TextError, match=r"^The name is empty\. Please type"):
            clean_line(text, "name", 50)

    @pytest.mark.parametrize("gap", ["\n", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
    def test_line_breaks_are_refused(self, gap: str) -> None:
        with pytest.raises(TextError, match=rf"on one line.*the first U\+{ord(gap[0]):04X}, after “a”\.$"):
            clean_line(f"a{gap}b", "reason", 50)

    def test_length_is_counted_when_clean(self) -> None:
        assert len(clean_line(" " + "x" * 50 + " ", "name", 50)) == 50
        for text in ("x" * 51, "x" * 1_000_000):
            with pytest.raises(TextError, match=r"^The name is too long\. Please shorten it to 50 characters\.$"):
                clean_line(text, "name", 50)

    def test_a_name_may_speak_of_anything_but_a_script_address(self) -> None:
        assert clean_name("JavaScript fan") == "JavaScript fan"
        assert clean_name("Data: the android") == "Data: the android"
        with pytest.raises(TextError, match="plain name") as caught:
            clean_name("java script&colon;x")
        assert caught.value.field == "name"


class TestBody:
    def test_line_ends_are_one_kind_and_the_edges_trimmed(self) -> None:
        assert clean_body("\ufeff\n  a\r\nb\rc\u2028d\u2029e\t\n\n") == "a\nb\nc\nd\ne"

    @pytest.mark.parametrize("gap", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
    def test_every_line_break_is_one(self, gap: str) -> None:
        assert clean_body(f"a{gap}b") == "a\nb"

    def test_backspaces_and_characters_that_turn_the_direction_are_dropped(self) -> None:
        assert clean_body("a\bb") == "ab"
        assert clean_body("a\u202etxt.exe\u202c \u2067b\u2069 \u2066") == "atxt.exe b"

    @pytest.mark.parametrize("pair", ["\u202a\u202c", "\u2066\u2069", "\u2068\u2069"])
    def test_a_number_that_a_phone_pasted_keeps_its_order(self, pair: str) -> None:
        assert clean_body(f"הטלפון {pair[0]}+972 50-123{pair[1]}!") == "הטלפון \u200e+972 50-123\u200e!"

    @pytest.mark.parametrize("code", ["    a = 1\n    b", "\ta\n\tb", "  \ta", "　第一段\n　第二段"])
    def test_the_indentation_of_the_first_line_is_kept(self, code: str) -> None:
        assert clean_body(f"\n \t\n{code}\n\n") == code

    def test_inner_white_space_is_kept(self) -> None:
        assert clean_body("a\n\n    code\n\tb  c") == "a\n\n    code\n\tb  c"

    @pytest.mark.parametrize("text", ["", "\n\t ", "\u200b\u200d", "\u3164", "\u0301"])
    def test_nothing_to_see_is_refused(self, text: str) -> None:
        with pytest.raises(TextError, match=r"^The comment is empty\."):
            clean_body(text)

    def test_length_is_counted_when_clean(self) -> None:
        assert len(clean_body(" " + "x" * 10_000 + "\n")) == 10_000
        assert len(clean_body("e\u0301" * 10_000)) == 10_000
        for text in ("x" * 10_001, "x\n" * 20_000):
            with pytest.raises(TextError, match=r"shorten it to 10,000 characters\.$"):
                clean_body(text)
        assert clean_body("x" * 20, max_chars=20)


class TestWebsite:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("https://example.org", "https://example.org"),
            (" HTTP://Example.org/a?b=c&d=e#f ", "http://Example.org/a?b=c&d=e#f"),
            ("example.org", "https://example.org"),
            ("example.org:8080/a?b", "https://example.org:8080/a?b"),
            ("https://bücher.example/ä", "https://bücher.example/ä"),
            ("हिन्दी.भारत", "https://हिन्दी.भारत"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
            ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/"),
            ("http://[::1]:8000/", "http://[::1]:8000/"),
            ("http://localhost", "http://localhost"),
            ("https://example.org/@ann", "https://example.org/@ann"),
            ("https://example.org./", "https://example.org./"),
            ("https://example.org/o'hara?'", "https://example.org/o%27hara?%27"),
            ("http://[2001:db8::1]/", "http://[2001:db8::1]/"),
        ],
    )
    def test_kept(self, typed: str, kept: str) -> None:
        assert clean_website(typed) == kept

    @pytest.mark.parametrize("typed", ["", "  ", "\n"])
    def test_none(self, typed: str) -> None:
        assert clean_website(typed) is None

    @pytest.mark.parametrize(
        "typed",
        [
            "javascript:alert(1)",
            "JAVASCRIPT://example.org/%0aalert(1)",
            "javascript.x:alert(1)",
            "java\tscript:alert(1)",
            "java&#9;script:alert(1)",
            "data:text/html,x",
            "ftp://example.org",
            "mailto:a@example.org",
            "//example.org",
            "https:example.org",
            "https://",
            "https:///a",
            "https://?a",
            "https://user@example.org",
            "https://user:pw@example.org",
            "https://@example.org",
            "https://exa mple.org",
            "https://example.org/a b",
            "https://example.org\\@evil.example",
            'https://example.org/"x',
            "https://exam'ple.org",
            "https://example.org/<x>",
            "https://example.org/&#9;",
            "https://example.org/&Tab;",
            "https://example.org:0",
            "https://example.org:99999",
            "https://example.org:x",
            "https://-a.example",
            "https://a..example",
            "https://[::1",
            "https://[zz]",
            "https://[v1.x]",
            "https://a.example\u3002evil\uff0fx",
            "https://exa\u200bmple.org",
            "https://a\u00adb.example",
            "https://%00.example",
            "https://a%2eb.example",
            "word",
            "a@example.org",
            "example.org:80:80",
        ],
    )
    def test_refused(self, typed: str) -> None:
        with pytest.raises(TextError, match=r"^(Please give the website as|The website holds) .*\.$") as caught:
            clean_website(typed)
        assert caught.value.field == "website"

    def test_length_counts_the_added_scheme(self) -> None:
        assert clean_website("https://a.example/" + "x" * 182)
        for typed in ("https://a.example/" + "x" * 183, "a.example/" + "x" * 183, "x" * 5_000):
            with pytest.raises(TextError, match="200 characters"):
                clean_website(typed)


class TestEmail:
    @pytest.mark.parametrize(
        "typed", ["ann@example.org", "a.b+c_d-e@mail.example.org", "用户@例子.example", "o'hara@example.org"]
    )
    def test_kept(self, typed: str) -> None:
        assert clean_email(f" {typed}\n") == typed

    def test_none(self) -> None:
        assert clean_email("") is None
        assert clean_email(" \t") is None

    @pytest.mark.parametrize(
        "typed",
        [
            "ann",
            "ann@",
            "@example.org",
            "ann@example",
            "a@b@example.org",
            "ann lee@example.org",
            "<ann@example.org>",
            "ann@exa mple.org",
            "ann@example.org,b@example.org",
            "ann@-example.org",
            "ann@example..org",
            "a\u200b@example.org",
            f"{'a' * 65}@example.org",
            "ann@example.org\nBcc: b@example.org",
        ],
    )
    def test_refused(self, typed: str) -> None:
        with pytest.raises(TextError, match=r"^(Please give the e-mail address as|The e-mail holds) .*\.$") as caught:
            clean_email(typed)
        assert caught.value.field == "e-mail"

    def test_length(self) -> None:
        domain = ".".join(["x" * 59, "x" * 60, "x" * 60, "x" * 60])
        assert clean_email(f"abcdefghi@{domain}.a")
        with pytest.raises(TextError, match="254 characters"):
            clean_email(f"abcdefghij{'k' * 10}@{domain}.a")


CLEANERS: list[Callable[[str], str | None]] = [
    lambda value: clean_line(value, "name", 50),
    clean_name,
    clean_body,
    clean_website,
    clean_email,
]


@given(st.text(max_size=80), st.sampled_from(CLEANERS))
def test_cleaning_twice_is_cleaning_once(text: str, clean: Callable[[str], str | None]) -> None:
    try:
        once = clean(text)
    except TextError:
        return
    assert once is None or clean(once) == once


@given(st.text(max_size=80))
def test_what_passes_shows_something_and_can_be_sent(text: str) -> None:
    try:
        body = clean_body(text)
    except TextError:
        return
    assert has_ink(body)
    assert body.encode().decode() == body
    assert all(unicodedata.category(char) not in ("Cc", "Cs") or char in "\n\t" for char in body)


@pytest.mark.parametrize(("one", "other"), [("Ann", "ANN"), ("Straße", "STRASSE"), ("ﬁn", "fin"), ("Ａｎｎ", "ann")])
def test_names_are_compared_without_regard_to_case_and_width(one: str, other: str) -> None:
    assert fold_name(one) == fold_name(other)


def test_different_names_stay_different() -> None:
    assert len({fold_name(name) for name in ("Ann", "Anne", "Änn", "An n")}) == 4
