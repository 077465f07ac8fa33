"""What people typed wrongly becomes an answer they can act on."""

from collections.abc import Callable
from typing import TypeVar

from hubbub.domain.errors import bad_request

T = TypeVar("T")


def typed(check: Callable[[], T]) -> T:
    """What `check` returns; its ValueError, a sentence for the person who typed, becomes Refused `bad_request`."""
    try:
        return check()
    except ValueError as error:
        raise bad_request(str(error)) from None
