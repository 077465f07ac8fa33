"""What can go wrong on the client's side. What the server refuses is `hubbub.domain.errors.Refused`.

ClientError
├── ClosedForGood    the server said that coming back cannot help
├── ClientClosed     the client was left while something still waited
└── NoAnswer         no answer by the deadline: whether the command was carried out is not known
"""


class ClientError(Exception):
    """Base of the errors below; the message is a sentence for people."""


class ClosedForGood(ClientError):
    """`code` is the close code, or the HTTP status of a refused handshake; `reason` what the server said."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"The server closed the connection for good: {code} {reason}".rstrip())
        self.code = code
        self.reason = reason


class ClientClosed(ClientError):
    """`async with connect(…)` was left."""

    def __init__(self) -> None:
        super().__init__("The client was closed.")


class NoAnswer(ClientError, TimeoutError):
    """Trying again is safe: a comment with the same `id` is stored once, the other commands change nothing twice."""
