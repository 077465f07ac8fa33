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
UNSUPPORTED = CloseCode(
    1003, "unsupported", "The subprotocol is not one of hubbub.v1.json and hubbub.v1.msgpack.", False
)
BAD_ENCODING = CloseCode(1007, "bad_encoding", "A text frame was not UTF-8.", False)
POLICY = CloseCode(1008, "policy", "The client broke a rule that trying again will not mend.", False)
TOO_LARGE = CloseCode(1009, "too_large", "A message was over 64 KiB.", False)
INTERNAL = CloseCode(1011, "internal", "The server failed, or heard nothing from the client.", True)
RESTART = CloseCode(1012, "restart", "The server restarts.", True)
TRY_LATER = CloseCode(1013, "try_later", "The server is overloaded.", True)
TOO_MANY_ERRORS = CloseCode(4400, "too_many_errors", "The client sent one bad message after another.", False)
TOO_SLOW = CloseCode(4409, "too_slow", "The client did not read for too long.", True)
TOO_MANY_CONNECTIONS = CloseCode(4429, "too_many_connections", "Too many connections from this address.", True)

CLOSE_CODES = (
    NORMAL,
    GOING_AWAY,
    PROTOCOL_ERROR,
    UNSUPPORTED,
    BAD_ENCODING,
    POLICY,
    TOO_LARGE,
    INTERNAL,
    RESTART,
    TRY_LATER,
    TOO_MANY_ERRORS,
    TOO_SLOW,
    TOO_MANY_CONNECTIONS,
)
