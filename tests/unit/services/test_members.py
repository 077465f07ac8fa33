"""A node's copy of the staff."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from hubbub.domain.errors import Refused
from hubbub.domain.model import Member, Role
from hubbub.services.identity import Identity, actor_of
from hubbub.services.members import Members
from hubbub.storage.engine import Database
from hubbub.storage.people import all_members, put_member
from hubbub.transport.memory import MemoryCommandBus
from tests.unit.samples import MAY, SITE

MEMBER = Member("m1", SITE, "Stella", Role.MODERATOR)


async def test_a_revoked_token_is_refused_once_the_copy_knows(database: Database) -> None:
    members = Members(database, MemoryCommandBus())
    identity = Identity("a secret of at least 16 characters", members.check)
    await database.write(put_member, MEMBER)
    await members.load()
    token = identity.issue(actor_of(MEMBER))
    bearer = identity.read_bearer(token)
    assert bearer.actor == actor_of(MEMBER)
    code = identity.make_code(bearer.actor)
    await database.write(put_member, replace(MEMBER, version=2))  # by another node
    assert not bearer.ended
    await members.load()
    assert bearer.ended, "as an open connection finds"
    for read in (lambda: identity.read(token), lambda: identity.read_code(code)):
        with pytest.raises(Refused, match="revoked"):
            read()


async def test_a_member_made_elsewhere_may_read_at_once(database: Database) -> None:
    members = Members(database, MemoryCommandBus())
    await members.load()
    await database.write(put_member, MEMBER)
    assert members.check(actor_of(MEMBER)) == actor_of(MEMBER)
    assert members.check(MAY) == MAY


async def test_members_are_read_again_only_where_one_was_changed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def counted(db: Connection) -> list[Member]:
        read.append(len(found := all_members(db)))
        return found

    monkeypatch.setattr("hubbub.services.members.all_members", counted)
    members = Members(database, MemoryCommandBus())
    for _ in range(2):
        await members.load()
    await database.write(put_member, MEMBER)
    for _ in range(2):
        await members.load()
    assert read == [0, 1]
