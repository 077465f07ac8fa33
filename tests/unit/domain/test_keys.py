"""One page has one key, however its address is written."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain.keys import clean_key, key_forms
from hubbub.domain.text import TextError

PAIRS = json.loads((Path(__file__).parents[2] / "support" / "keys.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("sent", "key"), PAIRS)
def test_a_key_is_decoded_once(sent: str, key: str) -> None:
    assert clean_key(sent) == key
    assert clean_key(key) == key


@given(st.text("%0123456789abcdefABCDEFé\u0301\u200b\u202ax/?", min_size=1, max_size=40))
def test_a_clean_key_stays_as_it_is(sent: str) -> None:
    try:
        key = clean_key(sent)
    except TextError:
        return
    assert clean_key(key) == key


def test_sixty_six_japanese_letters_are_a_key() -> None:
    assert clean_key("/" + "%E3%82%B5" * 66) == "/" + "サ" * 66


@pytest.mark.parametrize("stored", ["/caf%C3%A9", "/caf%c3%a9", "/cafe%CC%81", "/café"])
@pytest.mark.parametrize("sent", ["/caf%C3%A9", "/café", "/caf%c3%a9"])
def test_forms_name_what_was_stored_before_keys_were_decoded(sent: str, stored: str) -> None:
    forms = key_forms(sent)
    assert forms[0] == "/café"
    assert stored in forms


def test_a_plain_key_has_one_form() -> None:
    assert key_forms("/2026/11/22/ferry") == ("/2026/11/22/ferry",)


def test_forms_name_what_was_sent() -> None:
    assert "/%7Eann" in key_forms("/%7Eann")
