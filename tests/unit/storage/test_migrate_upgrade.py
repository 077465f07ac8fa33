"""A database of the first schema is upgraded in place while nodes that know only that schema go on using it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace

import pytest
from sqlalchemy import Connection, MetaData, create_engine, insert, select, text, update

from hubbub.domain.events import Event, Kind
from hubbub.domain.model import Closing, Comment, Decision, Site, SiteSettings, State
from hubbub.protocol.views import comment_views, event_view
from hubbub.storage import schema
from hubbub.storage.comments import Page, comment_by_id, read_snapshot, update_comments
from hubbub.storage.decided import TakenAway
from hubbub.storage.events import events_since
from hubbub.storage.migrate import upgrade
from hubbub.storage.people import author_by_id, bearers
from hubbub.storage.queue import read_decided
from hubbub.storage.sites import all_sites, put_site
from hubbub.storage.stamps import read_stamps
from hubbub.storage.threads import comment_counts, thread_by_id
from tests.unit.samples import ANN, AT, BOB, MAY, OTHER, SITE, THREAD, comment, thread, uuid

FIRST = "0002"  # the schema of the nodes that go on
COMMENTS = [
    comment(1),
    comment(2, BOB.author, removed=True),
    comment(3, replace(ANN.author, name="Ännchen", website="https://ann.example"), edited_at=AT + 9, at=AT + 3),
]
POSTED = [Event(one.seq, Kind.POSTED, one.at, one) for one in COMMENTS]
EVENTS = [
    *POSTED,
    Event(4, Kind.REMOVED, AT + 4, COMMENTS[1], reason="rude", by="May"),
    Event(5, Kind.EDITED, AT + 9, COMMENTS[2]),
]
OPEN = thread(title="A page", head=5, last_number=3, comments=2)
CLOSED = thread(id=OTHER, key="/closed", closed=True, reason="Enough.", head=3, closing=Closing(AT + 9, None, "May"))


@pytest.fixture
def db() -> Iterator[Connection]:
    """An empty database."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def old(db: Connection) -> MetaData:
    """The tables as an old node knows them, filled by it; the database is upgraded since."""
    upgrade(db, FIRST)
    old = MetaData()
    old.reflect(db)
    tables = old.tables
    db.execute(insert(tables["site"]).values(name=SITE, origins="https://news.example\nloopback", images=True))
    for one in (OPEN, CLOSED):
        names = tables["thread"].c.keys()
        known = {name: getattr(one, name) for name in names if name != "created_at"}
        db.execute(insert(tables["thread"]).values(**known, created_at=AT))
    for written in COMMENTS:
        post(db, old, written)
    for event in EVENTS:
        log(db, old, THREAD, event)
    for seq, at, reason in ((1, AT, None), (2, AT + 9, "Enough.")):
        log(db, old, OTHER, Event(seq, Kind.CLOSED, at, None, CLOSED, reason, "May"))
    log(db, old, OTHER, Event(3, Kind.CHANGED, AT + 10, None, CLOSED))
    upgrade(db)
    return old


def post(db: Connection, old: MetaData, one: Comment) -> None:
    """What an old node writes for a comment."""
    values = {name: getattr(one, name) for name in ("id", "thread", "number", "seq", "parent", "body", "html", "at")}
    by = one.author
    author = {"author_id": by.id, "author_name": by.name, "author_website": by.website, "author_role": by.role}
    state = {"edited_at": one.edited_at, "removed": one.removed, "fingerprint": "f", "author_email": None}
    db.execute(insert(old.tables["comment"]).values(**values, **author, **state))


def log(db: Connection, old: MetaData, about: str, event: Event) -> None:
    """What an old node writes for an event."""
    row = {"thread": about, "seq": event.seq, "kind": event.kind, "at": event.at}
    why = {"comment": event.comment.id if event.comment else None, "reason": event.reason, "by": event.by}
    db.execute(insert(old.tables["event"]).values(**row, **why))


def set_removed(db: Connection, old: MetaData, removed: bool) -> None:
    """An old node removes or restores the first comment."""
    table = old.tables["comment"]
    db.execute(update(table).where(table.c.id == uuid(1)).values(removed=removed))


@pytest.mark.usefixtures("old")
def test_readers_see_what_they_saw(db: Connection) -> None:
    found = read_snapshot(db, THREAD, Page(50, newest_first=False))
    assert found is not None
    assert (found.thread, found.comments) == (OPEN, COMMENTS)
    assert comment_views(found.comments, None, SITE) == comment_views(COMMENTS, None, SITE)
    page = events_since(db, THREAD, 0, 50)
    assert page is not None
    assert page.events == EVENTS
    assert [event_view(one) for one in page.events] == [event_view(one) for one in EVENTS]
    assert comment_counts(db, SITE, ["/page", "/closed"]) == {"/page": 2, "/closed": 0}
    assert thread_by_id(db, OTHER) == CLOSED
    assert all_sites(db) == [Site(SITE, ("https://news.example", "loopback"), SiteSettings(images=True))]


def test_old_nodes_read_what_new_ones_write(db: Connection, old: MetaData) -> None:
    update_comments(db, [COMMENTS[0].decided(State.SPAM, MAY.id, "ad")])
    put_site(db, Site(SITE, ("https://new.example",), SiteSettings(images=False, title="News")))
    comments, site = old.tables["comment"], old.tables["site"]
    assert db.scalar(select(comments.c.removed).where(comments.c.id == uuid(1))) is True
    assert db.execute(select(site)).one() == (SITE, "https://new.example", False)


def test_new_nodes_read_what_old_ones_write(db: Connection, old: MetaData) -> None:
    new = comment(4)
    post(db, old, new)
    log(db, old, THREAD, Event(6, Kind.POSTED, AT, new))
    threads = old.tables["thread"]
    moved = replace(OPEN, head=6, last_number=4, comments=3)
    db.execute(update(threads).where(threads.c.id == THREAD).values(head=6, last_number=4, comments=3))
    assert comment_by_id(db, uuid(4)) == new
    page = events_since(db, THREAD, 5, 50)
    assert page is not None
    assert (page.thread, page.events) == (moved, [Event(6, Kind.POSTED, AT, new)])


def test_of_a_comment_the_node_that_wrote_last_decides(db: Connection, old: MetaData) -> None:
    removed = COMMENTS[0].decided(State.REMOVED, MAY.id, "rude")
    update_comments(db, [removed])
    found = comment_by_id(db, uuid(1))
    assert found == removed
    assert found.decision == Decision(State.REMOVED, MAY.id, "rude")
    set_removed(db, old, False)
    found = comment_by_id(db, uuid(1))
    assert found is not None
    assert (found.removed, found.state, found.decision) == (False, State.VISIBLE, None)
    update_comments(db, [found.decided(State.VISIBLE, MAY.id)])
    set_removed(db, old, True)
    found = comment_by_id(db, uuid(1))
    assert found is not None
    assert (found.removed, found.state, found.decision) == (True, State.REMOVED, None)


def test_an_old_node_reopens_and_closes_a_thread(db: Connection, old: MetaData) -> None:
    threads = old.tables["thread"]
    db.execute(update(threads).where(threads.c.id == OTHER).values(closed=False, reason=None))
    assert thread_by_id(db, OTHER) == replace(CLOSED, closed=False, reason=None, closing=None)
    db.execute(update(threads).where(threads.c.id == THREAD).values(closed=True))
    assert thread_by_id(db, THREAD) == replace(OPEN, closed=True)


def test_of_a_site_the_node_that_wrote_last_decides_about_images(db: Connection, old: MetaData) -> None:
    put_site(db, Site(SITE, (), SiteSettings(images=True, title="News")))
    db.execute(update(old.tables["site"]).values(images=False))
    assert all_sites(db) == [Site(SITE, (), SiteSettings(images=False, title="News"))]


@pytest.mark.usefixtures("old")
def test_settings_that_only_a_newer_node_knows_stay(db: Connection) -> None:
    db.execute(update(schema.site).values(settings='{"title": "Old", "colour": "red"}'))
    put_site(db, Site(SITE, (), SiteSettings(title="News")))
    stored = db.scalar(select(schema.site.c.settings))
    assert json.loads(stored or "") == {**asdict(SiteSettings(title="News")), "colour": "red"}


def test_an_old_nodes_change_of_a_site_is_counted(db: Connection, old: MetaData) -> None:
    before = read_stamps(db).get("site", 0)
    db.execute(update(old.tables["site"]).values(origins="https://new.example"))
    db.execute(insert(old.tables["site"]).values(name="new", origins="", images=False))
    assert read_stamps(db)["site"] == before + 2


def test_what_was_held_before_keeps_its_name(db: Connection) -> None:
    upgrade(db, "0013")
    before = MetaData()
    before.reflect(db)
    threads, held = before.tables["thread"], before.tables["held"]
    db.execute(insert(before.tables["site"]).values(name=SITE, origins="", images=False))
    counts: dict[str, object] = dict.fromkeys(("last_number", "comments", "head"), 0)
    db.execute(insert(threads).values(id=THREAD, site=SITE, key="/", epoch="e", closed=False, created_at=AT, **counts))
    texts = dict.fromkeys(("body", "html", "fingerprint"), "")
    rest = {"site": SITE, "thread": THREAD, "author_role": "guest", "at": AT, "why": "all", "state": "held", **texts}
    for number, (author, name) in enumerate((("ann", "Ann"), ("bob", "BOB"))):
        db.execute(insert(held).values(id=uuid(number), place=number, author_id=author, author_name=name, **rest))
    upgrade(db)
    db.execute(insert(held).values(id=uuid(9), place=9, author_id="old node's", author_name="Eve", **rest))
    names = {(SITE, name) for name in ("ann", "bob", "eve")}
    assert {one.id for one in bearers(db, names, AT)} == {"ann", "bob"}


def test_what_staff_took_out_of_sight_before_is_in_the_queue(db: Connection, old: MetaData) -> None:
    found = read_decided(db, SITE, State.REMOVED, None, 50)
    assert found == [], "who removed it is not known"
    for statement in ("DROP TABLE decided", "UPDATE alembic_version SET version_num = '0014'"):
        db.execute(text(statement))
    post(db, old, comment(4))
    update_comments(
        db,
        [
            COMMENTS[0].decided(State.REMOVED, MAY.id, "rude"),
            COMMENTS[2].decided(State.REMOVED, ANN.id),
            comment(4).decided(State.SPAM, MAY.id),
        ],
    )
    log(db, old, THREAD, Event(6, Kind.REMOVED, AT + 6, COMMENTS[0], by="Old"))
    log(db, old, THREAD, Event(7, Kind.REMOVED, AT + 7, COMMENTS[0], by="May"))
    upgrade(db)
    (removed,) = read_decided(db, SITE, State.REMOVED, None, 50)
    assert removed.row == TakenAway(uuid(1), SITE, "removed", AT + 7, "May", MAY.id)
    assert removed.card is not None
    (spam,) = read_decided(db, SITE, State.SPAM, None, 50)
    assert spam.row == TakenAway(uuid(4), SITE, "spam", comment(4).at, None, MAY.id)


@pytest.mark.usefixtures("old")
def test_who_has_commented_is_known(db: Connection) -> None:
    ann, bob = author_by_id(db, SITE, ANN.id), author_by_id(db, SITE, BOB.id)
    assert ann is not None
    assert (ann.author.name, ann.author.website, ann.first_seen, ann.last_seen, ann.comments) == (
        "Ännchen",
        "https://ann.example",
        AT,
        AT + 3,
        2,
    )
    assert bob is not None
    assert (bob.author, bob.comments) == (BOB.author, 0)
    assert (ann.original, bob.original) == (ANN.name, BOB.name)
    assert author_by_id(db, SITE, MAY.id) is None
