"""The contract's writing commands, said over HTTP or over the live socket, so that one test holds for both."""

import uuid
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from tests.support.contract import Api, Json, Live, Wire, check_error, check_refusal

STATUS = {
    "bad_request": 400,
    "too_large": 413,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "thread_closed": 409,
    "conflict": 409,
    "reset": 409,
    "rate_limited": 429,
    "internal": 500,
    "unavailable": 503,
}
# Method, path and status of success; what the path names is not in the body.
HTTP = {
    "post": ("POST", "/api/v1/threads/{thread}/comments", 201),
    "close": ("POST", "/api/v1/threads/{thread}/close", 200),
    "reopen": ("POST", "/api/v1/threads/{thread}/reopen", 200),
    "pin": ("POST", "/api/v1/threads/{thread}/pin", 200),
    "mode": ("PATCH", "/api/v1/threads/{thread}", 200),
    "edit": ("PATCH", "/api/v1/comments/{comment}", 200),
    "remove": ("DELETE", "/api/v1/comments/{comment}", 200),
    "approve": ("POST", "/api/v1/comments/{comment}/approve", 200),
    "spam": ("POST", "/api/v1/comments/{comment}/spam", 200),
    "restore": ("POST", "/api/v1/comments/{comment}/restore", 200),
    "vote": ("POST", "/api/v1/comments/{comment}/vote", 200),
    "react": ("POST", "/api/v1/comments/{comment}/react", 200),
}
THREADS = ("close", "reopen", "pin", "mode")  # answered with the thread; the others with a comment


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back, whichever way it came: the comment or thread, or the error. `seq` is the live reply's."""

    comment: Json | None = None
    thread: Json | None = None
    error: Json | None = None
    seq: int | None = None

    @property
    def code(self) -> str | None:
        """The error's code."""
        return None if self.error is None else self.error["code"]


class Speaker:
    """Commands over HTTP, or over the live socket in one encoding, where each token has a connection of its own."""

    def __init__(self, url: str, wire: Wire, *, live: bool, origin: str | None = None) -> None:
        self.url = url
        self.wire = wire
        self.live = live
        self._origin = origin
        self._api = Api(url, origin=origin)
        self._connections: dict[str | None, Live] = {}

    def close(self) -> None:
        """Closes all connections."""
        self._api.close()
        for connection in self._connections.values():
            connection.close()

    def __enter__(self) -> "Speaker":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def say(self, command: str, token: str | None, **fields: Any) -> Outcome:
        """A command's outcome; the answer's form is checked."""
        return self._say_live(command, token, fields) if self.live else self._say_http(command, token, fields)

    def do(self, command: str, token: str | None, **fields: Any) -> Outcome:
        """A command that must not be refused."""
        outcome = self.say(command, token, **fields)
        assert outcome.error is None, outcome
        return outcome

    def refused(self, code: str, command: str, token: str | None, **fields: Any) -> Json:
        """A command that must be refused with `code`; the error."""
        outcome = self.say(command, token, **fields)
        assert outcome.code == code, outcome
        assert outcome.error is not None
        return outcome.error

    def post(self, thread: str, token: str, body: str = "Hello", **fields: Any) -> Json:
        """A comment that must be taken."""
        outcome = self.do("post", token, thread=thread, body=body, **{"id": str(uuid.uuid4()), **fields})
        assert outcome.comment is not None
        return outcome.comment

    def _say_http(self, command: str, token: str | None, fields: Json) -> Outcome:
        method, path, success = HTTP[command]
        rest = {key: value for key, value in fields.items() if "{" + key + "}" not in path}
        answer = self._api.call(method, path.format(**fields), rest or None, token=token)
        assert answer.headers["content-type"] == "application/json"
        if "error" in answer.body:
            assert answer.status == STATUS[answer.body["error"]["code"]], answer
            return Outcome(error=check_error(answer.body["error"]))
        assert answer.status == success, answer
        assert set(answer.body) == ({"thread"} if command in THREADS else {"comment"})
        return Outcome(answer.body.get("comment"), answer.body.get("thread"))

    def _say_live(self, command: str, token: str | None, fields: Json) -> Outcome:
        reply = self._connection(token).call(command, **fields)
        if not reply["ok"]:
            return Outcome(error=check_refusal(reply, reply["error"]["code"]))
        assert set(reply) == {"re", "ok", "seq", "thread" if command in THREADS else "comment"}
        return Outcome(reply.get("comment"), reply.get("thread"), seq=reply["seq"])

    def _connection(self, token: str | None) -> Live:
        if token not in self._connections:
            self._connections[token] = Live(self.url, self.wire, origin=self._origin)
            if token is not None:
                self._connections[token].do("hello", token=token)
        return self._connections[token]
