"""The history checker counts each voter's last word once (G17)."""

from dataclasses import replace

from tests.support.history import Acknowledged, Entry, Events, History, Reader, Refused, Unknown, Vote
from tests.unit.support.test_history import ADA, GONE, HISTORY, LOG, ONE, STORAGE, THREE, T, found

VOTES = (
    Vote("bob", "c1", T, 1, 21, 22, Acknowledged(1)),
    Vote("bob", "c1", T, 0, 23, None, Unknown()),
    Vote("bob", "c1", T, 0, 24, 25, Refused("unavailable")),
    Vote("bob", "c1", T, 1, 26, 27, Acknowledged(1)),
    Vote("cyd", "c1", T, 1, 26, 27, Refused("conflict")),
    Vote("cyd", "c3", T, 1, 28, None, Unknown()),
)


def voted(up: int, heard: int) -> History:
    """The sound history with votes: storage has `up` for the first comment, and Ada was told `heard`."""
    scored = Entry(7, "thread.scored", None, (("c1", heard), ("c8", 3)))
    kept = replace(STORAGE, head=7, events=(*LOG, scored), comments=(replace(ONE, up=up), GONE, THREE))
    ada = Reader("ada", T, (*ADA, Events((scored,))))
    return replace(HISTORY, readers=(ada,), storage=(kept,), votes=VOTES)


def test_each_voters_last_word_counts_once() -> None:
    assert found(voted(1, 1)) == []
    for up in (0, 2):
        assert found(voted(up, up)) == [f"G17: thread t1: c1 has {up} votes, and 1 count"]
    assert found(voted(1, 2)) == ["G17: reader ada of thread t1: it ended with 2 votes for c1, and storage shows 1"]


def test_a_vote_that_was_never_answered_may_count() -> None:
    for up in (0, 1):
        kept = replace(STORAGE, comments=(replace(ONE, up=1), GONE, replace(THREE, up=up)))
        assert found(replace(HISTORY, readers=(), storage=(kept,), votes=VOTES)) == []
