"""Names to pick from."""

from itertools import islice

import pytest

from hubbub.domain.sizes import NAME_CHARS
from hubbub.domain.text import clean_name
from hubbub.names.folding import fold
from hubbub.names.nicks import FIRST, SECOND, STARS, like, nicks


def test_what_is_drawn_is_a_name_and_seldom_the_same() -> None:
    drawn = list(islice(nicks(), 300))
    assert all(clean_name(name) == name for name in drawn)
    assert len(set(drawn)) > 250


@pytest.mark.parametrize("words", [FIRST, SECOND, STARS])
def test_no_word_is_twice_or_looks_like_another(words: list[str]) -> None:
    assert len({fold(word) for word in words}) == len(words) >= 60
    assert all(word.isascii() and word.istitle() for word in words)


@pytest.mark.parametrize("name", ["Nina", "N" * NAME_CHARS, "a " * (NAME_CHARS // 2), "김철수"])
def test_names_like_another_begin_with_it_as_far_as_there_is_room(name: str) -> None:
    first, second, third = islice(like(name), 3)
    for offered in (first, second, third):
        assert clean_name(offered) == offered
    for offered in (first, second):
        assert offered.startswith(name[:20].rstrip())
        assert fold(offered) != fold(name)
