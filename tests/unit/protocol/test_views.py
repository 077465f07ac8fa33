"""What of a comment, thread or event is shown, and to whom: key by key as the contract has it."""

import json
from dataclasses import replace
from typing import Any

import msgpack
import pytest

from hubbub.domain import events
from hubbub.domain.actor import Actor
from hubbub.domain.events import Audience, Event, Kind, Traits
from hubbub.domain.model import Closing, Decision, Role, State
from hubbub.protocol.codec import CODECS, JSON, Codec
from hubbub.protocol.views import ErrorView, author_view, comment_view, comment_views, event_view, thread_view
from tests.unit.samples import ANN, AT, BOB, MAY, OLA, OPERATOR, SITE, THREAD, actor, comment, thread, uuid

COMMENT_KEYS = ["id", "number", "parent", "author", "html", "at", "edited_at", "removed", "state", "pinned"]
COMMENT_KEYS += ["score", "reactions", "replies"]
NO_COUNTS = {"score": {"up": 0, "down": 0}, "reactions": {}, "replies": 0}
THREAD_KEYS = ["id", "site", "key", "title", "url", "state", "reason", "epoch", "head", "comments", "pinned", "mode"]
THREAD_KEYS += ["closed_at", "closed_by"]


def shown(value: object) -> Any:
    """`value` as it travels."""
    return json.loads(JSON.encode(value))


def test_a_comment() -> None:
    view = shown(comment_view(comment(3, parent=uuid(1), edited_at=AT + 1)))
    assert list(view) == COMMENT_KEYS
    assert view == {
        "id": uuid(3),
        "number": 3,
        "parent": uuid(1),
        "author": {"id": "ann", "name": "Ann", "website": None, "role": "guest"},
        "html": "<p>text 3</p>",
        "at": "2026-11-22T10:00:00.000Z",
        "edited_at": "2026-11-22T10:00:00.001Z",
        "removed": False,
        "state": "visible",
        "pinned": False,
        **NO_COUNTS,
    }


def test_the_pinned_comment_is_shown_as_such_but_never_a_removed_one() -> None:
    pinned, other = comment(1), comment(2)
    views = shown(comment_views([pinned, other], None, SITE, pinned.id))
    assert [view["pinned"] for view in views] == [True, False]
    assert shown(comment_view(comment(1, removed=True), pinned=pinned.id))["pinned"] is False
    assert shown(event_view(Event(4, Kind.EDITED, AT, comment=pinned, pinned=pinned.id)))["comment"]["pinned"] is True
    assert shown(thread_view(thread(pinned=pinned.id)))["pinned"] == pinned.id


def test_a_comment_never_edited() -> None:
    assert shown(comment_view(comment()))["edited_at"] is None


def test_a_removed_comment_keeps_its_number_and_loses_what_a_person_wrote() -> None:
    view = shown(comment_view(comment(3, parent=uuid(1), edited_at=AT, removed=True), with_body=True))
    assert view == {
        "id": uuid(3),
        "number": 3,
        "parent": uuid(1),
        "author": {"id": None, "name": None, "website": None, "role": None},
        "html": "",
        "at": "2026-11-22T10:00:00.000Z",
        "edited_at": None,
        "removed": True,
        "state": "removed",
        "pinned": False,
        **NO_COUNTS,
    }
    assert list(view) == COMMENT_KEYS


@pytest.mark.parametrize(
    ("by", "told", "reason"), [(None, None, None), (ANN.author.id, "author", None), (MAY.id, "moderator", "Off topic")]
)
def test_a_removed_comment_tells_who_removed_it_and_a_moderators_reason(
    by: str | None, told: str | None, reason: str | None
) -> None:
    removed = replace(comment(removed=True), decision=Decision(State.REMOVED, by, "Off topic"))
    view = shown(comment_view(removed))
    assert (view.get("removed_by"), view.get("reason")) == (told, reason)
    assert "reason" not in shown(comment_view(replace(removed, decision=Decision(State.REMOVED, by))))
    restored = shown(comment_view(removed.decided(State.VISIBLE, MAY.id)))
    assert set(restored) == set(COMMENT_KEYS)


@pytest.mark.parametrize("state", State)
def test_a_comment_tells_its_state(state: State) -> None:
    view = shown(comment_view(comment().decided(state, MAY.id)))
    assert (view["state"], view["removed"]) == (state, state is not State.VISIBLE)


@pytest.mark.parametrize(
    ("viewer", "bodies"),
    [
        (None, [None, None]),
        (ANN, ["text 1", None]),
        (BOB, [None, "text 2"]),
        (MAY, ["text 1", "text 2"]),
        (OLA, ["text 1", "text 2"]),
        (OPERATOR, ["text 1", "text 2"]),
        (actor("may", Role.MODERATOR, "other"), [None, None]),
    ],
)
def test_the_body_is_there_for_its_author_and_moderators_and_absent_for_others(
    viewer: Actor | None, bodies: list[str | None]
) -> None:
    comments = [comment(1), comment(2, BOB.author), comment(3, removed=True)]
    views = shown(comment_views(comments, viewer, SITE))
    assert [view.get("body") for view in views] == [*bodies, None]
    assert [set(view) - set(COMMENT_KEYS) for view in views] == [
        {"body"} if body else set() for body in [*bodies, None]
    ]


@pytest.mark.parametrize(("who", "role"), [(ANN, "guest"), (MAY, "moderator"), (OLA, "owner"), (OPERATOR, "owner")])
def test_roles_as_shown(who: Actor, role: str) -> None:
    view = shown(author_view(who.author))
    assert view == {"id": who.id, "name": who.name, "website": None, "role": role}


def test_a_thread() -> None:
    view = shown(thread_view(thread(title="News", url="https://news.example/page", head=7, comments=3), 12))
    assert list(view) == [*THREAD_KEYS[:-3], "watching", *THREAD_KEYS[-3:]]
    assert view == {
        "id": THREAD,
        "site": SITE,
        "key": "/page",
        "title": "News",
        "url": "https://news.example/page",
        "state": "open",
        "reason": None,
        "epoch": "e0e0e0e0",
        "head": 7,
        "comments": 3,
        "pinned": None,
        "watching": 12,
        "mode": {"slow": 0, "who": "all", "hold": "none", "delay": 0, "close_at": None},
        "closed_at": None,
        "closed_by": None,
    }


def test_a_closed_thread_tells_when_and_by_whom() -> None:
    view = shown(thread_view(thread(closed=True, closing=Closing(AT, MAY.id, "May"))))
    assert (view["closed_at"], view["closed_by"]) == ("2026-11-22T10:00:00.000Z", {"id": MAY.id, "name": "May"})
    assert list(view) == THREAD_KEYS


def test_a_closed_thread_says_why_and_nobody_watching_is_not_unknown() -> None:
    view = shown(thread_view(thread(closed=True, reason="Enough."), 0))
    assert (view["state"], view["reason"], view["watching"]) == ("closed", "Enough.", 0)
    assert list(shown(thread_view(thread()))) == THREAD_KEYS


@pytest.mark.parametrize("kind", [Kind.POSTED, Kind.EDITED, Kind.REMOVED, Kind.RESTORED])
def test_comment_events_carry_the_comment_without_its_source(kind: Kind) -> None:
    view = shown(event_view(Event(4, kind, AT, comment=comment(), reason="secret", by="May")))
    assert view == {
        "seq": 4,
        "kind": str(kind),
        "at": "2026-11-22T10:00:00.000Z",
        "comment": shown(comment_view(comment())),
    }


@pytest.mark.parametrize("kind", [Kind.REOPENED, Kind.CHANGED, Kind.PINNED])
def test_thread_events_carry_the_thread_without_its_readers(kind: Kind) -> None:
    view = shown(event_view(Event(4, kind, AT, thread=thread(head=4), by="May")))
    assert view == {
        "seq": 4,
        "kind": str(kind),
        "at": "2026-11-22T10:00:00.000Z",
        "thread": shown(thread_view(thread(head=4))),
    }


@pytest.mark.parametrize(
    ("known", "audience", "whole"),
    [
        (Traits(), Audience.EVERYBODY, True),
        (Traits(light=True), Audience.EVERYBODY, False),
        (Traits(audience=Audience.STAFF), Audience.EVERYBODY, False),
        (Traits(audience=Audience.STAFF), Audience.STAFF, True),
        (Traits(light=True), Audience.STAFF, False),
    ],
)
def test_a_light_event_and_one_for_others_say_only_that_something_happened(
    monkeypatch: pytest.MonkeyPatch, known: Traits, audience: Audience, whole: bool
) -> None:
    monkeypatch.setitem(events._TRAITS, "x.y", known._replace(explained=True))
    about = [
        Event(4, "x.y", AT, comment=comment(), reason="r", by="May"),
        Event(4, "x.y", AT, thread=thread(), reason="r", by="May"),
    ]
    for event, kept in zip(about, ("comment", "thread"), strict=True):
        view = shown(event_view(event, audience))
        assert set(view) == {"seq", "kind", "at"} | ({kept, "reason", "by"} if whole else set())


def test_staff_see_the_source_of_a_comment_in_an_event() -> None:
    event = Event(4, Kind.POSTED, AT, comment=comment())
    assert shown(event_view(event, Audience.STAFF))["comment"]["body"] == comment().body


@pytest.mark.parametrize("reason", [None, "Enough."])
def test_a_closing_also_says_why_and_by_whom(reason: str | None) -> None:
    view = shown(event_view(Event(4, Kind.CLOSED, AT, thread=thread(closed=True), reason=reason, by="May")))
    assert list(view) == ["seq", "kind", "at", "thread", "reason", "by"]
    assert (view["reason"], view["by"]) == (reason, "May")


def test_an_error_always_has_its_three_fields() -> None:
    assert shown(ErrorView("internal", "Oh.")) == {"code": "internal", "message": "Oh.", "retry_after": None}


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
def test_both_encodings_show_the_same(codec: Codec) -> None:
    views = [
        comment_view(comment(), with_body=True),
        thread_view(thread(), 3),
        event_view(Event(4, Kind.CLOSED, AT, thread=thread(closed=True), by="May")),
        author_view(OPERATOR.author),
    ]
    assert codec.decode(codec.encode(views)) == shown(views)


def test_roles_travel_as_plain_text_in_msgpack() -> None:
    assert msgpack.unpackb(CODECS[1].encode(author_view(MAY.author)))["role"] == "moderator"
