"""Replies and pushes of the live socket, as bytes in one encoding."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET

from hubbub.domain.errors import Refused
from hubbub.domain.events import Topic
from hubbub.domain.times import now_ms, to_rfc3339
from hubbub.protocol.codec import Codec
from hubbub.protocol.views import ActorView, ErrorView, OwnCommentView, SiteView


def error_view(refused: Refused) -> ErrorView:
    """A refusal as it travels."""
    suggestions = list(refused.suggestions) or UNSET
    view = ErrorView(refused.code, refused.message, refused.retry_after, suggestions)
    if refused.decided is None:
        return view
    action, by_id, by = refused.decided
    return msgspec.structs.replace(view, by=ActorView(by_id, by), action=action)


def ok(codec: Codec, ref: int, **fields: object) -> bytes:
    """{"re": ref, "ok": true, …fields}"""
    return codec.encode({"re": ref, "ok": True, **fields})


def refusal(codec: Codec, ref: int | None, refused: Refused) -> bytes:
    """{"re": ref, "ok": false, "error": {…}}; `ref` is None where the message could not be read."""
    return codec.encode({"re": ref, "ok": False, "error": error_view(refused)})


def joined(codec: Codec, ref: int, fields: Mapping[str, bytes]) -> bytes:
    """A join's reply from parts already encoded, with the server's time."""
    now = codec.encode(to_rfc3339(now_ms()))
    return codec.object({"re": codec.encode(ref), "ok": codec.encode(True), **fields, "now": now})


def events_push(codec: Codec, topic: Topic, epoch: str, events: Sequence[bytes]) -> bytes:
    """One push of events already encoded, in seq order. It names its topic, as all pushes of one do, by a field of the
    topic's kind: `"thread": ID`."""
    head = {"push": codec.encode("events"), topic.kind: codec.encode(topic.name), "epoch": codec.encode(epoch)}
    return codec.object({**head, "events": codec.array(events)})


def presence_push(codec: Codec, topic: Topic, watching: int, typing: int) -> bytes:
    """How many read a topic now, and how many of them are typing (absent when nobody is)."""
    push: dict[str, object] = {"push": "presence", topic.kind: topic.name, "watching": watching}
    return codec.encode({**push, "typing": typing} if typing else push)


def reset_push(codec: Codec, topic: Topic) -> bytes:
    """Tells a reader that its position is no longer valid: it has to join again."""
    return codec.encode({"push": "reset", topic.kind: topic.name})


def site_push(codec: Codec, site: SiteView) -> bytes:
    """Tells those who follow a thread of a site what is said of the site now."""
    return codec.encode({"push": "site", "site": site})


def own_push(codec: Codec, topic: Topic, comment: OwnCommentView, reason: str | None) -> bytes:
    """Tells an author the state of their comment."""
    push: dict[str, object] = {"push": "own", topic.kind: topic.name, "comment": comment}
    return codec.encode(push if reason is None else {**push, "reason": reason})


def goodbye_push(codec: Codec, reconnect_in: float) -> bytes:
    """A planned close follows; come back in `reconnect_in` seconds."""
    return codec.encode({"push": "goodbye", "reconnect_in": reconnect_in})
