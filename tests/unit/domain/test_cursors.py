"""Cursors: good for their own order alone, and never more than a refusal where somebody made one up."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain.cursors import make_cursor, read_cursor
from hubbub.domain.errors import ErrorCode, Refused


@given(st.sampled_from(["newest", "oldest"]), st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=3))
def test_a_cursor_is_read_as_it_was_made(order: str, key: list[int]) -> None:
    cursor = make_cursor(order, key)
    assert read_cursor(cursor, order, len(key)) == key
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), "as in addresses"


def encoded(text: str) -> str:
    """A cursor with this in it."""
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        make_cursor("oldest", [1]),
        make_cursor("newest", [1, 2]),
        make_cursor("newest", []),
        make_cursor("newest", [-1]),
        make_cursor("newest", [2**53]),
        make_cursor("newest", ["1"]),
        encoded('["newest", true]'),
        encoded('["newest", 1.0]'),
        encoded('["newest", 1'),
        encoded('{"newest": 1}'),
        encoded("[" * 3000),
        encoded("1" * 5000),
        "",
        "é",
        "!!!!",
        "A",
    ],
)
def test_what_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(Refused) as caught:
        read_cursor(cursor, "newest", 1)
    assert caught.value.code is ErrorCode.BAD_REQUEST
