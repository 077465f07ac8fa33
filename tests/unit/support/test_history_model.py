"""The history checker passes whatever a correct server may do, and catches each way of spoiling such a history."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.support.history import (
    Acknowledged,
    Entry,
    Events,
    History,
    Observation,
    Outcome,
    Post,
    Reader,
    Refused,
    Shown,
    Snapshot,
    Storage,
    check,
)
from tests.support.history.model import THREAD, Model

STEPS = 120
LATER = 1e6  # s: after everything that is recorded

# Seeds, not `st.randoms()`: that one draws alike values and seldom lets anything overlap.
SEEDS = st.integers(0, 2**32 - 1)
# What is filtered out are histories in which the fault has nothing to befall.
SPOILING = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


@settings(max_examples=400, deadline=None)
@given(SEEDS, st.integers(1, 250))
def test_what_a_correct_server_does_passes(seed: int, steps: int) -> None:
    assert check(Model(Random(seed), steps).history()) == []


def test_the_model_does_what_matters() -> None:
    """Over a few hundred runs everything happens that a rule is about; else passing would mean nothing."""
    told: set[str] = set()
    for seed in range(150):
        history = Model(Random(seed), STEPS).history()
        told |= {f"{one.kind} {type(one.outcome).__name__}" for one in history.moderations}
        told |= {f"post {type(one.outcome).__name__}" for one in history.posts}
        told |= {type(seen).__name__ for reader in history.readers for seen in reader.seen}
        told |= {"more" for reader in history.readers for seen in reader.seen if getattr(seen, "more", False)}
        told |= {"back" for reader in history.readers for seen in reader.seen if getattr(seen, "after", None)}
        told |= {entry.kind for entry in history.storage[0].events}
    assert told == {
        *(f"{kind} {how}" for kind in ("close", "reopen", "remove", "restore") for how in ("Acknowledged", "Unknown")),
        *("post Acknowledged", "post Unknown", "post Refused"),
        *("Joined", "Snapshot", "Events", "Reset", "more", "back"),
        *("comment.posted", "comment.removed", "comment.restored", "thread.closed", "thread.reopened"),
    }


# Ways to spoil a history. Each returns it with one fault in it, or None where there is nothing to spoil.

Spoil = Callable[[History, Random], History | None]


def _stored(history: History, **changes: object) -> History:
    return replace(history, storage=(replace(history.storage[0], **changes),))  # type: ignore[arg-type] # name and value


def _acknowledged(history: History) -> list[Post]:
    return [post for post in history.posts if isinstance(post.outcome, Acknowledged)]


def _observe(history: History, random: Random, change: Callable[[Observation], Observation | None]) -> History | None:
    """The history with one observation of a reader who stays changed."""
    places = [
        (reader, index, changed)
        for reader in history.readers
        if reader.stays
        for index, seen in enumerate(reader.seen)
        if (changed := change(seen)) is not None
    ]
    if not places:
        return None
    reader, index, changed = random.choice(places)
    spoilt = replace(reader, seen=(*reader.seen[:index], changed, *reader.seen[index + 1 :]))
    return replace(history, readers=tuple(spoilt if other is reader else other for other in history.readers))


def lose_acknowledged(history: History, random: Random) -> History | None:
    """The row and the event of an acknowledged comment vanish, and what follows moves up."""
    storage = history.storage[0]
    if not (acknowledged := _acknowledged(history)):
        return None
    lost = random.choice(acknowledged).id
    log = [entry for entry in storage.events if entry.comment is None or entry.comment.id != lost]
    renumbered = tuple(replace(entry, seq=seq) for seq, entry in enumerate(log, 1))
    kept = tuple(row for row in storage.comments if row.id != lost)
    return _stored(history, events=renumbered, head=len(renumbered), comments=kept)


def store_twice(history: History, random: Random) -> History | None:
    """A retry is stored as another comment."""
    storage = history.storage[0]
    if not storage.comments:
        return None
    row = replace(random.choice(storage.comments), number=len(storage.comments) + 1)
    entry = Entry(storage.head + 1, "comment.posted", row)
    return _stored(
        history, head=storage.head + 1, events=(*storage.events, entry), comments=(*storage.comments, row), closed=False
    )


def answer_otherwise(history: History, random: Random) -> History | None:
    """A retry gets another answer."""
    if not (acknowledged := _acknowledged(history)):
        return None
    post = random.choice(acknowledged)
    assert isinstance(post.outcome, Acknowledged)
    assert post.outcome.seq is not None
    answers: list[Outcome] = [
        replace(post.outcome, seq=post.outcome.seq + 1),
        Acknowledged(99),
        Refused("thread_closed"),
    ]
    again = replace(post, invoked_at=LATER, completed_at=LATER, outcome=random.choice(answers))
    return replace(history, posts=(*history.posts, again))


def renumber(history: History, random: Random) -> History | None:
    """Two comments swap their numbers."""
    rows = list(history.storage[0].comments)
    if len(rows) < 2:
        return None
    one, other = random.sample(range(len(rows)), 2)
    rows[one], rows[other] = (
        replace(rows[one], number=rows[other].number),
        replace(rows[other], number=rows[one].number),
    )
    return _stored(history, comments=tuple(rows))


def leave_a_hole(history: History, random: Random) -> History | None:
    """An event of the log vanishes."""
    storage = history.storage[0]
    if not storage.events:
        return None
    index = random.randrange(len(storage.events))
    return _stored(history, events=(*storage.events[:index], *storage.events[index + 1 :]))


def skip_event(history: History, random: Random) -> History | None:
    """A reader misses an event in the middle."""

    def skip(seen: Observation) -> Observation | None:
        if not isinstance(seen, Events) or len(seen.entries) < 2:
            return None
        index = random.randrange(len(seen.entries) - 1)
        return Events((*seen.entries[:index], *seen.entries[index + 1 :]))

    return _observe(history, random, skip)


def repeat_event(history: History, random: Random) -> History | None:
    """A reader gets an event again."""
    return _observe(
        history, random, lambda seen: Events((*seen.entries, seen.entries[-1])) if isinstance(seen, Events) else None
    )


def swap_events(history: History, random: Random) -> History | None:
    """A reader gets two events in the wrong order."""

    def swap(seen: Observation) -> Observation | None:
        if not isinstance(seen, Events) or len(seen.entries) < 2:
            return None
        return Events((seen.entries[1], seen.entries[0], *seen.entries[2:]))

    return _observe(history, random, swap)


def show_phantom(history: History, random: Random) -> History | None:
    """A reader is shown a comment that is not in storage."""
    phantom = Shown("never", 1, "<p>never</p>")

    def show(seen: Observation) -> Observation | None:
        if isinstance(seen, Snapshot):
            return replace(seen, comments=(*seen.comments, phantom))
        if isinstance(seen, Events):
            return Events((*seen.entries[:-1], replace(seen.entries[-1], comment=phantom)))
        return None

    return _observe(history, random, show)


def forget_comment(history: History, random: Random) -> History | None:
    """A snapshot lacks a comment in its middle."""

    def forget(seen: Observation) -> Observation | None:
        if not isinstance(seen, Snapshot) or len(seen.comments) < 2:
            return None
        return replace(seen, comments=(seen.comments[0], *seen.comments[2:]), more=False)

    return _observe(history, random, forget)


def stop_early(history: History, random: Random) -> History | None:
    """A reader's last event never comes."""
    reader = random.choice([reader for reader in history.readers if reader.stays])
    last = reader.seen[-1]
    if not isinstance(last, Events):
        return None
    rest = (Events(last.entries[:-1]),) if len(last.entries) > 1 else ()
    spoilt = replace(reader, seen=(*reader.seen[:-1], *rest))
    return replace(history, readers=tuple(spoilt if other is reader else other for other in history.readers))


def accept_late(history: History, random: Random) -> History | None:
    """A comment comes into the log of a closed thread."""
    storage = history.storage[0]
    if not storage.closed:
        return None
    late = Shown("late", len(storage.comments) + 1, "<p>late</p>")
    post = Post("late", THREAD, "late", LATER, LATER, Acknowledged(late.number, storage.head + 1))
    spoilt = replace(history, posts=(*history.posts, post), readers=())
    entry = Entry(storage.head + 1, "comment.posted", late)
    return _stored(spoilt, head=storage.head + 1, events=(*storage.events, entry), comments=(*storage.comments, late))


def show_old_snapshot(history: History, random: Random) -> History | None:
    """A snapshot asked for after everything was acknowledged is an old one."""
    storage = history.storage[0]
    if not _acknowledged(history):
        return None
    reader = Reader("late", THREAD, (Snapshot(LATER, storage.epoch, 0, ()),), stays=False)
    return replace(history, readers=(*history.readers, reader))


def _after_removal(history: History, tell: Callable[[Storage, Shown], Observation]) -> History | None:
    """Somebody comes after all was over and is told a removed comment's words."""
    storage = history.storage[0]
    acknowledged = {
        one.comment for one in history.moderations if one.kind == "remove" and isinstance(one.outcome, Acknowledged)
    }
    vague = {one.comment for one in history.moderations if one.kind == "restore"}
    for row in storage.comments:
        if row.id in acknowledged - vague:
            words = next(post.body for post in history.posts if post.id == row.id)
            observation = tell(storage, replace(row, removed=False, html=f"<p>{words}</p>"))
            reader = Reader("late", THREAD, (observation,), stays=False)
            return replace(history, readers=(*history.readers, reader))
    return None


def resurrect_in_snapshot(history: History, random: Random) -> History | None:
    """A snapshot tells a removed comment."""
    return _after_removal(history, lambda storage, row: Snapshot(LATER, storage.epoch, storage.head, (row,), more=True))


def keep_removed(history: History, random: Random) -> History | None:
    """Storage goes on telling a removed comment."""
    spoilt = _after_removal(history, lambda storage, row: Snapshot(0, storage.epoch, storage.head, (row,)))
    if spoilt is None:
        return None
    shot = spoilt.readers[-1].seen[0]
    assert isinstance(shot, Snapshot)
    (row,) = shot.comments
    rows = tuple(row if other.id == row.id else other for other in history.storage[0].comments)
    return _stored(history, comments=rows)


@pytest.mark.parametrize(
    ("spoil", "guarantee"),
    [
        (lose_acknowledged, "G1"),
        (store_twice, "G1"),
        (answer_otherwise, "G1"),
        (show_phantom, "G2"),
        (renumber, "G3"),
        (leave_a_hole, "G3"),
        (skip_event, "G4"),
        (repeat_event, "G4"),
        (swap_events, "G4"),
        (forget_comment, "G4"),
        (stop_early, "G5"),
        (accept_late, "G6"),
        (show_old_snapshot, "G7"),
        (resurrect_in_snapshot, "G9"),
        (keep_removed, "G9"),
    ],
)
def test_a_spoilt_history_is_caught(spoil: Spoil, guarantee: str) -> None:
    @SPOILING
    @given(SEEDS)
    def caught(seed: int) -> None:
        random = Random(seed)
        spoilt = spoil(Model(random, STEPS).history(), random)
        assume(spoilt is not None)
        assert spoilt is not None
        violations = check(spoilt)
        assert guarantee in {violation.guarantee for violation in violations}, violations

    caught()
