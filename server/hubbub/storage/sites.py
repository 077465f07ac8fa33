"""Sites, and which origins may embed each."""

from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from hubbub.domain.model import Site, SiteSettings
from hubbub.storage.schema import empty, member, passkey, site, thread


def to_site(row: Row[Any]) -> Site:
    """A row of `site`. Nodes that know no settings write `images` alone, so that column decides."""
    settings = msgspec.json.decode(row.settings or "{}", type=SiteSettings)
    return Site(row.name, tuple(row.origins.splitlines()), replace(settings, images=row.images))


def all_sites(db: Connection) -> list[Site]:
    """All sites."""
    return [to_site(row) for row in db.execute(select(site))]


def site_by_name(db: Connection, name: str) -> Site | None:
    """The site with this name, its row locked where others write at the same time."""
    row = db.execute(select(site).where(site.c.name == name).with_for_update()).first()
    return None if row is None else to_site(row)


def is_site_used(db: Connection, name: str) -> bool:
    """Whether anything has happened in a site's threads."""
    return db.execute(select(thread.c.id).where(thread.c.site == name, thread.c.head > 0).limit(1)).first() is not None


def put_site(db: Connection, new: Site) -> None:
    """A site, new or changed. Settings that only a newer version knows stay."""
    stored = db.scalar(select(site.c.settings).where(site.c.name == new.name).with_for_update())
    settings = msgspec.json.decode(stored or "{}") | msgspec.to_builtins(new.settings)
    values = {
        "origins": "\n".join(new.origins),
        "images": new.settings.images,
        "settings": msgspec.json.encode(settings).decode(),
    }
    if db.execute(update(site).where(site.c.name == new.name).values(**values)).rowcount == 0:
        db.execute(insert(site).values(name=new.name, **values))


def remove_site(db: Connection, name: str) -> None:
    """A site in whose threads nothing has happened, these, its staff, and passkeys for it."""
    unused = thread.c.site == name, thread.c.head == 0
    db.execute(delete(empty).where(empty.c.thread.in_(select(thread.c.id).where(*unused))))
    db.execute(delete(thread).where(*unused))
    db.execute(delete(member).where(member.c.site == name))
    db.execute(delete(passkey).where(passkey.c.site == name))
    db.execute(delete(site).where(site.c.name == name))
