"""Texts in the languages of readers, one JSON file for each, by the English text: see docs/translating.md."""

import json
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from babel.units import format_unit

ENGLISH: Final = "en"
LANGUAGES: Final = frozenset(path.stem for path in Path(__file__).parent.glob("*.json")) | {ENGLISH}
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he"})
_TRADITIONAL = re.compile("hant|tw|hk|mo")
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")  # Babel leaves a number's digits as they are
_PLACE = re.compile(r"\{(\d)}")


def known(tag: str) -> str:
    """The language that we have for a tag (BCP 47), as in de for de-AT; English for the others. The widget's rule."""
    code = re.split("[-_]", tag.lower())[0]
    if code == "zh":
        code = "zh-Hant" if _TRADITIONAL.search(tag.lower()) else "zh-Hans"
    return code if code in LANGUAGES else ENGLISH


def direction(language: str) -> str:
    """What HTML's `dir` says of a language."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def translate(language: str, english: str, *values: object) -> str:
    """The text for `english`, or that itself. {0} and {1} are places for `values`; where it has (s), the first one is a
    number that chooses the plural."""
    return fill(language, find(language, english, *values), *values)


def find(language: str, english: str, *values: object) -> str:
    """The text in the form for the first of `values`, without them."""
    number = values[0] if values and isinstance(values[0], int) else 0
    text = _texts(language).get(english)
    if text is None:
        return english.replace("(s)", "" if number == 1 else "s")
    if isinstance(text, str):
        return text
    return text.get(_locale(language).plural_form(number)) or text["other"]


def fill(language: str, text: str, *values: object) -> str:
    """The text with the values at their places; numbers are written as the language writes them."""
    return _PLACE.sub(lambda place: _shown(language, values[int(place[1])]), text) if values else text


def day(language: str, moment: date) -> str:
    """22 November 2026."""
    return _digits(language, format_date(moment, "long", _locale(language)))


def duration(language: str, seconds: int) -> str:
    """5 minutes; 90 seconds where no minutes are whole. As the widget says it."""
    number, unit = (seconds, "second") if seconds % 60 else (seconds // 60, "minute")
    return _digits(language, format_unit(number, f"duration-{unit}", "long", locale=_locale(language)))


def _shown(language: str, value: object) -> str:
    if isinstance(value, int):
        return _digits(language, format_decimal(value, locale=_locale(language), numbering_system="default"))
    return str(value)


def _digits(language: str, text: str) -> str:
    return text.translate(_PERSIAN) if language == "fa" else text


@cache
def _locale(language: str) -> Locale:
    # The day stands before the month.
    return Locale.parse("en_GB" if language == ENGLISH else language.replace("-", "_"))


@cache
def _texts(language: str) -> Mapping[str, str | Mapping[str, str]]:
    if language == ENGLISH:
        return {}
    texts: Mapping[str, str | Mapping[str, str]] = json.loads(
        (Path(__file__).parent / f"{language}.json").read_text(encoding="utf-8")
    )
    return texts
