"""The rules of passkeys. See `base.decide`."""

from hubbub.commands.base import Done
from hubbub.commands.people import ErasePasskeys, PutPasskey, UsePasskey
from hubbub.domain.actor import check
from hubbub.domain.errors import ErrorCode, Refused, forbidden
from hubbub.domain.permissions import Permission
from hubbub.storage.idempotency import insert_handled
from hubbub.storage.passkeys import (
    Passkey,
    count_passkeys,
    erase_passkeys,
    passkey_by_id,
    put_passkey,
    use_passkey,
)
from hubbub.worker.batch import Batch
from hubbub.worker.decide.base import check_unused, decide

MOST = 20  # of an author: a few devices, and a passkey on each host of the site


@decide.register
def put(command: PutPasskey, batch: Batch, at: int) -> Done:
    """Keeps a passkey of a guest. The publisher signs on its own readers, and staff have one-time links."""
    actor = check(command.actor, Permission.CHOOSE_NAME, command.actor.site)
    if actor.signed_on:
        raise forbidden("Your name comes from the page; sign in there.")
    if passkey_by_id(batch.db, command.id) is not None:
        raise Refused(ErrorCode.CONFLICT, "This passkey is kept already.")
    if count_passkeys(batch.db, actor.site, actor.id) >= MOST:
        raise Refused(ErrorCode.CONFLICT, f"You have {MOST} passkeys; remove one first.")
    use = _check_challenge(batch, command.use)
    about = command.id, actor.site, actor.id, actor.name, command.host, command.key
    put_passkey(batch.db, Passkey(*about, sign_count=command.sign_count, at=at))
    insert_handled(batch.db, {use: None})
    return Done()


@decide.register
def use(command: UsePasskey, batch: Batch, at: int) -> Done:
    """Notes that a passkey was used. A counter that has not moved on tells of a copy of it."""
    use = _check_challenge(batch, command.use)
    if not use_passkey(batch.db, command.site, command.id, command.sign_count, at):
        raise Refused(ErrorCode.UNAUTHORIZED, "This passkey is not valid here any more.")
    insert_handled(batch.db, {use: None})
    return Done()


@decide.register
def erase(command: ErasePasskeys, batch: Batch, at: int) -> Done:
    """Removes passkeys of an author."""
    actor = check(command.actor, Permission.COMMENT, command.actor.site)
    erase_passkeys(batch.db, actor.site, actor.id, command.id)
    return Done()


def _check_challenge(batch: Batch, challenge: str) -> str:
    use = f"passkey {challenge}"
    check_unused(batch.db, use, "This was used already; please try again.")
    return use
