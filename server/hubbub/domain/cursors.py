"""Cursors: they say where one page of a list ended, so that the next one begins there, whatever was added meanwhile.

A cursor is made of the sort key of the page's last row, and of the order that the key belongs to. Clients pass it back
as it is.
"""

import base64
import json
from collections.abc import Collection, Sequence

from hubbub.domain.errors import Refused, bad_request


def make_cursor(order: str, key: Sequence[int | str]) -> str:
    """The cursor behind the row with this sort key."""
    return base64.urlsafe_b64encode(json.dumps([order, *key], separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str, order: str, size: int) -> list[int]:
    """The sort key, of `size` whole numbers, in a cursor of a list in this order. Raises Refused `bad_request`."""
    return read_any_cursor(cursor, [order], size)[1]


def read_any_cursor(cursor: str, orders: Collection[str], size: int) -> tuple[str, list[int]]:
    """The order, one of `orders`, and the sort key in a cursor; see `read_cursor`."""
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise _invalid() from None
    if not isinstance(found, list) or len(found) != size + 1 or found[0] not in orders:
        raise _invalid()
    if not all(type(part) is int and 0 <= part < 2**53 for part in found[1:]):
        raise _invalid()
    return found[0], found[1:]


def _invalid() -> Refused:
    return bad_request("This `cursor` is not one of this list in this order; ask without one.")
