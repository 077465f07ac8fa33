"""WebSocket close codes and whether a client should come back. The client's table is generated from this one.

Codes below 4000 are RFC 6455's, 7.4.1. A code that is not listed means: reconnect.
"""

from typing import NamedTuple


class CloseCode(NamedTuple):
    """`reconnect` tells a client whether trying again can help."""

    code: int
    name: str
    meaning: str
    reconnect: bool


NORMAL = CloseCode(1000, "normal", "The client left.", False)
GOING_AWAY = CloseCode(1001, "going_away", "The server shuts down as planned.", True)
PROTOCOL_ERROR = CloseCode(1002, "protocol_error", "The frames were not WebSocket.", False)
BAD_ENCODING = CloseCode(1007, "bad_encoding", "A text frame was not UTF-8.", False)
TOO_LARGE = CloseCode(1009, "too_large", "A message was over 64 KiB.", False)
INTERNAL = CloseCode(1011, "internal", "The server failed, or heard nothing from the client.", True)
RESTART = CloseCode(1012, "restart", "The server restarts.", True)
TOO_MANY_ERRORS = CloseCode(4400, "too_many_errors", "The client sent one bad message after another.", False)
RIGHTS_CHANGED = CloseCode(4401, "rights_changed", "A token of staff was revoked, or gives other rights now.", True)

CLOSE_CODES = (
    NORMAL,
    GOING_AWAY,
    PROTOCOL_ERROR,
    BAD_ENCODING,
    TOO_LARGE,
    INTERNAL,
    RESTART,
    TOO_MANY_ERRORS,
    RIGHTS_CHANGED,
)
