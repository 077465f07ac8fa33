"""What the answers to bare requests and commands say, and the place of a reader who follows by them."""

from time import monotonic

import httpx
import websockets

from tests.support import history as h
from tests.support.raw import Json, RawLive
from tests.support.recorder import entry, snapshot

LOST = (OSError, websockets.WebSocketException, httpx.TransportError)


class Follower:
    """A bare reader's place, and the record of what it is sent in the order in which it comes."""

    def __init__(self, seen: list[h.Observation], token: str | None = None) -> None:
        self._seen = seen
        self._token = {} if token is None else {"token": token}
        self._asked_at = 0.0
        self.seq: int | None = None
        self._epoch = ""

    def take(self, message: Json) -> None:
        """A message from the server."""
        if message.get("push") == "reset":
            self._seen.append(h.Reset())
            self.seq = None
            raise ConnectionError("a new join is due")
        own = [message["comment"]] if message.get("push") == "own" else message.get("own", [])
        if told := tuple(one["id"] for one in own if one["state"] != "visible"):
            self._seen.append(h.Own(told))
        if "comments" in message:
            self._seen.append(snapshot(self._asked_at, message))
            self.seq, self._epoch = message["thread"]["head"], message["thread"]["epoch"]
        elif "events" in message:
            self._seen.append(h.Events(tuple(map(entry, message["events"])), monotonic()))
            self.seq = message["events"][-1]["seq"] if message["events"] else self.seq

    async def join(self, live: RawLive, thread_id: str) -> None:
        """Joins from its place on, if it has one."""
        self._asked_at = monotonic()
        self._seen.append(h.Joined(self._asked_at, self.seq))
        after = {} if self.seq is None else {"after": {"epoch": self._epoch, "seq": self.seq}}
        check_reply(await live.call("join", thread=thread_id, **after, **self._token))


def json_of(answer: httpx.Response) -> Json:
    """An answer's JSON: whatever happens, a node gives no other."""
    assert answer.headers.get("content-type", "").startswith("application/json"), f"{answer} {answer.text!r}"
    found: Json = answer.json()
    return found


def check_reply(reply: Json) -> None:
    """ConnectionError for a refusal that another try may mend; AssertionError for any other."""
    if not reply["ok"]:
        assert reply["error"]["code"] in {*h.VAGUE, "reset"}, reply
        raise ConnectionError(reply["error"]["message"])


def is_settled(outcome: h.Outcome) -> bool:
    """Whether the answer leaves nothing open."""
    refused = isinstance(outcome, h.Refused) and outcome.code not in h.VAGUE
    return refused or isinstance(outcome, h.Acknowledged | h.HeldBack)


def outcome_in(reply: Json) -> h.Outcome:
    """What an answer says of a command about a comment."""
    if reply["ok"] and reply["comment"]["number"] is None:
        return h.HeldBack(refused=reply["comment"]["state"] != "held")
    if reply["ok"]:
        return h.Acknowledged(reply["comment"]["number"], reply.get("seq"))
    return h.Refused(reply["error"]["code"])
