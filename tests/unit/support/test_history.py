"""The history checker finds every kind of fault planted into a small sound history, and finds nothing else."""

from dataclasses import replace

import pytest

from tests.support.history import (
    Acknowledged,
    Entry,
    Events,
    History,
    Joined,
    Moderation,
    Observation,
    Post,
    Reader,
    Refused,
    Reset,
    Shown,
    Snapshot,
    Storage,
    Unknown,
    check,
)

T = "t1"
ONE, TWO, THREE = (Shown(f"c{n}", n, f"<p>words{n}</p>") for n in (1, 2, 3))
GONE = Shown("c2", 2, "", removed=True)

# c1, c2 (tried twice), a close, a late post refused, a reopening, c3, and c2 is removed.
POSTS = (
    Post("c1", T, "words1", 1, 2, Acknowledged(1, 1)),
    Post("c2", T, "words2", 3, None, Unknown()),
    Post("c2", T, "words2", 5, 6, Acknowledged(2, 2)),
    Post("c9", T, "words9", 9, 10, Refused("thread_closed")),
    Post("c3", T, "words3", 13, 14, Acknowledged(3, 5)),
)
CLOSE = Moderation("close", T, 7, 8, Acknowledged(seq=3))
REOPEN = Moderation("reopen", T, 11, 12, Acknowledged(seq=4))
REMOVE = Moderation("remove", T, 15, 16, Acknowledged(seq=6), "c2")
LIVE = (
    Entry(1, "comment.posted", ONE),
    Entry(2, "comment.posted", TWO),
    Entry(3, "thread.closed"),
    Entry(4, "thread.reopened"),
    Entry(5, "comment.posted", THREE),
    Entry(6, "comment.removed", GONE),
)
LOG = (LIVE[0], replace(LIVE[1], comment=GONE), *LIVE[2:])
STORAGE = Storage(T, "e", 6, False, LOG, (ONE, GONE, THREE))
ADA: tuple[Observation, ...] = (
    Joined(2.5),
    Snapshot(2.5, "e", 1, (ONE,)),
    Events(LIVE[1:3]),
    Joined(10.5, after=3),
    Events(LIVE[3:5]),
    Events(LIVE[5:]),
)
BOB: tuple[Observation, ...] = (Joined(20), Snapshot(20, "e", 6, (THREE, GONE, ONE)))
# The same, and c2 is restored.
RESTORED = History(
    POSTS,
    (CLOSE, REOPEN, REMOVE, Moderation("restore", T, 18, 20, Acknowledged(seq=7), "c2")),
    (
        Reader("ada", T, (*ADA, Events((Entry(7, "comment.restored", TWO),)))),
        Reader("bob", T, (Joined(21), Snapshot(21, "e", 7, (ONE, TWO, THREE)))),
    ),
    (
        replace(
            STORAGE,
            head=7,
            events=(*LIVE[:5], replace(LIVE[5], comment=TWO), Entry(7, "comment.restored", TWO)),
            comments=(ONE, TWO, THREE),
        ),
    ),
)
HISTORY = History(POSTS, (CLOSE, REOPEN, REMOVE), (Reader("ada", T, ADA), Reader("bob", T, BOB)), (STORAGE,))


def found(history: History) -> list[str]:
    return [str(violation) for violation in check(history)]


def seen_by(name: str, *seen: Observation, stays: bool = True) -> History:
    readers = [Reader(name, T, seen, stays) if reader.name == name else reader for reader in HISTORY.readers]
    return replace(HISTORY, readers=tuple(readers))


def stored(**changes: object) -> History:
    return replace(HISTORY, storage=(replace(STORAGE, **changes),))  # type: ignore[arg-type] # a field's name and value


def attempted(*posts: Post) -> History:
    return replace(HISTORY, posts=posts)


def test_a_sound_history_passes() -> None:
    assert found(HISTORY) == []


def test_what_overlaps_or_stays_unknown_is_no_fault() -> None:
    lost = Post("c8", T, "words8", 12.5, None, Unknown())
    overtaken = Post("c1", T, "words1", 1.5, 20, Acknowledged(1, 1))
    over_http = Post("c3", T, "words3", 30, 31, Acknowledged(3))
    idle = Moderation("reopen", T, 40, 41, Acknowledged())
    history = replace(HISTORY, posts=(*POSTS, lost, overtaken, over_http), moderations=(*HISTORY.moderations, idle))
    assert found(history) == []


def test_a_post_that_began_before_the_close_was_acknowledged_may_have_come_first() -> None:
    posts = (POSTS[0], replace(POSTS[1], invoked_at=7.5), replace(POSTS[2], invoked_at=9), *POSTS[3:])
    assert found(attempted(*posts)) == []


def test_a_reader_that_left_need_not_converge() -> None:
    assert found(seen_by("ada", *ADA[:3], stays=False)) == []


def test_a_reset_and_a_page_of_the_newest_are_honest() -> None:
    page = Snapshot(21, "e", 6, (THREE, GONE), more=True)
    assert found(seen_by("ada", *ADA[:4], Reset(), Joined(21), page)) == []


def test_a_restored_comment_may_be_shown_again() -> None:
    assert found(RESTORED) == []


def test_what_was_asked_for_before_a_restoration_may_come_after_it() -> None:
    reader = Reader("bob", T, (Joined(17.5), Snapshot(17.5, "e", 7, (ONE, TWO, THREE), at=19)))
    assert found(replace(RESTORED, readers=(reader,))) == []


LATE = Entry(7, "comment.posted", Shown("c9", 4, "<p>words9</p>"))
PHANTOM = Shown("c7", 4, "<p>words7</p>")

# What goes wrong, the history in which it did, and the whole of what must be said, or its beginning.
PLANTED: dict[str, tuple[History, str]] = {
    "an acknowledged comment is lost": (
        stored(comments=(GONE, THREE)),
        "G1: thread t1: c1 was acknowledged as #1, seq 1, but its row is lost",
    ),
    "its event is lost": (
        stored(events=(LOG[0], *LOG[2:])),
        "G1: thread t1: c2 was acknowledged as #2, seq 2, but its event is lost",
    ),
    "a comment is stored twice": (
        stored(comments=(ONE, GONE, THREE, replace(THREE, number=4))),
        "G1: thread t1: c3 is stored 2 times and logged 1 times",
    ),
    "a comment is logged twice": (
        stored(head=7, events=(*LOG, Entry(7, "comment.posted", ONE))),
        "G1: thread t1: c1 is stored 1 times and logged 2 times",
    ),
    "a comment is stored under another number": (
        stored(comments=(ONE, GONE, replace(THREE, number=4))),
        "G1: thread t1: c3 was acknowledged as #3, seq 5, but stored as #4, seq 5",
    ),
    "a comment is stored with other words": (
        stored(comments=(replace(ONE, html="<p>other</p>"), GONE, THREE)),
        "G1: thread t1: c1 was posted as 'words1', but stored as '<p>other</p>'",
    ),
    "a retry gets another number": (
        attempted(*POSTS, Post("c1", T, "words1", 30, 31, Acknowledged(4, 1))),
        "G1: thread t1: c1 got different answers: Acknowledged(number=1, seq=1), Acknowledged(number=4, seq=1)",
    ),
    "a retry gets another place": (
        attempted(*POSTS, Post("c1", T, "words1", 30, 31, Acknowledged(1, 2))),
        "G1: thread t1: c1 got different answers: ",
    ),
    "a retry is refused": (
        attempted(*POSTS, Post("c1", T, "words1", 30, 31, Refused("thread_closed"))),
        "G1: thread t1: c1 was acknowledged, and refused as thread_closed when tried again",
    ),
    "a refused comment is stored": (
        stored(head=7, events=(*LOG, LATE), comments=(*STORAGE.comments, Shown("c9", 4, "<p>words9</p>"))),
        "G1: thread t1: c9 was refused each time it was tried, and is stored",
    ),
    "storage has a comment that nobody posted": (
        stored(head=7, events=(*LOG, Entry(7, "comment.posted", PHANTOM)), comments=(*STORAGE.comments, PHANTOM)),
        "G2: thread t1: c7 is in storage, and nobody posted it",
    ),
    "the log has a hole": (
        stored(head=7, events=(*LOG[:4], *(replace(entry, seq=entry.seq + 1) for entry in LOG[4:]))),
        "G3: thread t1: the log has no event 5, and its head is 7",
    ),
    "the log has a seq twice": (
        stored(events=(*LOG, LOG[5])),
        "G3: thread t1: the log has 2 events 6",
    ),
    "the log goes on beyond its head": (stored(head=5), "G3: thread t1: the log has an event 6, and its head is 5"),
    "the log is shuffled": (
        stored(events=(LOG[1], LOG[0], *LOG[2:])),
        "G3: thread t1: the log is not told in its order: [2, 1, 3, 4, 5, 6]",
    ),
    "numbers go against the log": (
        stored(comments=(replace(ONE, number=3), GONE, replace(THREE, number=1))),
        "G3: thread t1: c1 is #3, but comment 1 of the log (seq 1)",
    ),
    "an event has no row": (
        stored(comments=(ONE, GONE)),
        "G3: thread t1: event 5 posts c3, which has no row",
    ),
    "a row has no event": (
        stored(comments=(*STORAGE.comments, Shown("c9", 4, "<p>words9</p>"))),
        "G3: thread t1: c9 has a row, but no event",
    ),
    "a reader skips an event": (
        seen_by("ada", *ADA[:4], Events(LIVE[4:])),
        "G4: reader ada of thread t1: event 5 left a gap: 4 was due",
    ),
    "a reader gets an event again": (
        seen_by("ada", *ADA[:4], Events(LIVE[2:])),
        "G4: reader ada of thread t1: event 3 came again or too late: 4 was due",
    ),
    "a reader gets events in another order": (
        seen_by("ada", *ADA[:4], Events((LIVE[4], LIVE[3], LIVE[5]))),
        "G4: reader ada of thread t1: event 5 left a gap: 4 was due",
    ),
    "a reader is told another event than storage has": (
        seen_by("ada", *ADA[:4], Events((Entry(4, "thread.closed"), *LIVE[4:]))),
        "G4: reader ada of thread t1: event 4 was told as thread.closed of None, and storage has thread.reopened",
    ),
    "a reader gets events before a snapshot": (
        seen_by("ada", Joined(2), Events(LIVE)),
        "G4: reader ada of thread t1: event 1 came before any snapshot",
    ),
    "events follow a reset": (
        seen_by("ada", *ADA[:4], Reset(), *ADA[4:]),
        "G4: reader ada of thread t1: event 4 came before any snapshot",
    ),
    "a reader comes back from the wrong place": (
        seen_by("ada", *ADA[:3], Joined(10.5, after=4), *ADA[4:]),
        "G4: reader ada of thread t1: it came back after 4, and had got as far as 3",
    ),
    "a snapshot lacks an older comment": (
        seen_by("bob", Joined(2.5), Snapshot(0.5, "e", 5, (THREE, ONE)), Events(LIVE[5:])),
        "G4: reader bob of thread t1: a snapshot at 5 lacks c2",
    ),
    "a snapshot shows what came later": (
        seen_by("bob", Joined(0.5), Snapshot(0.5, "e", 1, (ONE, TWO)), Events(LIVE[1:])),
        "G4: reader bob of thread t1: a snapshot at 1 shows c2, which came later or is on an older page",
    ),
    "a snapshot shows a comment twice": (
        seen_by("bob", Joined(20), Snapshot(20, "e", 6, (THREE, GONE, ONE, ONE))),
        "G4: reader bob of thread t1: a snapshot at 6 shows a comment twice: ['c1', 'c1', 'c2', 'c3']",
    ),
    "a snapshot promises more than there is": (
        seen_by("bob", Joined(20), Snapshot(20, "e", 6, (THREE, GONE, ONE), more=True)),
        "G4: reader bob of thread t1: a snapshot at 6 promises more comments than there are",
    ),
    "a snapshot goes back": (
        seen_by("ada", *ADA[:4], Joined(0.2), Snapshot(0.2, "e", 2, (ONE, TWO)), Events(LIVE[2:])),
        "G4: reader ada of thread t1: a snapshot at 2 goes back: it had got as far as 3",
    ),
    "an event shows a comment that is not stored": (
        seen_by("ada", *ADA, Events((Entry(7, "comment.posted", PHANTOM),))),
        "G2: reader ada of thread t1: event 7 (comment.posted) is not in storage's log",
    ),
    "a snapshot shows a comment that is not stored": (
        seen_by("bob", Joined(20), Snapshot(20, "e", 6, (PHANTOM, THREE, GONE, ONE))),
        "G2: reader bob of thread t1: a snapshot at 6 shows c7 (#4), which is not in storage",
    ),
    "a snapshot is ahead of storage": (
        seen_by("bob", Joined(20), Snapshot(20, "e", 7, (THREE, GONE, ONE))),
        "G2: reader bob of thread t1: a snapshot at 7 is ahead of storage, whose head is 6",
    ),
    "a reader is shown other words": (
        seen_by("bob", Joined(20), Snapshot(20, "e", 6, (replace(THREE, html="<p>no</p>"), GONE, ONE))),
        "G2: reader bob of thread t1: a snapshot at 6 shows c3 as '<p>no</p>', and it never was but",
    ),
    "a reader is shown another number": (
        seen_by("ada", *ADA[:4], Events((LIVE[3], Entry(5, "comment.posted", replace(THREE, number=4)), LIVE[5]))),
        "G3: reader ada of thread t1: event 5 shows c3 as #4, and it is #3",
    ),
    "a reader does not get the last event": (
        seen_by("ada", *ADA[:5]),
        "G5: reader ada of thread t1: it ended at 5, and storage's head is 6",
    ),
    "a reader ends in another log": (
        seen_by("bob", Joined(20), Snapshot(20, "f", 6, (THREE, GONE, ONE))),
        "G5: reader bob of thread t1: it ended in epoch f, and storage is in e",
    ),
    "a reader ends with a comment as it was": (
        seen_by("ada", *ADA[:5], Events((Entry(6, "comment.removed", TWO),))),
        "G5: reader ada of thread t1: it ended with c2 as '<p>words2</p>', and storage shows ''",
    ),
    "a comment is logged between close and reopening": (
        stored(events=(*LOG[:3], replace(LOG[4], seq=4), replace(LOG[3], seq=5), LOG[5])),
        "G6: thread t1: event 4 posts a comment, and the thread was closed by event 3",
    ),
    "a late post is acknowledged": (
        attempted(*POSTS[:4], Post("c3", T, "words3", 8.25, 10.5, Acknowledged(3, 5))),
        "G6: thread t1: c3 was first tried 0.250 s after a close was acknowledged, and accepted",
    ),
    "a late post without an answer is stored": (
        replace(
            stored(head=5, closed=True, events=(*LOG[:3], Entry(4, "comment.posted", THREE), replace(LOG[5], seq=5))),
            posts=(*POSTS[:4], Post("c3", T, "words3", 9)),
            moderations=(CLOSE, replace(REMOVE, outcome=Acknowledged(seq=5))),
        ),
        "G6: thread t1: c3 was first tried 1.000 s after a close was acknowledged, and accepted",
    ),
    "an acknowledged close is not in the log": (
        replace(HISTORY, moderations=(replace(CLOSE, outcome=Acknowledged(seq=5)), REOPEN, REMOVE)),
        "G6: thread t1: a close was acknowledged as event 5, where the log has comment.posted",
    ),
    "the thread's state is not its log's": (
        stored(closed=True),
        "G6: thread t1: the thread is closed, its log leaves it open",
    ),
    "a snapshot is older than an acknowledgement": (
        seen_by("bob", Joined(6.5), Snapshot(6.5, "e", 1, (ONE,)), Events(LIVE[1:])),
        "G7: reader bob of thread t1: a snapshot at 1, asked for 0.500 s after c2 was acknowledged as 2, lacks it",
    ),
    "a snapshot tells a removed comment": (
        seen_by("bob", Joined(20), Snapshot(20, "e", 6, (THREE, TWO, ONE))),
        "G9: reader bob of thread t1: a snapshot at 6 tells the words of c2, begun 4.000 s after its removal",
    ),
    "a snapshot tells a removed comment before it is restored": (
        replace(
            RESTORED,
            readers=(
                Reader(
                    "bob", T, (Snapshot(17, "e", 6, (ONE, TWO, THREE), at=17.5), Events(RESTORED.storage[0].events[6:]))
                ),
            ),
        ),
        "G9: reader bob of thread t1: a snapshot at 6 tells the words of c2, begun 1.000 s after its removal",
    ),
    "a replay tells a removed comment": (
        seen_by("ada", *ADA[:2], Joined(16.5, after=1), Events(LIVE[1:])),
        "G9: reader ada of thread t1: event 2 tells the words of c2, begun 0.500 s after its removal",
    ),
    "an event brings a removed comment back": (
        replace(
            stored(head=7, events=(*LOG, Entry(7, "comment.edited", GONE))),
            readers=(Reader("ada", T, (*ADA, Events((Entry(7, "comment.edited", TWO),)))),),
        ),
        "G9: reader ada of thread t1: event 7 shows c2, which event 6 removed",
    ),
    "storage keeps a removed comment's words": (
        stored(comments=(ONE, replace(GONE, html="<p>words2</p>"), THREE)),
        "G9: thread t1: c2 was removed, and storage shows '<p>words2</p>' (removed: True)",
    ),
    "a removal is undone": (
        stored(comments=(ONE, TWO, THREE)),
        "G9: thread t1: c2 was removed, and storage shows '<p>words2</p>' (removed: False)",
    ),
    "the log tells a removed comment's words": (
        stored(events=LIVE),
        "G9: thread t1: c2 was removed, and event 2 of the log tells its words",
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_fault_is_found(what: str) -> None:
    history, said = PLANTED[what]
    messages = found(history)
    assert any(message.startswith(said) for message in messages), "\n".join(messages) or "nothing was found"


def test_faults_are_only_in_the_planted_history() -> None:
    """A fault in one thread says nothing of another."""
    elsewhere = Storage("t2", "e", 1, False, (LOG[0],), (ONE,))
    other = replace(POSTS[0], thread="t2")
    history = replace(HISTORY, posts=(*POSTS, other), storage=(STORAGE, elsewhere))
    assert found(history) == []
    lost = replace(history, storage=(STORAGE, replace(elsewhere, head=0, events=(), comments=())))
    assert found(lost) == ["G1: thread t2: c1 was acknowledged as #1, seq 1, but its row is lost"]


def test_a_thread_whose_storage_was_not_read_is_an_error_of_the_test() -> None:
    with pytest.raises(ValueError, match=r"expected what storage holds of threads \['t1'\]"):
        check(replace(HISTORY, storage=()))


def test_everything_is_found_not_only_the_first() -> None:
    spoilt = replace(seen_by("ada", *ADA[:4], Events(LIVE[4:])), storage=(replace(STORAGE, closed=True),))
    assert [message[:2] for message in found(spoilt)] == ["G6", "G4"]
