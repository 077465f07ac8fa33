"""web.live.requests: rights that are taken from staff act on their open connections at once (G13)."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hubbub.domain.events import Audience
from hubbub.domain.model import Member, Role
from hubbub.protocol.close_codes import RIGHTS_CHANGED
from hubbub.services.authors import Authors
from hubbub.services.history import ThreadRef
from hubbub.services.identity import Identity, actor_of, guest
from hubbub.services.members import Members
from hubbub.storage.engine import Database
from hubbub.storage.people import put_member
from hubbub.transport.memory import MemoryCommandBus
from hubbub.web.live.requests import RequestHandler
from tests.support.desk_log import NEWS
from tests.unit.live.desk import until
from tests.unit.live.reader import Reader
from tests.unit.live.test_hub_topics import open_both, texts
from tests.unit.samples import SITE
from tests.unit.web.live.test_requests import talk

STELLA = Member("m1", SITE, "Stella", Role.MODERATOR)
OTTO = Member("m2", SITE, "Otto", Role.OWNER)
REVOKED = replace(STELLA, version=2)
DEMOTED = replace(OTTO, role=Role.MODERATOR)


class Desk:
    """A node with two members of staff and its connections."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.members = Members(database, MemoryCommandBus())
        self.identity = Identity("a secret of at least 16 characters", self.members.check)
        self.reads: Callable[[], Awaitable[None]] = self.members.load  # what happens while a join reads the thread

    async def put(self, *members: Member) -> None:
        """What another node changed, and this one finds."""
        for member in members:
            await self.database.write(put_member, member)
        await self.members.load()

    def connect(self) -> tuple[Reader, RequestHandler]:
        """A connection whose joins are answered without a hub."""
        reader = Reader()

        async def join(_reader: object, _topic: object, ref: int, *_after: object, **_viewer: object) -> None:
            await self.reads()
            reader.write(b'{"re":%d,"ok":true}' % ref)

        async def ref(thread: str) -> ThreadRef:
            return ThreadRef(thread, SITE, "/a")

        parts: dict[str, Any] = {
            "hub": SimpleNamespace(join=join),
            "history": SimpleNamespace(ref=ref),
            "sites": SimpleNamespace(check_origin=lambda _site, _origin: None),
            "identity": self.identity,
            "members": self.members,
            "authors": Authors(self.database),
        }
        return reader, talk(reader, **parts)

    async def say(self, cmd: str, member: Member | None, *, to: tuple[Reader, RequestHandler] | None = None) -> Reader:
        """Says `hello` or `join` as a member, or as a guest, on a new connection or on this one."""
        reader, session = to or self.connect()
        who = guest(SITE, "Ann", None, None) if member is None else actor_of(member)
        said = len(reader.messages)
        message = {"cmd": cmd, "ref": said, "token": self.identity.issue(who)}
        session.receive(json.dumps(message | ({"thread": "t"} if cmd == "join" else {})).encode(), False)
        await until(lambda: len(reader.messages) > said)
        assert reader.messages[said]["ok"] is True
        return reader


@pytest.fixture
async def desk(database: Database) -> Desk:
    """The node, which knows its staff."""
    found = Desk(database)
    await found.put(STELLA, OTTO)
    return found


@pytest.mark.parametrize("cmd", ["hello", "join"])
async def test_a_revoked_token_closes_the_connections_that_have_it(desk: Desk, cmd: str) -> None:
    readers = [await desk.say(cmd, member) for member in (STELLA, OTTO, None)]
    await desk.put(REVOKED)
    assert [reader.closed for reader in readers] == [[RIGHTS_CHANGED.code], [], []]


@pytest.mark.parametrize("cmd", ["hello", "join"])
async def test_another_role_closes_them_too(desk: Desk, cmd: str) -> None:
    readers = [await desk.say(cmd, member) for member in (OTTO, STELLA)]
    await desk.put(DEMOTED)
    assert [reader.closed for reader in readers] == [[RIGHTS_CHANGED.code], []]
    again = desk.connect()
    await desk.say("hello", OTTO, to=again)
    assert desk.members.check(actor_of(OTTO)).role is Role.MODERATOR
    await desk.put(STELLA)
    assert again[0].closed == [], "it came back with the rights of now"


async def test_a_token_of_a_thread_counts_beside_a_guests_hello(desk: Desk) -> None:
    connection = desk.connect()
    await desk.say("hello", None, to=connection)
    await desk.say("join", STELLA, to=connection)
    await desk.put(REVOKED)
    assert connection[0].closed == [RIGHTS_CHANGED.code]


async def test_a_token_that_is_revoked_while_its_join_reads_the_thread(desk: Desk) -> None:
    async def revoke() -> None:
        await desk.put(REVOKED)

    desk.reads = revoke
    reader = await desk.say("join", STELLA)
    assert reader.closed == [RIGHTS_CHANGED.code]


async def test_connections_of_guests_are_not_looked_at(desk: Desk) -> None:
    await desk.say("hello", None)
    assert desk.members.watchers == set()
    await desk.say("hello", STELLA)
    assert len(desk.members.watchers) == 1


async def test_who_was_revoked_follows_what_is_for_staff_no_longer(desk: Desk, tmp_path: Path) -> None:
    async with open_both(tmp_path) as (live, log):
        connections = [desk.connect(), desk.connect()]
        for connection, member in zip(connections, (STELLA, OTTO), strict=True):
            await desk.say("hello", member, to=connection)
            await live.hub.join(connection[0].connection, NEWS, 1, None, Audience.STAFF)
        await live.bus.publish([log.commit()])
        revoked, other = (reader for reader, _session in connections)
        await until(lambda: texts(revoked) == texts(other) == ["source 1"])
        await desk.put(REVOKED)
        assert live.hub.watching(NEWS) == 1
        await live.bus.publish([log.commit()])
        await until(lambda: texts(other) == ["source 1", "source 2"])
        assert texts(revoked) == ["source 1"]
