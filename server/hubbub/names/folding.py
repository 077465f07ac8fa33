"""Folds names, so that those which look alike are equal (Unicode TS 39, the table of confusables).

The table comes from the package confusable-homoglyphs, as a list of pairs that look alike. It is turned into classes:
each character stands for the first of its class.
"""

import json
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

from hubbub.domain.text import fold_name

NOBODY = "Anonymous"  # the name of all who give none
_MARKS = "\u200e\u200f"  # that the table puts around right-to-left letters
_ALIKE = str.maketrans("i10", "llo")  # in capitals, `I` is an `l`; the table has 1 with `l`, and 0 with the capital `O`
_KEPT = 10_000  # names of those who write now


@lru_cache(_KEPT)
def fold(name: str) -> str:
    """A name as it is stored to be compared: without regard to case, width, look-alike characters, spaces and
    punctuation. A name of nothing else keeps these."""
    letters = _skeleton(fold_name(name))
    return "".join(one for one in letters if unicodedata.category(one)[0] not in "ZPC").translate(_ALIKE) or letters


@lru_cache(_KEPT)
def keys(name: str) -> frozenset[str]:
    """What another name may be folded to for `name` to look like it: `name` in capitals of another script too. Names
    that were taken in before there was this folding are stored with their case folded alone."""
    capitals = _skeleton(unicodedata.normalize("NFKC", name))
    return frozenset({fold(name), fold(capitals), fold_name(name)})


@lru_cache(_KEPT)
def is_nobody(name: str) -> bool:
    """Whether a name is that of all who give none, which belongs to nobody."""
    return fold(NOBODY) in keys(name)


def _skeleton(text: str) -> str:
    classes = _classes()
    return unicodedata.normalize("NFD", "".join(classes.get(one, one) for one in unicodedata.normalize("NFD", text)))


@cache
def _classes() -> dict[str, str]:
    """The first of its class for each character that looks like others: a sequence, else the lowest code point."""
    table = json.loads(files("confusable_homoglyphs").joinpath("confusables.json").read_bytes())
    first: dict[str, str] = {}

    def root(one: str) -> str:
        while one in first:
            one = first[one]
        return one

    for one, alike in table.items():
        for other in alike:
            pair = sorted(
                {root(one.strip(_MARKS)), root(other["c"].strip(_MARKS))}, key=lambda each: (-len(each), each)
            )
            if len(pair) == 2 and len(pair[1]) == 1:
                first[pair[1]] = pair[0]
    return {one: root(one) for one in first}
