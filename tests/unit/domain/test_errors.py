"""The table of errors is whole: every code of the contract, each with its status, its picture and its meaning."""

import re

import pytest

from hubbub.domain import errors
from hubbub.domain.errors import HTTP_STATUS, ErrorCode, Refused, bad_request, forbidden, not_found, unavailable

CONTRACT = {
    "bad_request": 400,
    "too_large": 413,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "thread_closed": 409,
    "conflict": 409,
    "name_taken": 409,
    "reset": 409,
    "rate_limited": 429,
    "slow_mode": 429,
    "internal": 500,
    "unavailable": 503,
}


def test_codes_and_statuses_are_the_contracts() -> None:
    assert {str(code): status for code, status in HTTP_STATUS.items()} == CONTRACT
    assert set(HTTP_STATUS) == set(ErrorCode)


def test_the_drawn_tree_is_the_table() -> None:
    drawn = re.findall(r"[├└]── (\w+) +(\d{3})   \S", errors.__doc__ or "")
    assert {code: int(status) for code, status in drawn} == CONTRACT


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (bad_request("No."), ErrorCode.BAD_REQUEST),
        (forbidden("No."), ErrorCode.FORBIDDEN),
        (not_found("thread"), ErrorCode.NOT_FOUND),
        (unavailable("No.", 2.5), ErrorCode.UNAVAILABLE),
    ],
)
def test_shorthands(refused: Refused, code: ErrorCode) -> None:
    assert refused.code is code
    assert refused.retry_after == (2.5 if code is ErrorCode.UNAVAILABLE else None)
    assert str(refused) == f"{code}: {refused.message}"


def test_not_found_says_what() -> None:
    assert not_found("comment").message == "There is no such comment."
