"""The contract as an outside program speaks it: plain HTTP and WebSocket clients, encoded by `json` and `msgpack`
alone, so that no code of the server's can hide a fault of the server's."""

import itertools
import json
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgpack
import pytest
import urllib3
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PAGE = "http://localhost:9999"  # a page the demo site allows
PATIENCE = 30.0  # s until a wait counts as failed; on a busy machine, not a measure of speed

THREAD = {
    "id",
    "site",
    "key",
    "title",
    "url",
    "state",
    "reason",
    "epoch",
    "head",
    "comments",
    "pinned",
    "watching",
    "mode",
    "closed_at",
    "closed_by",
}
THREAD_IN_EVENT = THREAD - {"watching"}
COUNTS = {"score", "reactions", "replies"}
COMMENT = {"id", "number", "parent", "author", "html", "at", "edited_at", "removed", "state", "pinned"} | COUNTS
COMMENT_WITH_BODY = COMMENT | {"body"}
AUTHOR = {"id", "name", "website", "role"}
OWN_AUTHOR = AUTHOR | {"comments", "original"}  # as shown to themselves
NOBODY = dict.fromkeys(sorted(AUTHOR))
ERROR = {"code", "message", "retry_after"}

Json = dict[str, Any]

_turn = itertools.count()


def node_of(url: str) -> str:
    """One of the nodes that `url` names, with spaces between: each client gets the next, so that a test's readers and
    writers are on different ones."""
    nodes = url.split()
    return nodes[next(_turn) % len(nodes)]


class Wire(NamedTuple):
    """One of the two encodings of the live socket, with its media type and its subprotocol."""

    name: str
    media_type: str
    subprotocol: str
    encode: Callable[[object], bytes]
    decode: Callable[[bytes], Any]

    @property
    def binary(self) -> bool:
        """Whether its frames are binary."""
        return self.name == "msgpack"

    def frame(self, data: bytes) -> str | bytes:
        """`data` as the kind of message `websockets` sends in the right kind of frame."""
        return data if self.binary else data.decode()


def _pack(value: object) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed


def _to_json(value: object) -> bytes:
    """As browsers do: UTF-8, with escapes for lone surrogates alone."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


JSON = Wire("json", "application/json", "hubbub.v1.json", _to_json, json.loads)
MSGPACK = Wire("msgpack", "application/msgpack", "hubbub.v1.msgpack", _pack, msgpack.unpackb)
WIRES = (JSON, MSGPACK)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, its body decoded (None where there is none)."""

    status: int
    headers: urllib3.HTTPHeaderDict
    body: Any

    def refused(self, status: int, code: str) -> Json:
        """Asserts a refusal of exactly the contract's form; its error."""
        assert (self.status, self.body.get("error", {}).get("code")) == (status, code), self
        return check_error(self.body["error"])

    def ok(self, status: int = 200) -> Any:
        """Asserts the status; the body."""
        assert self.status == status, self
        return self.body


def check_error(error: Json) -> Json:
    """Asserts the form of an error; the error."""
    expected = ERROR | {"suggestions"} if error["code"] == "name_taken" else ERROR
    if error["code"] == "conflict" and "action" in error:
        expected = ERROR | {"by", "action"}
    assert set(error) in (expected, expected - {"retry_after"}), error
    assert isinstance(error["message"], str)
    assert error["message"]
    assert error.get("retry_after") is None or error["retry_after"] > 0
    return error


class Api:
    """HTTP, in JSON. `token` and `origin` are sent with every request unless it says otherwise."""

    def __init__(self, url: str, *, token: str | None = None, origin: str | None = PAGE) -> None:
        self.url = url
        self.token = token
        self.origin = origin
        self._pool = urllib3.connection_from_url(node_of(url), timeout=PATIENCE, retries=False)

    def close(self) -> None:
        """Closes its connections."""
        self._pool.close()

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def send(
        self, method: str, path: str, content: bytes | None = None, headers: Json | None = None, query: Any = None
    ) -> Answer:
        """Any request, byte for byte; what `headers` sets to None is left out."""
        given = {"Accept": JSON.media_type, "Origin": self.origin}
        given["Authorization"] = None if self.token is None else f"Bearer {self.token}"
        if content is not None:
            given["Content-Type"] = JSON.media_type
        wanted = {key: value for key, value in {**given, **(headers or {})}.items() if value is not None}
        response = self._pool.urlopen(
            method, f"{path}?{urlencode(query, doseq=True)}" if query else path, content, wanted
        )
        body: Any = response.data or None
        if body is not None and response.headers.get("content-type") == JSON.media_type:
            body = JSON.decode(body)
        return Answer(response.status, response.headers, body)

    def call(self, method: str, path: str, body: object = None, *, token: str | None = "", **query: Any) -> Answer:
        """A request with `body` as JSON; `token` None sends none."""
        bearer = {"": self.token, None: None}.get(token, token)
        headers = {"Authorization": None if bearer is None else f"Bearer {bearer}"}
        return self.send(method, path, None if body is None else JSON.encode(body), headers, query or None)

    def get(self, path: str, **query: Any) -> Answer:
        """GET."""
        return self.call("GET", path, **query)

    # What most tests need, in the contract's words.

    def snapshot(self, site: str, key: str, **query: Any) -> Any:
        """The snapshot of a page's thread."""
        return self.get("/api/v1/threads", site=site, key=key, **query).ok()

    def session(self, site: str = "demo", **who: str) -> "Guest":
        """A new guest."""
        made = self.call("POST", "/api/v1/sessions", {"site": site, **who}, token=None).ok(201)
        return Guest(made["token"], shown_author(made["author"]))

    def post(self, thread: str, body: str = "Hello", *, token: str, **fields: Any) -> Answer:
        """Posts a comment, under a new id unless `fields` gives one."""
        comment = {"id": str(uuid.uuid4()), "body": body, **fields}
        return self.call("POST", f"/api/v1/threads/{thread}/comments", comment, token=token)

    def events(self, thread: str, epoch: str, after: int = 0) -> Answer:
        """The events since a place."""
        return self.get(f"/api/v1/threads/{thread}/events", epoch=epoch, after=after)


def shown_author(own: Json) -> Json:
    """An author as shown beside a comment, from what is shown to themselves."""
    assert set(own) == OWN_AUTHOR
    return {name: own[name] for name in sorted(AUTHOR)}


class Guest(NamedTuple):
    """A session's token and how its comments are signed."""

    token: str
    author: Json


class Live:
    """A live connection in one encoding. Pushes that come while a reply is awaited wait in `pushes`."""

    def __init__(self, url: str, wire: Wire = JSON, *, origin: str | None = PAGE, deflate: bool = True) -> None:
        self.wire = wire
        self.pushes: deque[Json] = deque()
        self.last_ref = 0
        self._opened = ExitStack()
        opening = connect(
            node_of(url).replace("http", "ws", 1) + "/api/v1/live",
            origin=None if origin is None else Origin(origin),
            subprotocols=[Subprotocol(wire.subprotocol)],
            compression="deflate" if deflate else None,
            max_size=None,
            proxy=None,
            open_timeout=PATIENCE,
            close_timeout=PATIENCE,
        )
        self.socket: ClientConnection = self._opened.enter_context(opening)

    def close(self) -> None:
        """Says goodbye properly."""
        self._opened.close()

    def __enter__(self) -> "Live":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def raw(self, data: bytes | str) -> None:
        """Sends bytes as they are, in the encoding's kind of frame unless it is text."""
        self.socket.send(self.wire.frame(data) if isinstance(data, bytes) else data)

    def send(self, cmd: str, **fields: Any) -> int:
        """Sends a command under a new ref; the ref."""
        self.last_ref += 1
        self.raw(self.wire.encode({"cmd": cmd, "ref": self.last_ref, **fields}))
        return self.last_ref

    def receive(self) -> Json:
        """The next message, whatever it is."""
        data = self.socket.recv(timeout=PATIENCE)
        assert isinstance(data, bytes) == self.wire.binary, "the reply came in the other kind of frame"
        message: Json = self.wire.decode(data if isinstance(data, bytes) else data.encode())
        assert isinstance(message, dict)
        return message

    def reply(self, ref: int | None) -> Json:
        """The reply to `ref`."""
        while True:
            message = self.receive()
            if "push" in message:
                self.pushes.append(message)
                continue
            assert message["re"] == ref, message
            return message

    def call(self, cmd: str, **fields: Any) -> Json:
        """A command's reply, whatever it says."""
        return self.reply(self.send(cmd, **fields))

    def do(self, cmd: str, **fields: Any) -> Json:
        """A command's reply, which is no refusal."""
        reply = self.call(cmd, **fields)
        assert reply["ok"] is True, reply
        return reply

    def refused(self, code: str, cmd: str, **fields: Any) -> Json:
        """A command's refusal, which has this code and exactly the contract's form; its error."""
        return check_refusal(self.call(cmd, **fields), code)

    def push(self, kind: str) -> Json:
        """The next push of a kind; others are dropped."""
        while True:
            message = self.pushes.popleft() if self.pushes else self.receive()
            if message.get("push") == kind:
                return message

    def post(self, thread: str, body: str = "Hello", **fields: Any) -> Json:
        """Posts a comment; the reply, which is no refusal."""
        return self.do("post", thread=thread, body=body, **{"id": str(uuid.uuid4()), **fields})

    def events(self, thread: str, until: int) -> list[Json]:
        """The thread's pushed events up to seq `until`; other threads' wait in `pushes`."""
        found: list[Json] = []
        others: list[Json] = []
        while not found or found[-1]["seq"] < until:
            push = self.push("events")
            assert set(push) == {"push", "thread", "epoch", "events"}
            if push["thread"] == thread:
                found += push["events"]
            else:
                others.append(push)
        self.pushes.extendleft(reversed(others))
        return found

    def close_code(self) -> int:
        """Reads on until the server closes; its code."""
        with pytest.raises(ConnectionClosed) as closed:
            self._read_on()
        assert closed.value.rcvd is not None, closed.value
        return closed.value.rcvd.code

    def _read_on(self) -> None:
        while True:
            self.pushes.append(self.receive())


def check_refusal(reply: Json, code: str) -> Json:
    """Asserts a live refusal of exactly the contract's form; its error."""
    assert set(reply) == {"re", "ok", "error"}, reply
    assert reply["ok"] is False
    assert "retry_after" in reply["error"]
    assert reply["error"]["code"] == code, reply
    return check_error(reply["error"])


def whole_log(data_dir: Path) -> str:
    """Everything a server has printed and logged (see tests.support.server)."""
    return data_dir.with_name(f"{data_dir.name}.log").read_text()


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Waits until `condition` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.01)


@contextmanager
def unharmed(url: str, thread: str, moderator: str, *, head: int | None = None) -> Iterator[None]:
    """Around bad input: nothing of it is stored (the head stays), the process lives, and another reader, connected all
    along, still gets the next event."""
    with Api(url, token=moderator) as api, Live(url) as bystander:
        before = bystander.do("join", thread=thread)["thread"]
        assert head is None or before["head"] == head
        yield
        after = api.get("/api/v1/threads", thread=thread).ok()["thread"]
        assert (after["head"], after["comments"]) == (before["head"], before["comments"]), "bad input was stored"
        assert api.get("/healthz").status == 200
        api.post(thread, "Still here", token=moderator).ok(201)
        (event,) = bystander.events(thread, before["head"] + 1)
        assert event["seq"] == before["head"] + 1
