"""Writes down what happens in a run, in the terms in which `tests.support.history` judges it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any, Protocol

from hubbub.client import ClientError
from hubbub.domain.errors import Refused as RefusedByServer
from hubbub.protocol.views import CommentView, EventView
from tests.support import history as h


class Node(Protocol):
    """A server that answers."""

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET that succeeds."""


class Recorder:
    """Attempts, readers and what they saw. Times are of the monotonic clock."""

    def __init__(self) -> None:
        self.posts: list[h.Post] = []
        self.moderations: list[h.Moderation] = []
        self.holding: list[h.Holding] = []
        self.votes: list[h.Vote] = []
        self.seen: dict[str, list[h.Observation]] = {}
        self._readers: list[h.Reader] = []

    @property
    def acknowledged(self) -> list[h.Post]:
        """Comments known to be stored, some more than once."""
        return [post for post in self.posts if isinstance(post.outcome, h.Acknowledged)]

    def reader(self, name: str, thread: str, *, stays: bool = True, author: str | None = None) -> list[h.Observation]:
        """A new reader's list of what it saw, to be appended to."""
        self._readers.append(h.Reader(name, thread, (), stays, author))
        return self.seen.setdefault(name, [])

    def post(self, post: h.Post, outcome: h.Outcome) -> None:
        """An attempt to post that is over."""
        self.posts.append(replace(post, completed_at=_time_of(outcome), outcome=outcome))

    def vote(self, vote: h.Vote, outcome: h.Outcome) -> None:
        """An attempt to vote that is over."""
        self.votes.append(replace(vote, completed_at=_time_of(outcome), outcome=outcome))

    def moderation(
        self, kind: h.Deed, thread: str, began: float, outcome: h.Outcome, comment: str | None = None
    ) -> None:
        """An attempt to moderate that is over."""
        self.moderations.append(h.Moderation(kind, thread, began, _time_of(outcome), outcome, comment))

    def history(
        self, node: Node, threads: Iterable[str], waiting: Mapping[str, Sequence[str]] | None = None
    ) -> h.History:
        """All of it, with what storage holds now; `waiting` are the ids of the comments that a thread holds back."""
        readers = tuple(replace(reader, seen=tuple(self.seen[reader.name])) for reader in self._readers)
        held = waiting or {}
        stored = tuple(replace(read_storage(node, one), waiting=tuple(held.get(one, ()))) for one in threads)
        done = tuple(self.posts), tuple(self.moderations), readers, stored, tuple(self.votes)
        return h.History(*done, tuple(self.holding))


def _time_of(outcome: h.Outcome) -> float | None:
    return None if isinstance(outcome, h.Unknown) else monotonic()


def outcome_of(error: Exception) -> h.Outcome:
    """What an attempt that raised `error` came to; raises it again if it is no answer and no loss."""
    if isinstance(error, RefusedByServer):
        return h.Refused(error.code)
    if isinstance(error, ClientError | OSError):
        return h.Unknown()
    raise error


def shown(comment: CommentView | dict[str, Any]) -> h.Shown:
    """A comment as it was shown."""
    if isinstance(comment, CommentView):
        return h.Shown(comment.id, comment.number or 0, comment.html, comment.removed, comment.score.up)
    up = comment["score"]["up"]
    number = comment["number"] or 0  # of a comment that nobody should have been shown
    return h.Shown(comment["id"], number, comment["html"], comment["removed"], up)


def entry(event: EventView | dict[str, Any]) -> h.Entry:
    """An event as it was told."""
    if isinstance(event, EventView):
        counts = event.counts if isinstance(event.counts, dict) else {}
        ups = tuple((about, one.score.up) for about, one in counts.items())
        comment = shown(event.comment) if isinstance(event.comment, CommentView) else None
        return h.Entry(event.seq, event.kind, comment, ups)
    ups = tuple((about, one["score"]["up"]) for about, one in event.get("counts", {}).items())
    return h.Entry(event["seq"], event["kind"], shown(event["comment"]) if "comment" in event else None, ups)


def snapshot(asked_at: float, answer: dict[str, Any]) -> h.Snapshot:
    """A snapshot in JSON, from a join or over HTTP."""
    thread, comments = answer["thread"], tuple(map(shown, answer["comments"]))
    told = thread["epoch"], thread["head"], comments, answer["more"]
    return h.Snapshot(asked_at, *told, monotonic(), thread["comments"])


def read_storage(node: Node, thread: str) -> h.Storage:
    """A thread from the first event to the last, with all its comments."""
    comments: list[h.Shown] = []
    events: list[h.Entry] = []
    more = True
    while more:
        after = comments[-1].number if comments else 0
        page = node.get("/api/v1/threads", thread=thread, order="oldest", limit=200, after=after)
        comments += map(shown, page["comments"])
        more = page["more"]
    about = page["thread"]
    more = True
    while more:
        seq = events[-1].seq if events else 0
        log = node.get(f"/api/v1/threads/{thread}/events", epoch=about["epoch"], after=seq)
        events += map(entry, log["events"])
        more = log["more"]
    return h.Storage(thread, about["epoch"], about["head"], about["state"] == "closed", tuple(events), tuple(comments))
