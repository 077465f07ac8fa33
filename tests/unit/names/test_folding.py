"""Which names look the same."""

import pytest

from hubbub.names.folding import NOBODY, fold, is_nobody, keys


@pytest.mark.parametrize(
    ("kept", "other"),
    [
        ("Nina", "NINA"),
        ("Nina", "Nіna"),  # Cyrillic і
        ("Nina", "N1na"),
        ("Nina", "  N.i.n.a "),
        ("Nina", "Ni\u200dna"),
        ("Nina", "Ｎｉｎａ"),
        ("Nina", "𝓝𝓲𝓷𝓪"),
        ("Ivan", "lvan"),
        ("Bob", "B0b"),
        ("Maria", "rnaria"),
        ("Mom", "МОМ"),  # Cyrillic capitals
        ("ROBOT", "RОВОТ"),  # three of them
        ("paypal", "раураl"),
        ("Нина", "НИНА"),
        ("Straße", "STRASSE"),
        ("José", "Jose\u0301"),
        ("Anna1", "AnnaI"),
    ],
)
def test_names_that_look_alike_meet(kept: str, other: str) -> None:
    assert fold(kept) in keys(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nina", "Nino"),
        ("Jose", "José"),
        ("Нина", "Nina"),
        ("Bob", "Rob"),
        ("王伟", "王芳"),
        ("😀", "😃"),
        ("...", "!!!"),
    ],
)
def test_other_names_do_not(one: str, other: str) -> None:
    assert fold(one) not in keys(other)
    assert fold(other) not in keys(one)


@pytest.mark.parametrize("name", ["...", "😀", "\u200d😀", "김철수", "-"])
def test_no_name_folds_to_nothing(name: str) -> None:
    assert fold(name)
    assert fold(name) in keys(name)


def test_a_name_that_an_older_version_folded_is_found() -> None:
    assert "maria" in keys("MARIA")


@pytest.mark.parametrize("name", [NOBODY, "anonymous", "Аnonymous", "ANONYM0US"])
def test_the_name_of_those_who_give_none_is_nobodys(name: str) -> None:
    assert is_nobody(name)
    assert not is_nobody(f"{name} 2")
