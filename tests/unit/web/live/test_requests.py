"""web.live.requests where no server is needed: a connection whose storage does not answer, that does not read, or
that asks too much."""

import asyncio
import json
import time
import uuid
from math import inf
from types import SimpleNamespace
from typing import Any, Never, cast

import pytest

from hubbub.domain.actor import Actor
from hubbub.domain.errors import bad_request
from hubbub.domain.events import Topic, thread_topic
from hubbub.domain.model import Role
from hubbub.domain.sizes import FRAME_BYTES
from hubbub.live.connection import Connection
from hubbub.protocol.close_codes import TOO_MANY_ERRORS
from hubbub.protocol.conversation import MAX_BAD_MESSAGES
from hubbub.protocol.views import AuthorView, author_view
from hubbub.services.caller import Bearer
from hubbub.services.history import ThreadRef
from hubbub.services.identity import STAFF_SECONDS, Identity, staff
from hubbub.services.rate_limits import REQUESTS_ADDRESS, RateLimits
from hubbub.web.live.requests import IN_FLIGHT, LARGE, THREADS, RequestHandler
from hubbub.web.node import Node
from tests.unit.live.desk import until
from tests.unit.live.reader import Reader


def talk(reader: Reader, *, join_within: float = 60.0, **parts: Any) -> RequestHandler:
    """A connection to a node of these parts."""
    given = {"limits": RateLimits(enabled=False), "members": SimpleNamespace(watchers=set()), "running": set(), **parts}
    return RequestHandler(cast(Node, SimpleNamespace(**given)), reader.connection, join_within=join_within)


async def test_a_join_that_storage_never_answers_is_refused_and_the_connection_goes_on() -> None:
    async def hang(_thread: str) -> None:
        await asyncio.Event().wait()

    left: list[str] = []
    reader = Reader()
    hub = SimpleNamespace(leave=lambda _reader, topic: left.append(topic.name))
    session = talk(reader, join_within=0.01, history=SimpleNamespace(ref=hang), hub=hub)
    for command in ({"cmd": "join", "ref": 1}, {"cmd": "leave", "ref": 2}):
        session.receive(json.dumps({**command, "thread": "abcdefghijklmnop"}).encode(), False)
    await until(lambda: len(reader.messages) == 2)
    refused, done = reader.messages
    assert (refused["re"], refused["error"]["code"], refused["error"]["retry_after"]) == (1, "unavailable", 1)
    assert (done["re"], done["ok"], left) == (2, True, ["abcdefghijklmnop"])
    assert reader.closed == []


async def test_refusals_wait_their_turn_until_the_reader_reads_and_count_as_under_way() -> None:
    reader = Reader()
    session = talk(reader, hub=SimpleNamespace(leave=lambda _reader, _thread: None))
    reader.connection.pause()
    for ref in range(IN_FLIGHT):
        assert reader.receiving
        session.receive(b'{"cmd":"%b","ref":%d,"thread":"t"}' % (b"leave" if ref % 2 else b"?", ref), False)
    assert not reader.receiving
    await asyncio.sleep(0)  # the turn in which answers would go out
    assert reader.messages == []
    reader.connection.resume()
    await until(lambda: len(reader.messages) == IN_FLIGHT)
    assert [(message["re"], message["ok"]) for message in reader.messages] == [
        (n, n % 2 == 1) for n in range(IN_FLIGHT)
    ]
    assert reader.receiving


async def test_messages_wait_as_they_came_and_large_ones_alone() -> None:
    """What one who does not read may make us keep is bounded in bytes (G8)."""
    reader = Reader()
    session = talk(reader)
    reader.connection.pause()
    large = b'{"cmd":"leave","ref":1,"thread":"t","more":"%b"}' % (b"x" * (FRAME_BYTES - 100))
    small = b'{"cmd":"leave","ref":2,"thread":"t","more":"x"}'
    session.receive(small, False)
    assert reader.receiving
    session.receive(large, False)
    assert reader.receiving
    session.receive(small * 2, False)
    assert not reader.receiving
    assert reader.connection.conversation.bad_messages == 0, "nobody has looked into them"
    reader.connection.resume()
    await until(lambda: len(reader.messages) == 3)
    assert reader.receiving


async def test_large_messages_count_as_requests_and_wait_where_those_are_too_many() -> None:
    """A refusal could not name the `ref`, and its sender would take the connection for dead."""
    reader, now = Reader(), 0.0
    session = talk(reader, limits=RateLimits(clock=lambda: now))
    message = b'{"cmd":"leave","ref":1,"thread":"t","more":"%b"}' % (b"x" * LARGE)
    for number in range(REQUESTS_ADDRESS.burst + 1):
        reader.connection.conversation.bad_messages = 0
        session.receive(message, False)
        if number < REQUESTS_ADDRESS.burst:
            await until(lambda number=number: len(reader.messages) > number)  # type: ignore[misc]  # mypy can't infer lambdas with defaults
    await asyncio.sleep(0.15)  # longer than it is told to wait
    assert len(reader.messages) == REQUESTS_ADDRESS.burst
    now = 60.0
    await until(lambda: len(reader.messages) > REQUESTS_ADDRESS.burst)
    assert {(answer["re"], answer["error"]["code"]) for answer in reader.messages} == {(1, "bad_request")}


async def test_a_large_message_of_one_who_left_is_not_looked_into() -> None:
    reader, limits = Reader(), RateLimits(clock=lambda: 0.0)
    session = talk(reader, limits=limits)
    for _ in range(REQUESTS_ADDRESS.burst):
        limits.check((REQUESTS_ADDRESS, reader.connection.conversation.address))
    session.receive(b"?" * LARGE, False)
    await asyncio.sleep(0.01)
    reader.connection.end()
    await until(lambda: session._admitting is None)
    assert reader.connection.conversation.bad_messages == 0


async def test_a_token_ends_on_an_open_connection_too(monkeypatch: pytest.MonkeyPatch) -> None:
    identity, reader = Identity("a secret of a fitting length"), Reader()
    asked: list[Actor | None] = []

    def check_post(who: Actor, _address: str) -> Never:
        asked.append(who)
        raise bad_request("asked")

    async def ref(thread: str) -> ThreadRef:
        return ThreadRef(thread, "s", "/a")

    async def join(_connection: Connection, _thread: str, number: int, _after: object, viewer: Actor | None) -> None:
        asked.append(viewer)
        reader.write(b'{"re":%d,"ok":true}' % number)

    async def own_view(actor: Actor) -> AuthorView:
        return author_view(actor.author)

    sites = SimpleNamespace(check_origin=lambda _site, _origin: None)
    limits = SimpleNamespace(check=lambda *_which: None, check_post=check_post)
    parts: dict[str, Any] = {"hub": SimpleNamespace(join=join), "history": SimpleNamespace(ref=ref), "sites": sites}
    session = talk(reader, identity=identity, limits=limits, authors=SimpleNamespace(own_view=own_view), **parts)
    token = identity.issue(staff("s", Role.MODERATOR))

    async def say(cmd: str, **fields: object) -> str | None:
        said = len(reader.messages)
        session.receive(json.dumps({"cmd": cmd, "ref": said, **fields}).encode(), False)
        await until(lambda: len(reader.messages) > said)
        found: str | None = reader.messages[said].get("error", {}).get("code")
        return found

    comment = {"thread": "t", "id": str(uuid.uuid4()), "body": "x"}
    assert await say("hello", token=token) is None
    assert await say("post", **comment) == "bad_request"
    later = time.time() + STAFF_SECONDS + 3600
    with monkeypatch.context() as clock:
        clock.setattr(time, "time", lambda: later)
        assert await say("post", **comment) == "unauthorized"
        assert await say("join", thread="t") is None
        assert await say("hello", token=identity.issue(staff("s", Role.GUEST))) is None
        assert await say("post", **comment) == "bad_request"
    assert [one and one.role for one in asked] == [Role.MODERATOR, None, Role.GUEST]


@pytest.mark.parametrize(
    ("actor", "follows", "told"),
    [
        (Actor("a", "s", Role.GUEST, "Ann"), True, True),
        (Actor("a", "s", Role.GUEST, "Ann"), False, False),
        (Actor("a", "other", Role.MODERATOR, "Mo"), True, False),
        (None, True, False),
    ],
)
async def test_who_could_post_is_seen_typing(actor: Actor | None, follows: bool, told: bool) -> None:
    reader = Reader()
    noted: list[object] = []
    hub = SimpleNamespace(note_typing=lambda reader, _thread: noted.append(reader))
    followed: dict[Topic, Any] = reader.connection.followed
    if follows:
        followed[thread_topic("t")] = None

    async def ref(thread: str) -> ThreadRef:
        return ThreadRef(thread, "s", "/a")

    session = talk(reader, history=SimpleNamespace(ref=ref), hub=hub)
    session._identities.default = None if actor is None else Bearer(actor, inf)
    session.receive(b'{"cmd":"typing","ref":1,"thread":"t"}', False)
    await until(lambda: len(reader.messages) == 1)
    assert reader.messages[0]["ok"] is True
    assert (noted == [reader.connection]) is told
    followed.clear()


async def test_nothing_but_nonsense_is_answered_up_to_the_limit_and_then_closed() -> None:
    reader = Reader()
    session = talk(reader)
    for _ in range(MAX_BAD_MESSAGES + 50):
        session.receive(b"?", False)
    await until(lambda: reader.closed != [])
    assert len(reader.messages) == MAX_BAD_MESSAGES
    assert reader.closed == [TOO_MANY_ERRORS.code]


async def test_a_connection_follows_so_many_threads_and_may_join_those_again() -> None:
    reader = Reader()
    channels: dict[Topic, Any] = reader.connection.followed

    async def found(thread: str) -> SimpleNamespace:
        return SimpleNamespace(id=thread, site="s")

    async def join(_reader: object, topic: Topic, ref: int, _after: object, viewer: Actor | None) -> None:
        channels[topic] = None
        reader.write(b'{"re":%d,"ok":true}' % ref)

    hub = SimpleNamespace(join=join, leave=lambda _reader, topic: channels.pop(topic))
    sites = SimpleNamespace(check_origin=lambda _site, _origin: None)
    session = talk(reader, history=SimpleNamespace(ref=found), sites=sites, hub=hub)
    sent = [("join", n) for n in range(THREADS + 1)] + [("join", 0), ("leave", 0), ("join", THREADS)]
    for ref, (cmd, thread) in enumerate(sent):
        session.receive(json.dumps({"cmd": cmd, "ref": ref, "thread": f"thread-{thread}"}).encode(), False)
    await until(lambda: len(reader.messages) == len(sent))
    (refused,) = (message for message in reader.messages if not message["ok"])
    assert (refused["re"], refused["error"]["code"]) == (THREADS, "rate_limited")
    assert refused["error"]["retry_after"] > 0
    channels.clear()
