"""Passkeys: the public keys by which authors sign in."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from hubbub.storage.schema import passkey


class Passkey(NamedTuple):
    """An author's passkey, by the id of its credential. `host` is the relying party, `name` the author's when it was
    made, `key` what the authenticator said of the public key (base64url), `sign_count` its counter of signatures.
    Times are in ms."""

    id: str
    site: str
    author: str
    name: str
    host: str
    key: str
    sign_count: int
    at: int
    used_at: int | None = None


def put_passkey(db: Connection, new: Passkey) -> None:
    """Keeps a passkey."""
    db.execute(insert(passkey).values(**new._asdict()))


def passkey_by_id(db: Connection, passkey_id: str) -> Passkey | None:
    """A passkey of any site."""
    row = db.execute(select(passkey).where(passkey.c.id == passkey_id)).first()
    return None if row is None else Passkey(*row)


def passkeys_of(db: Connection, site: str, author: str) -> list[Passkey]:
    """An author's passkeys, oldest first."""
    own = select(passkey).where(passkey.c.site == site, passkey.c.author == author)
    return [Passkey(*row) for row in db.execute(own.order_by(passkey.c.at, passkey.c.id))]


def count_passkeys(db: Connection, site: str, author: str) -> int:
    """How many an author has."""
    own = select(func.count()).select_from(passkey).where(passkey.c.site == site, passkey.c.author == author)
    return int(db.scalar(own) or 0)


def use_passkey(db: Connection, site: str, passkey_id: str, sign_count: int, at: int) -> bool:
    """Notes a use; False where there is no such passkey, or where its counter has not moved on (WebAuthn, 6.1.1). One
    that counts nothing says 0 each time."""
    moved = or_(passkey.c.sign_count < sign_count, (passkey.c.sign_count == 0) & (sign_count == 0))
    used = update(passkey).where(passkey.c.id == passkey_id, passkey.c.site == site, moved)
    return db.execute(used.values(sign_count=sign_count, used_at=at)).rowcount == 1


def erase_passkeys(db: Connection, site: str, author: str, passkey_id: str | None = None) -> None:
    """Removes an author's passkey; without an id all of them."""
    own = delete(passkey).where(passkey.c.site == site, passkey.c.author == author)
    db.execute(own if passkey_id is None else own.where(passkey.c.id == passkey_id))
