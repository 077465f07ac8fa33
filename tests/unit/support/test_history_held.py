"""The history checker finds every kind of fault about comments that are held back (G12), and finds nothing else."""

from dataclasses import replace

import pytest

from tests.support.history import (
    Acknowledged,
    Counted,
    Entry,
    Events,
    HeldBack,
    History,
    Holding,
    Joined,
    Moderation,
    Observation,
    Own,
    Post,
    Reader,
    Refused,
    Shown,
    Snapshot,
    Storage,
    check,
)

T = "t1"
ONE, THREE = Shown("c1", 1, "<p>words1</p>"), Shown("c3", 2, "<p>words3</p>")
TWO = Shown("c2", 0, "<p>words2</p>", removed=True)

# Four are held: c1 is let through, c2 refused, c3 let through, c4 goes on waiting. c1 was tried again then.
POSTS = (
    Post("c1", T, "words1", 1, 2, HeldBack(), "ann"),
    Post("c2", T, "words2", 3, 4, HeldBack(), "ann"),
    Post("c3", T, "words3", 5, 6, HeldBack(), "bob"),
    Post("c4", T, "words4", 7, 8, HeldBack(), "bob"),
    Post("c1", T, "words1", 20, 21, Acknowledged(1, 1), "ann"),
    Post("c2", T, "words2", 22, 23, HeldBack(refused=True), "ann"),
)
APPROVE = Moderation("approve", T, 10, 11, Acknowledged(1, 1), "c1")
REFUSE = Moderation("refuse", T, 12, 13, Acknowledged(), "c2")
LATER = Moderation("approve", T, 14, 15, Acknowledged(2, 2), "c3")
LATE = Moderation("approve", T, 16, 17, Refused("conflict"), "c2")
LOG = (Entry(1, "comment.posted", ONE), Entry(2, "comment.posted", THREE))
STORAGE = Storage(T, "e", 2, False, LOG, (ONE, THREE), ("c4",))
READER: tuple[Observation, ...] = (
    Joined(9),
    Snapshot(9, "e", 0, (), at=9.5, count=0),
    Counted(9.6, 9.7, 0),
    Events(LOG[:1], 10.5),
    Counted(12, 12.5, 1),
    Events(LOG[1:], 15),
)
AUTHOR: tuple[Observation, ...] = (Own(("c1", "c2")), *READER, Own(("c2",)))
HISTORY = History(
    POSTS,
    (APPROVE, REFUSE, LATER, LATE),
    (Reader("eve", T, READER), Reader("ann", T, AUTHOR, author="ann")),
    (STORAGE,),
    holding=(Holding(T),),
)
# c1 is let through by itself two seconds after it was written, and nobody else has done anything.
DELAYED = replace(
    HISTORY,
    posts=POSTS[:1],
    moderations=(),
    readers=(Reader("eve", T, (Joined(1), Snapshot(1, "e", 0, (), at=1.5, count=0), Events(LOG[:1], 3.2))),),
    storage=(Storage(T, "e", 1, False, LOG[:1], (ONE,)),),
    holding=(Holding(T, 2),),
)


def found(history: History) -> list[str]:
    return [str(violation) for violation in check(history)]


def seen_by_eve(*seen: Observation) -> History:
    return replace(HISTORY, readers=(Reader("eve", T, seen, stays=False),))


def stored(**changes: object) -> History:
    return replace(HISTORY, storage=(replace(STORAGE, **changes),))  # type: ignore[arg-type] # a field's name and value


def test_a_sound_history_passes() -> None:
    assert found(HISTORY) == []
    assert found(DELAYED) == []


def test_who_lost_the_answer_may_have_let_it_through() -> None:
    """Nor is anything wrong if it was not: then the comment goes on waiting."""
    unknown = Moderation("approve", T, 10, comment="c1")
    moderations = (unknown, REFUSE, LATER, LATE)
    assert found(replace(HISTORY, moderations=moderations)) == []
    waits = replace(stored(waiting=("c3", "c4"), head=1, events=LOG[:1], comments=(ONE,)), readers=())
    assert found(replace(waits, moderations=(APPROVE, REFUSE, replace(unknown, comment="c3"), LATE))) == []


EARLY = Snapshot(9, "e", 0, (replace(ONE, number=0),), at=9.5, count=0)
AGAIN = Post("c1", T, "words1", 30, 31, HeldBack(), "ann")

# What goes wrong, the history in which it did, and what must be said of it.
PLANTED: dict[str, tuple[History, str]] = {
    "a held one is pushed to a reader": (
        seen_by_eve(*READER[:2], Events((Entry(1, "comment.posted", TWO),), 9.8)),
        "G12: reader eve of thread t1: event 1 shows c2, which was never let through",
    ),
    "one is pushed before it is let through": (
        seen_by_eve(*READER[:2], Events(LOG[:1], 9.8)),
        "G12: reader eve of thread t1: event 1 shows c1 0.200 s before it was let through",
    ),
    "a delayed one is pushed before its time": (
        replace(DELAYED, readers=(Reader("eve", T, (*DELAYED.readers[0].seen[:2], Events(LOG[:1], 2.5))),)),
        "G12: reader eve of thread t1: event 1 shows c1 0.490 s before it was let through",
    ),
    "a replay tells of a held one": (
        seen_by_eve(*READER[:2], Joined(9.6, after=0), Events(LOG[:1], 9.8)),
        "G12: reader eve of thread t1: event 1 shows c1 0.200 s before it was let through",
    ),
    "a snapshot shows a held one": (
        seen_by_eve(Joined(9), EARLY),
        "G12: reader eve of thread t1: a snapshot at 0 shows c1 0.500 s before it was let through",
    ),
    "a snapshot counts a held one": (
        seen_by_eve(Joined(9), Snapshot(9, "e", 0, (), at=9.5, count=1)),
        "G12: reader eve of thread t1: a snapshot at 0 counts 1 comments, and 0 were let through",
    ),
    "a count counts a held one": (
        seen_by_eve(Counted(9, 9.5, 1)),
        "G12: reader eve of thread t1: it was told of 1 comments, and 0 were let through",
    ),
    "a count is older than an acknowledgement": (
        seen_by_eve(Counted(12, 12.5, 0)),
        "G7: reader eve of thread t1: it was told of 0 comments, and 1 were acknowledged as let through before",
    ),
    "another comment tells the words of a held one": (
        seen_by_eve(*READER[:2], Events((Entry(1, "comment.posted", replace(ONE, html="<p>words1 words4</p>")),), 11)),
        "G12: reader eve of thread t1: event 1 shows c4, which was never let through",
    ),
    "a stranger is told as its author is": (
        seen_by_eve(Own(("c1",))),
        "G12: reader eve of thread t1: it was told of c1, which is held back and not its own",
    ),
    "another author is told as its author is": (
        replace(HISTORY, readers=(Reader("bob", T, (Own(("c1",)),), stays=False, author="bob"),)),
        "G12: reader bob of thread t1: it was told of c1, which is held back and not its own",
    ),
    "an author is answered a number too early": (
        replace(HISTORY, posts=(replace(POSTS[0], outcome=Acknowledged(1, 1)), *POSTS[1:])),
        "G12: thread t1: c1 was answered as #1 before it was let through",
    ),
    "a retry is held again": (
        replace(HISTORY, posts=(*POSTS, AGAIN)),
        "G12: thread t1: c1 was answered as held 19.000 s after the acknowledgement of approve",
    ),
    "a retry is refused": (
        replace(HISTORY, posts=(*POSTS, replace(AGAIN, outcome=Refused("thread_closed")))),
        "G1: thread t1: c1 was acknowledged, and refused as thread_closed when tried again",
    ),
    "two decisions are carried out": (
        replace(HISTORY, moderations=(*HISTORY.moderations, replace(REFUSE, comment="c1"))),
        "G12: thread t1: c1 was let through and refused, and both were acknowledged",
    ),
    "one that was let through is lost": (
        stored(head=1, events=LOG[:1], comments=(ONE,)),
        "G12: thread t1: c3 was let through as #2, and is lost",
    ),
    "one is let through under another number": (
        replace(HISTORY, moderations=(APPROVE, REFUSE, replace(LATER, outcome=Acknowledged(3, 2)), LATE)),
        "G12: thread t1: c3 was let through as #3, seq 2, but stored as #2, seq 2",
    ),
    "one is let through twice": (
        stored(head=3, events=(*LOG, Entry(3, "comment.posted", replace(ONE, number=3)))),
        "G1: thread t1: c1 is stored 1 times and logged 2 times",
    ),
    "a refused one is stored": (
        stored(head=3, events=(*LOG, Entry(3, "comment.posted", TWO)), comments=(ONE, THREE, replace(TWO, number=3))),
        "G12: thread t1: storage shows c2, which was never let through",
    ),
    "one that was let through goes on waiting": (
        stored(waiting=("c3", "c4")),
        "G12: thread t1: c3 was let through, and still waits",
    ),
    "a refused one goes on waiting": (
        stored(waiting=("c2", "c4")),
        "G12: thread t1: c2 was refused, and still waits",
    ),
    "one that waits is lost": (
        stored(waiting=()),
        "G12: thread t1: c4 was held back, and is lost",
    ),
    "one is refused that nobody refused": (
        replace(HISTORY, posts=(*POSTS, replace(POSTS[3], outcome=HeldBack(refused=True)))),
        "G12: thread t1: c4 was answered as refused, and nobody refused it",
    ),
    "one that is due goes on waiting": (
        replace(
            DELAYED,
            readers=(),
            storage=(replace(DELAYED.storage[0], head=0, events=(), comments=(), waiting=("c1",)),),
        ),
        "G19: thread t1: c1 was to be let through by itself, and still waits",
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(fault: str) -> None:
    history, message = PLANTED[fault]
    assert message in found(history)
