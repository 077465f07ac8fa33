"""The rules of a site's staff. See `base.decide`."""

import uuid
from dataclasses import replace

from hubbub.commands.base import Done
from hubbub.commands.staff import PutMember, RevokeMember
from hubbub.domain.actor import check
from hubbub.domain.errors import bad_request, not_found
from hubbub.domain.model import Member, Role
from hubbub.domain.permissions import STAFF, Permission
from hubbub.storage.people import members_named
from hubbub.worker.batch import Batch
from hubbub.worker.decide.base import decide


@decide.register
def put(command: PutMember, batch: Batch, at: int) -> Done:
    """Makes a member, unless there is one of this name and role."""
    if command.actor is not None:
        check(command.actor, Permission.CHANGE_STAFF, command.site)
    if command.role not in STAFF:
        raise bad_request("Staff are moderators and owners.")
    if not batch.knows_site(command.site):
        raise not_found("site")
    known = members_named(batch.db, command.site, command.name)
    if all(member.role != command.role for member in known):
        batch.put_member(Member(str(uuid.uuid4()), command.site, command.name, command.role))
    return Done()


@decide.register
def revoke(command: RevokeMember, batch: Batch, at: int) -> Done:
    """Gives the members of a name the next version. Tokens from before there were members have no member; for a name
    that has none, one is made so that these are known to be revoked."""
    if command.actor is not None:
        check(command.actor, Permission.CHANGE_STAFF, command.site)
    if not batch.knows_site(command.site):
        raise not_found("site")
    known = members_named(batch.db, command.site, command.name)
    for member in known or [Member(str(uuid.uuid4()), command.site, command.name, Role.MODERATOR)]:
        batch.put_member(replace(member, version=member.version + 1))
    return Done()
