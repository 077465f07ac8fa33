"""Texts in the languages of readers: places, plurals and tags, and that no text is without a translation."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import hubbub
from hubbub.languages.texts import LANGUAGES, day, direction, known, translate

SERVER = Path(hubbub.__file__).parent
STRINGS = SERVER.parents[1] / "client/src/ui/strings.ts"
OTHERS = sorted(LANGUAGES - {"en"})
# What operators and developers read.
ENGLISH_PAGES = {"welcome.html", "example.html", "examples.html", "demo.html", "strip.html", "theme.html"}
TEXT = r'"((?:[^"\\]|\\.)*)"'


def _used() -> Iterator[str]:
    """Every English text of the widget and of the pages."""
    yield from re.findall(rf"translate\(\s*{TEXT}", STRINGS.read_text(encoding="utf-8"))
    for template in (SERVER / "web/pages/templates").iterdir():
        yield from re.findall(rf"\bt\({TEXT}", template.read_text(encoding="utf-8"))
    for module in (SERVER / "web").rglob("*.py"):
        yield from re.findall(rf"translate\([^\"\n]*?{TEXT}", module.read_text(encoding="utf-8"))
    views = (SERVER / "web/pages/views.py").read_text(encoding="utf-8")
    yield from re.findall(rf"ErrorCode\.\w+: {TEXT}", views)
    yield from re.findall(rf"_HEADINGS\.get\(refused\.code, {TEXT}", views)
    yield from re.findall(rf"Refused\(ErrorCode\.NOT_FOUND, {TEXT}", views)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    file, used = (SERVER / f"languages/{language}.json").read_text(encoding="utf-8"), set(_used())
    texts = json.loads(file)
    assert re.findall(rf"^  {TEXT}:", file, re.MULTILINE) == list(texts), "a text stands there twice"
    assert len(used) > 140
    assert sorted(used - texts.keys()) == [], "not translated"
    assert sorted(texts.keys() - used) == [], "used no longer"


def test_no_word_of_a_page_is_without_a_translation() -> None:
    """The page that tells the operator how to begin is in English."""
    for template in (SERVER / "web/pages/templates").iterdir():
        html = template.read_text(encoding="utf-8")
        shown = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<script.*?</script>", "", html, flags=re.DOTALL)
        words = re.findall(r">[^<>]*[A-Za-z]{2}[^<>]*<|(?:aria-label|title|placeholder)=\"[^\"]*[a-z][^\"]*\"", shown)
        assert template.name in ENGLISH_PAGES or words == [], template.name


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de-AT", "de"),
        ("PT_br", "pt"),
        ("zh", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("sv", "en"),
        ("deu", "en"),
        ("", "en"),
    ],
)
def test_a_tag_leads_to_a_language_that_we_have(tag: str, language: str) -> None:
    assert known(tag) == language


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("en", 1, "1 comment"),
        ("en", 4117, "4,117 comments"),
        ("de", 4117, "4.117 Kommentare"),
        ("pl", 22, "22 komentarze"),
        ("ar", 2, "تعليقان"),
        ("fa", 1234, "۱٬۲۳۴ دیدگاه"),
        ("fr", 1_000_000, "1\u202f000\u202f000 commentaires"),
        ("zh-Hant", 3, "3 則留言"),
    ],
)
def test_the_plural_is_that_of_the_language(language: str, count: int, said: str) -> None:
    assert translate(language, "{0} comment(s)", count) == said


def test_a_text_that_nobody_translated_is_english() -> None:
    assert translate("de", "{0} hat(s) of {1}", 2, "felt") == "2 hats of felt"
    assert translate("de", "A brace {0} that somebody typed") == "A brace {0} that somebody typed"


def test_days_and_directions() -> None:
    moment = date(2026, 11, 22)
    assert day("en", moment) == "22 November 2026"
    assert day("cs", moment) == "22. listopadu 2026"
    assert day("ja", moment) == "2026年11月22日"
    assert [one for one in OTHERS if direction(one) == "rtl"] == ["ar", "fa", "he"]
