"""One batch, one transaction: what commands of the same batch mean for each other, and what is refused."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from hubbub.commands import AnyWrite
from hubbub.commands.base import Denied
from hubbub.commands.sites import PutSite
from hubbub.domain.errors import ErrorCode
from hubbub.domain.events import Kind, thread_topic
from hubbub.domain.model import Article, Closing, Site, SiteSettings
from hubbub.storage.articles import article_of
from hubbub.storage.comments import Page, comment_by_id, read_snapshot
from hubbub.storage.sites import all_sites
from hubbub.storage.threads import new_epochs, thread_heads
from hubbub.worker import committer
from tests.unit.samples import (
    ANN,
    AT,
    BOB,
    MAY,
    OTHER,
    SITE,
    THREAD,
    close,
    edit,
    ensure,
    post,
    put_thread,
    remove,
    reopen,
    restore,
    site,
    thread,
    uuid,
)
from tests.unit.worker.tables import batch, count, done, events, everything, outcome, state

DAY = 24 * 3600 * 1000  # ms
ARTICLE = Article("News", AT, "Ann", "The Wire", "https://wire.example", "text", "<p>text</p>")


def test_a_batch_of_nothing(db: Connection) -> None:
    before = everything(db)
    assert batch(db) == ([], [])
    assert everything(db) == before


def test_the_first_comment(db: Connection) -> None:
    (answer,), (publication,) = batch(db, post(1))
    found = done(answer)
    assert found.comment is not None
    assert (found.comment.number, found.comment.seq, found.seq) == (1, 1, 1)
    assert found.thread == state(db).thread == thread(head=1, last_number=1, comments=1)
    assert comment_by_id(db, uuid(1)) == found.comment
    assert (publication.topic, publication.epoch) == (thread_topic(THREAD), thread().epoch)
    assert list(publication.events) == events(db)


def test_an_answer_to_a_comment_of_the_same_batch(db: Connection) -> None:
    answers = batch(db, post(1), post(2, BOB, parent=uuid(1))).answers
    assert [outcome(answer) for answer in answers] == [("done", 1), ("done", 2)]
    assert state(db).comments[uuid(2)].parent == uuid(1)


def test_an_answer_to_a_removed_comment(db: Connection) -> None:
    batch(db, post(1), remove(1))
    assert outcome(batch(db, post(2, parent=uuid(1))).answers[0]) == ("done", 3)


@pytest.mark.parametrize("parent", [uuid(2), uuid(3), uuid(9), "nonsense"], ids=["itself", "later", "nowhere", "none"])
def test_an_answer_to_no_earlier_comment_is_refused(db: Connection, parent: str) -> None:
    answers = batch(db, post(1), post(2, parent=parent), post(3)).answers
    assert [outcome(answer) for answer in answers] == [("done", 1), ("denied", ErrorCode.BAD_REQUEST), ("done", 2)]
    assert comment_by_id(db, uuid(2)) is None


@pytest.mark.parametrize("together", [True, False])
def test_an_answer_to_a_comment_in_another_thread_is_refused(db: Connection, together: bool) -> None:
    commands: list[AnyWrite] = [post(1, thread=OTHER), post(2, parent=uuid(1))]
    batches = [commands] if together else [[command] for command in commands]
    answers = [answer for one in batches for answer in batch(db, *one).answers]
    assert outcome(answers[1]) == ("denied", ErrorCode.BAD_REQUEST)


@pytest.mark.parametrize(
    "other",
    [post(1, BOB), post(1, body="other"), post(1, parent=uuid(9)), post(1, thread=OTHER)],
    ids=["author", "body", "parent", "thread"],
)
@pytest.mark.parametrize("together", [True, False])
def test_an_id_is_good_for_one_comment(db: Connection, other: AnyWrite, together: bool) -> None:
    commands: list[AnyWrite] = [post(9), post(1), other]
    batches = [commands] if together else [[command] for command in commands]
    answers = [answer for one in batches for answer in batch(db, *one).answers]
    assert outcome(answers[2]) == ("denied", ErrorCode.CONFLICT)
    assert count(db, "comment") == count(db, "event") == 2


def test_a_thousand_posts_with_one_id_are_one_comment(db: Connection) -> None:
    answers, publications = batch(db, *[post(1)] * 1000)
    assert {outcome(answer) for answer in answers} == {("done", 1)}
    assert count(db, "comment") == count(db, "event") == 1
    assert [len(publication.events) for publication in publications] == [1]


@pytest.mark.parametrize("together", [True, False])
def test_a_retry_gets_its_answer_after_edit_removal_and_close(db: Connection, together: bool) -> None:
    """The answer shows the comment as it is now: what was removed since comes back as a tombstone (G9)."""
    commands: list[AnyWrite] = [post(1), edit(1, "new"), post(1), remove(1), close(), post(1)]
    batches = [commands] if together else [[command] for command in commands]
    answers = [answer for one in batches for answer in batch(db, *one).answers]
    assert [outcome(answer) for answer in answers] == [("done", seq) for seq in (1, 2, 1, 3, 4, 1)]
    changed, removed = done(answers[2]).comment, done(answers[5]).comment
    assert changed is not None
    assert removed is not None
    assert (changed.body, changed.seq, changed.removed) == ("new", 1, False)
    assert removed.removed


def test_a_closed_thread_takes_no_comment_and_says_why(db: Connection) -> None:
    answers = batch(db, close("Enough."), post(1), reopen(), post(1)).answers
    assert answers[1] == Denied(ErrorCode.THREAD_CLOSED, "Enough.")
    assert [outcome(answer)[0] for answer in answers] == ["done", "denied", "done", "done"]
    batch(db, close())
    (refused,) = batch(db, post(2)).answers
    assert refused == Denied(ErrorCode.THREAD_CLOSED, "Sorry. Comments have been closed on this article.")


def test_closing_is_for_one_thread(db: Connection) -> None:
    answers, publications = batch(db, close(thread=OTHER), post(1), post(2, thread=OTHER))
    assert [outcome(answer) for answer in answers] == [("done", 1), ("done", 1), ("denied", ErrorCode.THREAD_CLOSED)]
    assert {publication.topic.name for publication in publications} == {THREAD, OTHER}


def test_a_closing_says_who_and_why(db: Connection) -> None:
    batch(db, close("Enough."), reopen())
    closed, reopened = events(db)
    assert (closed.kind, closed.reason, closed.by) == (Kind.CLOSED, "Enough.", MAY.name)
    assert (reopened.kind, reopened.reason, reopened.by) == (Kind.REOPENED, None, MAY.name)


def test_a_thread_knows_when_it_was_closed_and_by_whom(db: Connection) -> None:
    batch(db, close("Enough."))
    (closed,) = events(db)
    assert closed.thread is not None
    assert closed.thread.closing == state(db).thread.closing == Closing(closed.at, MAY.id, MAY.name)
    batch(db, post(1), close("Enough."))
    assert state(db).thread.closing == Closing(closed.at, MAY.id, MAY.name)
    batch(db, reopen())
    assert state(db).thread == thread(head=2)


def test_closing_again_for_another_reason_is_told(db: Connection) -> None:
    answers = batch(db, close("a"), close("a"), close("b"), reopen(), reopen()).answers
    assert [outcome(answer) for answer in answers] == [("done", seq) for seq in (1, None, 2, 3, None)]
    assert state(db).thread == thread(head=3)


def test_what_is_not_there_is_not_found(db: Connection) -> None:
    commands: list[AnyWrite] = [
        post(1, thread="none"),
        close(thread="none"),
        reopen(thread="none"),
        edit(9, "x"),
        remove(9),
        restore(9),
    ]
    before = everything(db)
    answers = batch(db, *commands).answers
    assert [outcome(answer) for answer in answers] == [("denied", ErrorCode.NOT_FOUND)] * 6
    assert everything(db) == before


def test_removal_and_restoring_of_a_comment_of_the_same_batch(db: Connection) -> None:
    answers = batch(db, post(1), remove(1, ANN), restore(1), remove(1, MAY, "spam")).answers
    assert [outcome(answer) for answer in answers] == [("done", seq) for seq in (1, 2, 3, 4)]
    assert state(db).thread == thread(head=4, last_number=1, comments=0)
    assert [event.reason for event in events(db)] == [None, None, None, "spam"]


def test_a_batch_tells_of_a_comment_only_as_it_leaves_it(db: Connection) -> None:
    """A text posted and removed in one batch is never published at all (G9)."""
    _, (publication,) = batch(db, post(1, body="secret"), edit(1, "worse"), remove(1))
    assert [event.kind for event in publication.events] == [Kind.POSTED, Kind.EDITED, Kind.REMOVED]
    assert all(event.comment is not None and event.comment.removed for event in publication.events)


def test_an_edit_that_changes_nothing_is_not_told(db: Connection) -> None:
    answers = batch(db, post(1), edit(1, "text 1"), edit(1, "new"), edit(1, "new"), close(), edit(1, "new")).answers
    assert [outcome(answer) for answer in answers] == [("done", seq) for seq in (1, None, 2, None, 3, None)]
    assert len(events(db)) == 3


def test_only_a_moderator_edits_in_a_closed_thread(db: Connection) -> None:
    batch(db, post(1), close())
    answers = batch(db, edit(1, "mine"), edit(1, "theirs", MAY)).answers
    assert [outcome(answer) for answer in answers] == [("denied", ErrorCode.THREAD_CLOSED), ("done", 3)]


def test_the_page_of_a_thread_is_made_once(db: Connection) -> None:
    first, second, third = (
        done(answer).thread for answer in batch(db, ensure("/a"), ensure("/a"), ensure("/b")).answers
    )
    assert first is not None
    assert third is not None
    assert first == second
    assert first.id != third.id
    assert len(first.id) == 16
    assert set(first.id) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert done(batch(db, ensure("/a")).answers[0]).thread == first
    assert count(db, "thread") == 4
    assert count(db, "event") == 0, "a thread that nobody wrote in has no event"


def test_a_thread_made_in_a_batch_is_found_with_what_the_batch_did_to_it(db: Connection) -> None:
    answers = batch(db, ensure("/other"), close("Enough.", thread=OTHER), ensure("/other")).answers
    first, _, last = (done(answer).thread for answer in answers)
    assert first is not None
    assert last is not None
    assert (first.closed, last.closed, last.head) == (False, True, 1)


def test_a_page_of_an_unknown_site_is_refused(db: Connection) -> None:
    answers = batch(db, ensure("/a", "none"), post(1)).answers
    assert [outcome(answer) for answer in answers] == [("denied", ErrorCode.NOT_FOUND), ("done", 1)]
    assert count(db, "thread") == 2


def test_a_site_put_in_the_same_batch_is_known(db: Connection) -> None:
    new = Site("new", ("https://new.example",), SiteSettings(images=True))
    answers = batch(db, PutSite.of(new), ensure("/a", "new")).answers
    assert [outcome(answer) for answer in answers] == [("done", None)] * 2
    assert new in all_sites(db)


def test_a_site_put_again_is_changed(db: Connection) -> None:
    batch(db, PutSite.of(site(SITE, "https://other.example")))
    assert all_sites(db) == [site(SITE, "https://other.example")]


def test_an_article_is_put_once(db: Connection) -> None:
    command = put_thread(title="Title", url="https://news.example/page", article=ARTICLE)
    first, again = batch(db, command, command).answers
    assert [outcome(first), outcome(again)] == [("done", 1), ("done", None)]
    assert outcome(batch(db, command).answers[0]) == ("done", None)
    (event,) = events(db)
    assert event.kind is Kind.CHANGED
    assert state(db).thread == thread(title="Title", url="https://news.example/page", head=1)
    assert article_of(db, THREAD) == ARTICLE


@pytest.mark.parametrize("change", [{"title": "New"}, {"url": "https://new.example"}, {"article": ARTICLE}])
def test_each_change_of_a_thread_is_told_and_leaves_the_rest(db: Connection, change: dict[str, Any]) -> None:
    old = Article(None, None, None, None, None, "old", "<p>old</p>")
    batch(db, put_thread(title="Title", url="https://news.example/page", article=old))
    assert outcome(batch(db, put_thread(**change)).answers[0]) == ("done", 2)
    expected = {"title": "Title", "url": "https://news.example/page", "article": old, **change}
    assert state(db).thread == thread(title=expected["title"], url=expected["url"], head=2)
    assert article_of(db, THREAD) == expected["article"]


def test_a_thread_may_be_made_by_its_article(db: Connection) -> None:
    answers = batch(db, put_thread("/new", title="Title"), put_thread("/bare"), put_thread("/x", site="none")).answers
    assert [outcome(answer) for answer in answers] == [("done", 1), ("done", None), ("denied", ErrorCode.NOT_FOUND)]
    assert count(db, "thread") == 4


def test_an_article_and_comments_in_one_batch_share_the_numbering(db: Connection) -> None:
    answers = batch(db, post(1), put_thread(title="Title"), post(2), close()).answers
    assert [outcome(answer) for answer in answers] == [("done", seq) for seq in (1, 2, 3, 4)]
    assert [event.seq for event in events(db)] == [1, 2, 3, 4]
    closing = Closing(events(db)[-1].at, MAY.id, MAY.name)
    assert state(db).thread == thread(title="Title", closed=True, head=4, last_number=2, comments=2, closing=closing)


def test_a_batch_that_fails_stores_nothing(db: Connection) -> None:
    before = everything(db)
    poison = post(2)
    nameless = type(poison)(poison.id, poison.thread, poison.actor, poison.body, None, None)  # type: ignore[arg-type]  # NOT NULL
    with pytest.raises(IntegrityError):
        batch(db, ensure("/a"), post(1), nameless, close())
    assert everything(db) == before


def test_an_email_is_stored_and_never_read_back(db: Connection) -> None:
    batch(db, post(1))
    assert any("ann@mail.example" in row for row in everything(db)["comment"])
    assert "mail.example" not in repr(state(db))


def test_order_is_the_logs_whatever_the_wall_clock_says(db: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer, "now_ms", lambda: AT)
    batch(db, post(1))
    monkeypatch.setattr(committer, "now_ms", lambda: AT - 5000)  # the clock was set back
    batch(db, post(2))
    assert [(event.seq, event.at) for event in events(db)] == [(1, AT), (2, AT - 5000)]
    found = read_snapshot(db, THREAD, Page(10))
    assert found is not None
    assert [comment.number for comment in found.comments] == [2, 1]


def test_a_comment_is_changed_only_in_the_thread_it_is_in(db: Connection) -> None:
    """Only the thread that the command names is locked."""
    batch(db, post(1))
    stray = [msgspec.structs.replace(command, thread=OTHER) for command in (edit(1, "x"), remove(1))]
    assert [outcome(a) for a in batch(db, *stray).answers] == [("denied", ErrorCode.NOT_FOUND)] * 2


def test_a_restored_backup_gets_new_epochs(db: Connection) -> None:
    before = thread_heads(db, [THREAD])
    new_epochs(db)
    assert thread_heads(db, [THREAD])[THREAD][0] != before[THREAD][0]
