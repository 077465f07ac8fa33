"""What a site may offer."""

import pytest

from hubbub.domain.errors import Refused
from hubbub.domain.votes import REACTIONS, clean_reactions


def test_offered_reactions_are_cleaned_and_keep_their_order() -> None:
    assert clean_reactions(REACTIONS) == REACTIONS
    assert list(clean_reactions({"wow_2": " 😮 ", "a": "🇩🇪", "f": "👨‍👩‍👧‍👦"}).items()) == [
        ("wow_2", "😮"),
        ("a", "🇩🇪"),
        ("f", "👨‍👩‍👧‍👦"),
    ]


@pytest.mark.parametrize(
    "offered",
    [
        {f"name{number}": "👍" for number in range(7)},
        {"": "👍"},
        {"Like": "👍"},
        {"2": "👍"},
        {"like\n": "👍"},
        {"__proto__": "👍"},
        {"a" * 21: "👍"},
        {"like": ""},
        {"like": "👍" * 17},
        {"like": "\u202e"},
        {"like": "a\nb"},
    ],
)
def test_others_are_refused(offered: dict[str, str]) -> None:
    with pytest.raises(Refused):
        clean_reactions(offered)
