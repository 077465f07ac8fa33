"""People: the authors that a site knows, their comments a day, and the members of its staff."""

from collections.abc import Collection, Mapping, Sequence, Set
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, TextClause, bindparam, delete, insert, select, text, update

from hubbub.domain.model import Author, Member, Role
from hubbub.domain.people import KnownAuthor
from hubbub.storage.bulk import among, to_json
from hubbub.storage.schema import author, daily, member

AuthorKey = tuple[str, str]  # site, id

_MEMBERS = select(member).where(among(member.c.site, "sites"))
_BY_KEY = select(author).where(among(author.c.site, "sites"), among(author.c.id, "ids"))
# One statement sees one state: between two, an approval could move a comment from `held` to where the first looked.
# SQLite has no statistics: it would look through all of a site, were it not told to go by name.
_BEARERS = """
    SELECT author.site, author.folded, author.id FROM {wanted} CROSS JOIN author {by_name}
    WHERE author.site = {site} AND author.folded = {name} AND author.comments > 0 AND (author.last_seen >= :since
        OR EXISTS (SELECT 1 FROM passkey WHERE passkey.site = author.site AND passkey.author = author.id))
    UNION
    SELECT held.site, held.folded, held.author_id FROM {wanted} CROSS JOIN held {held_by_name}
    WHERE held.site = {site} AND held.folded = {name} AND held.state IN ('held', 'spam')
"""
_BEARERS_SQLITE = text(
    _BEARERS.format(
        wanted="json_each(:wanted) AS wanted",
        site="json_extract(wanted.value, '$[0]')",
        name="json_extract(wanted.value, '$[1]')",
        by_name="INDEXED BY author_site_folded",
        held_by_name="INDEXED BY held_site_folded",
    )
)
_BEARERS_POSTGRESQL = text(
    _BEARERS.format(
        wanted="json_array_elements(CAST(:wanted AS json)) AS wanted",
        site="wanted.value ->> 0",
        name="wanted.value ->> 1",
        by_name="",
        held_by_name="",
    )
)
_LOCK_NAMES = text(
    "SELECT count(pg_advisory_xact_lock(one)) FROM (SELECT hashtextextended(value, 0) AS one"
    " FROM json_array_elements_text(CAST(:names AS json)) ORDER BY one) AS locks"
)
_AUTHORS = {
    **dict.fromkeys(("site", "id", "name", "folded", "original", "email", "website", "role"), "text"),
    **dict.fromkeys(("first_seen", "last_seen"), "bigint"),
    "comments": "int",
}
_KEY, _VALUES = itemgetter("site", "id"), itemgetter(*_AUTHORS)  # of a row


def _adding(rows: str) -> TextClause:
    """Adds rows with the columns `_AUTHORS` to `author`; of two names the one of the later comment counts."""
    latest = ", ".join(
        f"{name} = CASE WHEN excluded.last_seen < author.last_seen THEN author.{name} ELSE excluded.{name} END"
        for name in ("name", "folded", "website", "role", "last_seen")
    )
    either = "original = coalesce(author.original, excluded.original), email = coalesce(excluded.email, author.email)"
    conflict = (
        f"ON CONFLICT (site, id) DO UPDATE SET {latest}, {either}, comments = author.comments + excluded.comments"
    )
    return text(f"INSERT INTO author ({', '.join(_AUTHORS)}) {rows} {conflict}")  # of names in this file


_ADD_EACH = _adding(f"VALUES ({', '.join('?' * len(_AUTHORS))})").text
_RECORD = ", ".join(f"{name} {kind}" for name, kind in _AUTHORS.items())
_ADD_TOGETHER = _adding(f"SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS seen ({_RECORD})")  # noqa: S608 (as above)


def add_to_authors(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Takes down who has commented, and how many more (or fewer) of their comments everybody sees, by one statement.
    In the order of their keys, so that two workers can't lock each other out; each has one row."""
    rows = sorted(rows, key=_KEY)
    if not rows:
        return
    if db.dialect.name == "sqlite":
        # Not by `execute`, which looks at each parameter of each row: half of what this costs.
        db.exec_driver_sql(_ADD_EACH, list(map(_VALUES, rows)))
    else:
        db.execute(_ADD_TOGETHER, {"rows": to_json(rows)})


def author_by_id(db: Connection, site: str, author_id: str) -> KnownAuthor | None:
    """What a site knows of an author; None if they have never commented."""
    return authors_by_key(db, {(site, author_id)}).get((site, author_id))


def authors_by_key(db: Connection, keys: Set[AuthorKey]) -> dict[AuthorKey, KnownAuthor]:
    """What sites know of these authors, by one query; those who have never commented are left out."""
    sites, ids = {site for site, _ in keys}, {author_id for _, author_id in keys}
    rows = db.execute(_BY_KEY, {"sites": to_json(sites), "ids": to_json(ids)})
    return {(row.site, row.id): _to_author(row) for row in rows if (row.site, row.id) in keys}


_DAILY = select(daily.c.author, daily.c.comments).where(
    daily.c.day == bindparam("day"), among(daily.c.author, "authors")
)
_COUNT = "INSERT INTO daily (author, day, comments) {rows} ON CONFLICT (author, day) DO UPDATE SET comments = {sum}"
_COUNT_EACH = text(_COUNT.format(rows="VALUES (:author, :day, :comments)", sum="comments + excluded.comments"))
_COUNT_TOGETHER = text(
    _COUNT.format(
        rows="SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS posted (author text, day int, comments int)",
        sum="daily.comments + excluded.comments",
    )
)
_OLD_DAYS = delete(daily).where(daily.c.day < bindparam("day"))


def comments_of(db: Connection, day: int, authors: Collection[str]) -> dict[str, int]:
    """How many comments each of these authors wrote in a day. Authors without any are left out."""
    rows = db.execute(_DAILY, {"day": day, "authors": to_json(authors)})
    return {row.author: row.comments for row in rows}


def add_comments(db: Connection, day: int, written: Mapping[str, int]) -> None:
    """Adds to the authors' counts of a day. In order of their ids, so that two workers cannot deadlock."""
    rows = [{"author": author, "day": day, "comments": written[author]} for author in sorted(written)]
    if not rows:
        return
    if db.dialect.name == "sqlite":
        db.execute(_COUNT_EACH, rows)
    else:
        db.execute(_COUNT_TOGETHER, {"rows": to_json(rows)})


def forget_days(db: Connection, before: int) -> None:
    """Deletes the counts of earlier days."""
    db.execute(_OLD_DAYS, {"day": before})


class Bearer(NamedTuple):
    """An author under whose (folded) name there are comments that everybody sees, or that wait to be seen."""

    site: str
    folded: str
    id: str


def bearers(db: Connection, names: Set[tuple[str, str]], since: int) -> list[Bearer]:
    """Whose these (folded) names of these sites are: of the authors who write under them, and have done so at `since`
    (ms) or later or have a passkey; and of those whose comment under one of them is held, as long as it waits."""
    query = _BEARERS_SQLITE if db.dialect.name == "sqlite" else _BEARERS_POSTGRESQL
    return [Bearer(*row) for row in db.execute(query, {"wanted": to_json(names), "since": since})]


def lock_names(db: Connection, names: Collection[tuple[str, str]]) -> None:
    """Keeps other workers from giving these (folded) names of these sites to anybody, until the transaction ends. In
    the order of the locks, so that two workers can't lock each other out. SQLite has one writer anyway."""
    if db.dialect.name != "sqlite":
        db.execute(_LOCK_NAMES, {"names": to_json(sorted(f"name {site}\n{folded}" for site, folded in names))})


def all_members(db: Connection) -> list[Member]:
    """The staff of all sites, those included whose tokens were taken back."""
    return [_to_member(row) for row in db.execute(select(member))]


def members_of(db: Connection, sites: Collection[str]) -> list[Member]:
    """The members of these sites."""
    return [_to_member(row) for row in db.execute(_MEMBERS, {"sites": to_json(sites)})] if sites else []


def find_member(db: Connection, site: str, name: str, role: Role) -> Member | None:
    """A site's member of this name and role."""
    query = select(member).where(member.c.site == site, member.c.name == name, member.c.role == role)
    row = db.execute(query).first()
    return None if row is None else _to_member(row)


def members_named(db: Connection, site: str, name: str) -> list[Member]:
    """A site's members of this name, one for each role, their rows locked where others write at the same time."""
    query = select(member).where(member.c.site == site, member.c.name == name).order_by(member.c.role)
    return [_to_member(row) for row in db.execute(query.with_for_update())]


def put_member(db: Connection, new: Member) -> None:
    """A member, new or changed."""
    values = {"site": new.site, "name": new.name, "role": new.role, "version": new.version}
    if db.execute(update(member).where(member.c.id == new.id).values(**values)).rowcount == 0:
        db.execute(insert(member).values(id=new.id, **values))


def _to_author(row: Row[Any]) -> KnownAuthor:
    shown, comments = Author(row.id, row.name, row.website, row.role), max(row.comments, 0)
    seen = row.first_seen, row.last_seen
    return KnownAuthor(row.site, shown, row.email, *seen, comments, row.standing, row.original)


def _to_member(row: Row[Any]) -> Member:
    return Member(row.id, row.site, row.name, Role(row.role), row.version)
