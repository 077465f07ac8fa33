"""Records made of the contract's messages, and storage's contents read through the HTTP API."""

from typing import Any

import httpx

from tests.support.history.records import Acknowledged, Entry, Events, Outcome, Refused, Shown, Snapshot, Storage

Json = dict[str, Any]
PATIENCE = 20.0  # s


def shown(comment: Json) -> Shown:
    """A comment of the contract."""
    return Shown(comment["id"], comment["number"], comment["html"], comment["removed"])


def entry(event: Json) -> Entry:
    """An event of the contract."""
    comment = event.get("comment")
    return Entry(event["seq"], event["kind"], None if comment is None else shown(comment))


def events(message: Json) -> Events:
    """An `events` push, or the reply to a join that resumes."""
    return Events(tuple(map(entry, message["events"])))


def snapshot(message: Json, asked_at: float) -> Snapshot:
    """The reply to a join, or the body of GET /api/v1/threads with the newest first."""
    thread = message["thread"]
    return Snapshot(asked_at, thread["epoch"], thread["head"], tuple(map(shown, message["comments"])), message["more"])


def outcome(reply: Json) -> Outcome:
    """The live reply to a command, or the body of an HTTP answer."""
    if error := reply.get("error"):
        return Refused(error["code"])
    return Acknowledged(reply.get("comment", {}).get("number"), reply.get("seq"))


def read_storage(url: str, thread: str) -> Storage:
    """All of a thread that the server at `url` has stored; nobody may be writing to it."""
    with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE) as http:
        head = _get(http, "/api/v1/threads", thread=thread, limit=1)["thread"]
        log: list[Entry] = []
        more = True
        while more:
            after = log[-1].seq if log else 0
            page = _get(http, f"/api/v1/threads/{thread}/events", epoch=head["epoch"], after=after)
            log += map(entry, page["events"])
            more = page["more"]
        comments: list[Shown] = []
        more = True
        while more:
            place = comments[-1].number if comments else 0
            page = _get(http, "/api/v1/threads", thread=thread, limit=200, order="oldest", after=place)
            comments += map(shown, page["comments"])
            more = page["more"]
    return Storage(thread, head["epoch"], head["head"], head["state"] == "closed", tuple(log), tuple(comments))


def _get(http: httpx.Client, path: str, **query: str | int) -> Json:
    answer = http.get(path, params=query)
    answer.raise_for_status()
    body: Json = answer.json()
    return body
