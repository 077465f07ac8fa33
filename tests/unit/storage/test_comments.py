"""Questions to storage, against the same questions to a Python list."""

import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from hubbub.domain.events import Kind
from hubbub.domain.model import Article, Site, SiteSettings
from hubbub.storage.articles import article_of, hosted_articles, put_article
from hubbub.storage.comments import (
    _COMMENTS,
    _KNOWN_COMMENTS,
    _NEWEST,
    _OLDEST,
    Page,
    Snapshot,
    comment_by_id,
    comment_values,
    comments_by_id,
    insert_comments,
    known_comments,
    read_snapshot,
    update_comments,
)
from hubbub.storage.engine import Database
from hubbub.storage.events import _EVENTS, events_since, insert_events
from hubbub.storage.idempotency import _HANDLED, _OLD_HANDLED
from hubbub.storage.paging import PAGE_BYTES
from hubbub.storage.schema import metadata
from hubbub.storage.sites import all_sites, put_site
from hubbub.storage.threads import (
    _COUNTS,
    _HEADS,
    _LOCK_THREADS,
    _PAGES,
    _THREAD,
    _THREADS,
    comment_counts,
    insert_threads,
    thread_by_id,
    thread_by_key,
    thread_heads,
)
from tests.unit.samples import AT, EPOCH, SITE, THREAD, comment, site, thread, uuid
from tests.unit.worker import tables

NUMBERS = 12
QUESTIONS: list[tuple[Any, dict[str, object]]] = [  # that are asked often, with parameters of their kind
    (_THREAD, {"id": THREAD}),
    (_EVENTS, {"id": THREAD, "first": 901, "last": 1000, "most": 1000}),
    (_NEWEST, {"id": THREAD, "first": 1, "last": 50, "most": 1000}),
    (_OLDEST, {"id": THREAD, "first": 1, "last": 50, "most": 1000}),
    (_THREADS, {"ids": '["a", "b"]'}),
    (_HEADS, {"ids": '["a", "b"]'}),
    (_PAGES, {"sites": '["news"]', "keys": '["/page"]'}),
    (_COUNTS, {"site": "news", "keys": '["/page"]'}),
    (_COMMENTS, {"ids": '["a"]'}),
    (_LOCK_THREADS.statement, {"ids": '["a"]'}),
    (_KNOWN_COMMENTS.statement, {"ids": '["a"]'}),
    (_HANDLED.statement, {"requests": '["a"]'}),
    (_OLD_HANDLED, {"age": 1, "most": 10}),
]
ARTICLE = Article("News", AT, "Ann", "The Wire", "https://wire.example", "text", "<p>text</p>")


@pytest.fixture(scope="module")
def db() -> Iterator[Connection]:
    """A thread with 12 comments, the third removed and the fifth edited, and another thread with one comment."""
    with tables.empty() as engine, engine.begin() as connection:
        fill(connection)
        yield connection


def fill(connection: Connection) -> None:
    """See `db`."""
    put_site(connection, site())
    insert_threads(connection, [thread(head=NUMBERS + 2, last_number=NUMBERS, comments=NUMBERS - 1)], AT)
    insert_threads(connection, [thread(id="other", key="/other", head=1, last_number=1, comments=1)], AT)
    made = [comment(number) for number in range(1, NUMBERS + 1)]
    made.append(comment(99, thread="other", number=1, seq=1))
    insert_comments(connection, [comment_values(one, "ann@mail.example", "f") for one in made])
    update_comments(connection, [comment(3, removed=True), comment(5, body="new", html="<p>new</p>")])
    insert_events(connection, [*events(), event_row("other", 1, Kind.POSTED, uuid(99))])


def event_row(about: str, seq: int, kind: Kind, comment_id: str | None) -> dict[str, object]:
    """A row of the log."""
    nobody = dict.fromkeys(("reason", "by", "by_id", "counts"))
    return {"thread": about, "seq": seq, "kind": kind, "at": AT, "comment": comment_id, **nobody}


def events() -> list[dict[str, object]]:
    """The log of `THREAD`: twelve posts, a removal, an edit."""
    posted = [event_row(THREAD, number, Kind.POSTED, uuid(number)) for number in range(1, NUMBERS + 1)]
    removed = event_row(THREAD, NUMBERS + 1, Kind.REMOVED, uuid(3))
    return [*posted, removed, event_row(THREAD, NUMBERS + 2, Kind.EDITED, uuid(5))]


bounds = st.none() | st.integers(0, NUMBERS + 2)


@given(st.integers(1, NUMBERS + 2), st.booleans(), bounds, bounds)
def test_a_page_is_what_a_list_would_give(
    db: Connection, limit: int, newest_first: bool, before: int | None, after: int | None
) -> None:
    numbers = [n for n in range(1, NUMBERS + 1) if (before is None or n < before) and (after is None or n > after)]
    if newest_first:
        numbers.reverse()
    found = read_snapshot(db, THREAD, Page(limit, newest_first, before, after))
    assert found is not None
    assert [one.number for one in found.comments] == numbers[:limit]
    assert found.more is (len(numbers) > limit)


@given(st.integers(1, 7), st.booleans())
def test_paging_on_meets_every_comment_once(db: Connection, limit: int, newest_first: bool) -> None:
    met: list[int] = []
    more = True
    while more:
        last = met[-1] if met else None
        before, after = (last, None) if newest_first else (None, last)
        found = read_snapshot(db, THREAD, Page(limit, newest_first, before, after))
        assert found is not None
        met += [one.number for one in found.comments]
        more = found.more
    assert met == sorted(range(1, NUMBERS + 1), reverse=newest_first)


@given(st.integers(1, NUMBERS + 2), st.booleans(), st.integers(0, NUMBERS + 5), st.sampled_from([1, 60, PAGE_BYTES]))
def test_a_page_around_a_number_leads_both_ways(
    db: Connection, limit: int, newest_first: bool, around: int, most: int
) -> None:
    found = read_snapshot(db, THREAD, Page(limit, newest_first, most_bytes=most, around=around))
    assert found is not None
    met = [one.number for one in found.comments]
    assert min(max(around, 1), NUMBERS) in met
    assert len(met) == min(limit, NUMBERS) or most < PAGE_BYTES
    ahead, behind = found.more, found.earlier
    while ahead:
        before, after = (met[-1], None) if newest_first else (None, met[-1])
        found = read_snapshot(db, THREAD, Page(limit, newest_first, before, after, most))
        assert found is not None
        met += [one.number for one in found.comments]
        ahead = found.more
    while behind:
        before, after = (None, met[0]) if newest_first else (met[0], None)
        found = read_snapshot(db, THREAD, Page(limit, newest_first, before, after, most, backwards=True))
        assert found is not None
        assert found.more
        met = [one.number for one in found.comments] + met
        behind = found.earlier
    assert met == sorted(range(1, NUMBERS + 1), reverse=newest_first)


def test_a_page_around_a_comment_is_as_long_as_any_other_at_both_ends(db: Connection) -> None:
    for around, numbers in ((1, [1, 2, 3, 4]), (6, [5, 6, 7, 8]), (NUMBERS, [9, 10, 11, 12])):
        found = read_snapshot(db, THREAD, Page(4, newest_first=False, around=around))
        assert found is not None
        assert [one.number for one in found.comments] == numbers


def test_around_in_an_empty_thread_there_is_nothing() -> None:
    with tables.empty() as engine, engine.begin() as db:
        fill_with(db, 0)
        assert read_snapshot(db, THREAD, Page(4, around=3)) == Snapshot(thread(), [], more=False)


@given(st.integers(0, 60), st.booleans())
def test_pages_of_so_many_bytes_meet_every_comment_once(db: Connection, most: int, newest_first: bool) -> None:
    met: list[int] = []
    more = True
    while more:
        last = met[-1] if met else None
        before, after = (last, None) if newest_first else (None, last)
        found = read_snapshot(db, THREAD, Page(50, newest_first, before, after, most))
        assert found is not None
        assert found.comments
        assert len(found.comments) == 1 or sum(len(one.html) for one in found.comments) <= most
        met += [one.number for one in found.comments]
        more = found.more
    assert met == sorted(range(1, NUMBERS + 1), reverse=newest_first)


@given(st.integers(0, 60))
def test_events_of_so_many_bytes_come_without_a_gap(db: Connection, most: int) -> None:
    seqs: list[int] = []
    more = True
    while more:
        found = events_since(db, THREAD, seqs[-1] if seqs else 0, 50, most)
        assert found is not None
        assert found.events
        assert len(found.events) == 1 or sum(len(one.comment.html) for one in found.events if one.comment) <= most
        seqs += [one.seq for one in found.events]
        more = found.more
    assert seqs == list(range(1, NUMBERS + 3))


def test_a_thousand_usual_events_are_one_page() -> None:
    with tables.empty() as engine, engine.begin() as db:
        fill_with(db, 1000, body="ü" * 500, html="<p>" + "ü" * 500 + "</p>")
        found = events_since(db, THREAD, 0, 1000)
        assert found is not None
        assert (len(found.events), found.more) == (1000, False)
        for limit in (50, 200):
            page = read_snapshot(db, THREAD, Page(limit))
            assert page is not None
            assert len(page.comments) == limit


@pytest.mark.parametrize(
    "large", [{"html": "&amp;" * 10_000}, {"body": "[a]: http://a.example/" + "🙂" * 9_900}], ids=["HTML", "text"]
)
def test_of_large_comments_no_more_is_read_than_is_answered(tmp_path: Path, large: dict[str, str]) -> None:
    """1,000 of 40,000 bytes and more: what is dropped must not have been in memory. PostgreSQL has its own test."""
    with closing(Database(f"sqlite:///{tmp_path / 'large.db'}")) as database:
        with database.writer.begin() as db:
            metadata.create_all(db)
            fill_with(db, 1000, **large)
        with database.reader.begin() as db:
            for read in (
                lambda: events_since(db, THREAD, 0, 1000),
                lambda: read_snapshot(db, THREAD, Page(200)),
                lambda: read_snapshot(db, THREAD, Page(200, newest_first=False)),
            ):
                tracemalloc.start()
                found = read()
                _, peak = tracemalloc.get_traced_memory()
                tracemalloc.stop()
                assert found is not None
                assert found.more
                assert peak < 2 * PAGE_BYTES


def fill_with(db: Connection, count: int, **fields: str) -> None:
    """The site and its thread, with so many comments."""
    put_site(db, site())
    insert_threads(db, [thread(head=count, last_number=count, comments=count)], AT)
    made = [comment(number, **fields) for number in range(1, count + 1)]
    insert_comments(db, [comment_values(one, None, "f") for one in made])
    insert_events(db, [event_row(THREAD, one.number, Kind.POSTED, one.id) for one in made])


def test_a_snapshot_holds_the_thread_and_comments_as_they_are_now(db: Connection) -> None:
    found = read_snapshot(db, THREAD, Page(50, newest_first=False))
    assert found is not None
    assert found.thread == thread(head=NUMBERS + 2, last_number=NUMBERS, comments=NUMBERS - 1)
    changed = {3: comment(3, removed=True), 5: comment(5, body="new", html="<p>new</p>")}
    assert found.comments == [changed.get(number, comment(number)) for number in range(1, NUMBERS + 1)]


@given(st.integers(0, NUMBERS + 3), st.integers(1, NUMBERS + 3))
def test_events_since(db: Connection, after: int, limit: int) -> None:
    seqs = list(range(after + 1, NUMBERS + 3))
    found = events_since(db, THREAD, after, limit)
    assert found is not None
    assert [event.seq for event in found.events] == seqs[:limit]
    assert found.more is (len(seqs) > limit)


def test_events_show_what_they_are_about_as_it_is_now(db: Connection) -> None:
    found = events_since(db, THREAD, 0, 100)
    assert found is not None
    about = {event.seq: event.comment for event in found.events}
    assert about[3] == about[NUMBERS + 1] == comment(3, removed=True)
    assert about[5] == about[NUMBERS + 2] == comment(5, body="new", html="<p>new</p>")
    assert [event.kind for event in found.events[-2:]] == [Kind.REMOVED, Kind.EDITED]


def test_a_thread_by_its_id_and_by_its_page(db: Connection) -> None:
    by_id = thread_by_id(db, "other")
    assert by_id is not None
    assert by_id.key == "/other"
    assert thread_by_key(db, SITE, "/other") == by_id


def test_what_is_not_there_is_none(db: Connection) -> None:
    assert thread_by_id(db, "none") is None
    assert thread_by_key(db, SITE, "/none") is None
    assert thread_by_key(db, "none", "/other") is None
    assert comment_by_id(db, "none") is None
    assert read_snapshot(db, "none", Page(1)) is None
    assert events_since(db, "none", 0, 1) is None
    assert article_of(db, "none") is None
    assert comments_by_id(db, []) == {}
    assert known_comments(db, []) == {}


def test_a_comment_by_its_id(db: Connection) -> None:
    assert comment_by_id(db, uuid(3)) == comment(3, removed=True)


def test_heads_of_many_threads(db: Connection) -> None:
    assert thread_heads(db, [THREAD, "other", "none"]) == {THREAD: (EPOCH, NUMBERS + 2), "other": (EPOCH, 1)}
    assert thread_heads(db, []) == {}


def test_heads_of_as_many_threads_as_a_node_may_have_open(db: Connection) -> None:
    many = [f"t{number}" for number in range(30_000)]
    assert thread_heads(db, [*many, THREAD]) == {THREAD: (EPOCH, NUMBERS + 2)}


def test_counts_leave_out_removed_comments_other_sites_and_unknown_pages(db: Connection) -> None:
    assert comment_counts(db, SITE, ["/page", "/other", "/none"]) == {"/page": NUMBERS - 1, "/other": 1}
    assert comment_counts(db, "none", ["/page"]) == {}


def test_sites_as_they_were_put() -> None:
    with tables.empty() as engine, engine.begin() as db:
        first, second = (
            Site("a", ("https://a.example", "http://b.example:81"), SiteSettings(images=True)),
            Site("b", ()),
        )
        put_site(db, replace(first, origins=("https://old.example",), settings=SiteSettings()))
        put_site(db, second)
        put_site(db, first)
        assert sorted(all_sites(db), key=lambda one: one.name) == [first, second]


def test_hosted_articles_come_newest_first_and_undated_ones_last() -> None:
    with tables.empty() as engine, engine.begin() as db:
        for name in (SITE, "other"):
            put_site(db, site(name))
        published = {"b": AT, "a": AT, "c": AT + 1, "d": None, "foreign": AT, "bare": None}
        for name, moment in published.items():
            insert_threads(db, [thread(id=name, key=name, site="other" if name == "foreign" else SITE)], AT)
            if name != "bare":
                put_article(db, name, replace(ARTICLE, published=moment))
        put_article(db, "a", replace(ARTICLE, section="Sports"))
        found = hosted_articles(db, 50)
        assert [one.id for one, _ in found] == ["c", "a", "b", "foreign", "d"]
        assert found[1] == (thread(id="a", key="a"), replace(ARTICLE, section="Sports"))
        assert hosted_articles(db, 2) == found[:2]
        assert article_of(db, "b") == ARTICLE


def test_an_event_number_can_be_taken_once(db: Connection) -> None:
    with pytest.raises(Exception, match=r"(?i)unique"), db.begin_nested():
        insert_events(db, [event_row(THREAD, 1, Kind.CLOSED, None)])


@pytest.mark.parametrize(("query", "values"), QUESTIONS)
def test_no_question_reads_a_table_from_end_to_end(query: Any, values: dict[str, object]) -> None:
    with tables.memory() as engine, engine.connect() as db:
        compiled = query.compile(db)
        filled = compiled.construct_params(values)
        parameters = tuple(filled[name] for name in compiled.positiontup)
        plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", parameters).all()
    told = [row.detail for row in plan if "json_each" not in row.detail]
    assert any(detail.startswith("SEARCH") for detail in told)
    assert not any(detail.startswith("SCAN") for detail in told)
