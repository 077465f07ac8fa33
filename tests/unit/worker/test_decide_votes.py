"""Votes and reactions: an author's last word counts once, and the sums are the sums of the rows (G17)."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from msgspec.structs import replace
from sqlalchemy import Connection, select, update

from hubbub.client.state import Reset, ThreadState
from hubbub.commands import AnyWrite
from hubbub.commands.base import Done
from hubbub.commands.schedule import CarryOutPlanned
from hubbub.commands.sites import ChangeSite
from hubbub.commands.votes import AddReaction, CastVote, OpinionCommand, ScoreThread
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode
from hubbub.domain.events import Kind
from hubbub.domain.model import Counts, Opinion
from hubbub.protocol.views import comment_views, event_view, thread_view
from hubbub.storage import schema
from hubbub.storage.votes import own_opinions
from hubbub.worker.committer import commit
from hubbub.worker.decide import votes
from tests.unit.samples import ANN, BOB, MAY, SITE, THREAD, close, edit, post, remove, reopen, restore, uuid
from tests.unit.worker.tables import batch, count, done, events, outcome, state, tables

PEOPLE = [BOB, MAY, ANN]

ids = st.integers(1, 4)
people = st.sampled_from(PEOPLE)


def cast(number: int = 1, by: Actor = BOB, value: int = 1) -> CastVote:
    """A vote."""
    return CastVote(uuid(number), THREAD, by, value)


def react(number: int = 1, by: Actor = BOB, name: str = "wow", on: bool = True) -> AddReaction:
    """A reaction."""
    return AddReaction(uuid(number), THREAD, by, name, on)


said = st.one_of(
    st.builds(cast, ids, people, st.sampled_from([1, 0, -1])),
    st.builds(react, ids, people, st.sampled_from(["wow", "like"]), st.booleans()),
)
others = st.one_of(
    st.builds(lambda number, by, parent: post(number, by, "text", parent=parent and uuid(parent)), ids, people, ids),
    st.builds(remove, ids, st.just(MAY)),
    st.builds(restore, ids, st.just(MAY)),
    st.builds(edit, ids, st.sampled_from(["one", "two"]), people),
    st.builds(close, st.just("Enough."), st.just(MAY)),
    st.builds(reopen, st.just(MAY)),
)


def stored(db: Connection) -> dict[tuple[str, str], Opinion]:
    """The rows of `vote`."""
    rows = db.execute(select(schema.vote))
    return {(row.author, row.comment): Opinion(row.value, tuple(sorted(row.reactions.split()))) for row in rows}


def score(db: Connection) -> list[str]:
    """Carries out what is planned, twice, as two workers may that look at the same time; the kinds of the events."""
    db.execute(update(schema.schedule).values(due=0))
    plans = [CarryOutPlanned(id=row.id, payload=row.payload) for row in db.execute(select(schema.schedule))]
    told = batch(db, *plans).publications  # type: ignore[arg-type]  # workers alone make them
    assert batch(db, *plans).publications == []  # type: ignore[arg-type]  # as above
    return [event.kind for publication in told for event in publication.events]


class Voting(RuleBasedStateMachine):
    """Commands come in batches, some of them twice or after a crash; readers come back from any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.db = self.stack.enter_context(tables())
        self.sent: list[AnyWrite] = []
        self.answered: set[str] = set()
        self.words: dict[tuple[str, str], Opinion] = {}
        self.readers: list[ThreadState] = []

    def teardown(self) -> None:
        """Lets go of the database."""
        self.stack.close()

    @initialize()
    def begin(self) -> None:
        """A site with all votes, and the first comments."""
        batch(self.db, ChangeSite(SITE, votes="both"))
        self.send([post(1), post(2, BOB, parent=uuid(1)), cast(), react(2, ANN)])

    @rule(
        stream=st.lists(said | said | others, min_size=1, max_size=8),
        again=st.lists(st.integers(0, 50)),
        dies=st.booleans(),
    )
    def send_some(self, stream: list[AnyWrite], again: list[int], dies: bool) -> None:
        """People vote and write; a transport brings some of it again; a worker may die before its commit."""
        if dies:
            commit(self.db, stream)
            self.db.rollback()
        self.send(stream, [self.sent[place % len(self.sent)] for place in again])

    def send(self, stream: Sequence[AnyWrite], again: Sequence[AnyWrite] = ()) -> None:
        """One batch, of new commands and some that came before."""
        new = [replace(one, request=f"request {len(self.sent) + place}") for place, one in enumerate(stream)]
        self.sent += new
        commands = [*new, *again]
        for command, answer in zip(commands, batch(self.db, *commands).answers, strict=True):
            assert command.request is not None
            first = command.request not in self.answered
            self.answered.add(command.request)
            if isinstance(command, OpinionCommand) and isinstance(answer, Done) and first:
                self.note(command)
        self.check()

    def note(self, command: OpinionCommand) -> None:
        """The model: somebody's last word."""
        key = command.actor.id, command.comment
        before = self.words.pop(key, Opinion())
        if isinstance(command, CastVote):
            now = Opinion(command.value, before.reactions)
        else:
            assert isinstance(command, AddReaction)
            kept = {*before.reactions} - {command.name}
            now = Opinion(before.vote, tuple(sorted(kept | {command.name} if command.on else kept)))
        if now != Opinion():
            self.words[key] = now

    def check(self) -> None:
        """The rows are everybody's last word, the counts are their sums, and what was not told is planned."""
        assert stored(self.db) == self.words
        now = state(self.db)
        for comment in now.comments.values():
            words = [word for (_, about), word in self.words.items() if about == comment.id]
            assert comment.counts == Counts(
                sum(word.vote == 1 for word in words),
                sum(word.vote == -1 for word in words),
                dict(Counter(name for word in words for name in word.reactions)),
                sum(not one.removed and one.parent == comment.id for one in now.comments.values()),
            )
        assert count(self.db, "schedule") == bool(count(self.db, "unscored"))

    @rule()
    def a_reader_comes(self) -> None:
        """With a snapshot, whatever was told."""
        self.readers.append(self.snapshot())

    def snapshot(self) -> ThreadState:
        """A stranger's."""
        now = state(self.db)
        comments = comment_views(now.comments.values(), None, SITE, now.thread.pinned)
        return ThreadState(Reset(thread_view(now.thread, 0), comments))

    @rule()
    def tell(self) -> None:
        """The sums are told, and whoever was away comes back to what a new snapshot shows."""
        score(self.db)
        self.check()
        assert count(self.db, "unscored") == 0
        fresh = self.snapshot()
        for reader in self.readers:
            for event in events(self.db, reader.seq):
                reader.apply(event_view(event))
            assert (reader.comments, reader.view) == (fresh.comments, fresh.view)


Voting.TestCase.settings = settings(settings.get_profile("unit"), max_examples=25, stateful_step_count=20)
TestVoting = Voting.TestCase


@given(st.lists(said, max_size=12), st.integers(1, 12))
@settings(max_examples=30)
def test_where_batches_are_cut_does_not_matter(stream: list[AnyWrite], size: int) -> None:
    found = []
    for cut in (size, len(stream) + 1):
        with tables() as db:
            batch(db, ChangeSite(SITE, votes="both"), *(post(number) for number in range(1, 5)))
            for first in range(0, len(stream), cut):
                batch(db, *stream[first : first + cut])
            found.append((stored(db), state(db).comments))
    assert [rows for rows, _ in found[:1]] == [rows for rows, _ in found[1:]]
    assert {key: one.counts for key, one in found[0][1].items()} == {
        key: one.counts for key, one in found[1][1].items()
    }


def test_what_changed_within_a_second_is_told_by_one_light_event() -> None:
    with tables() as db:
        batch(db, post(1), post(2))
        batch(db, cast(1), react(1, MAY))
        batch(db, cast(2), cast(1, MAY))
        assert score(db) == [Kind.SCORED]
        (told,) = events(db, 2)
        assert told.counts == {uuid(1): Counts(2, 0, {"wow": 1}), uuid(2): Counts(1)}
        view = event_view(told)
        assert (view.comment, view.thread) == (event_view(told).comment, view.thread)
        assert b"text" not in repr(view).encode()
        assert score(db) == [], "nothing has changed since"


def test_a_lot_is_told_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(votes, "SCORES_AT_ONCE", 2)
    with tables() as db:
        batch(db, *(post(number) for number in range(1, 6)))
        batch(db, *(cast(number) for number in range(1, 6)))
        assert [score(db) for _ in range(4)] == [[Kind.SCORED], [Kind.SCORED], [Kind.SCORED], []]
        assert [list(event.counts or ()) for event in events(db, 5)] == [
            [uuid(1), uuid(2)],
            [uuid(3), uuid(4)],
            [uuid(5)],
        ]
        assert state(db).thread.unscored == 0


def test_of_a_removed_comment_nothing_is_told() -> None:
    with tables() as db:
        batch(db, post(1))
        batch(db, cast(1), remove(1))
        assert score(db) == []
        assert count(db, "unscored") == 0
        (restored,) = batch(db, restore(1)).publications[0].events
        assert event_view(restored).comment.score.up == 1  # type: ignore[union-attr]  # it has a comment


def test_a_repeated_vote_is_answered_as_it_is_now_and_counts_once() -> None:
    with tables() as db:
        batch(db, post(1))
        first, second = replace(cast(1, BOB, 1), request="a"), replace(cast(1, BOB, 0), request="b")
        batch(db, first)
        batch(db, second)
        (again,) = batch(db, first).answers
        assert done(again).mine == Opinion(0)
        assert state(db).comments[uuid(1)].counts == Counts()
        assert stored(db) == {}


@pytest.mark.parametrize(
    ("offered", "value", "taken"),
    [("none", 1, False), ("none", 0, True), ("up", 1, True), ("up", -1, False), ("both", -1, True), ("new", 1, False)],
)
def test_a_site_says_which_votes_it_takes(offered: str, value: int, taken: bool) -> None:
    with tables() as db:
        batch(db, post(1), ChangeSite(SITE, votes=offered))
        (answer,) = batch(db, cast(1, BOB, value)).answers
        assert outcome(answer) == (("done", None) if taken else ("denied", ErrorCode.BAD_REQUEST))


def test_a_reaction_that_is_offered_no_longer_can_be_taken_back() -> None:
    with tables() as db:
        batch(db, post(1), react(1))
        batch(db, ChangeSite(SITE, reactions={"like": "👍"}))
        assert outcome(batch(db, react(1, MAY)).answers[0]) == ("denied", ErrorCode.BAD_REQUEST)
        assert own_opinions(db, BOB.id, [uuid(1)]) == {uuid(1): Opinion(0, ("wow",))}
        batch(db, react(1, on=False))
        assert stored(db) == {}
        assert state(db).comments[uuid(1)].counts == Counts()


def test_a_plan_for_a_thread_that_is_gone_stops_nothing() -> None:
    with tables() as db:
        assert outcome(batch(db, ScoreThread("gone")).answers[0]) == ("denied", ErrorCode.NOT_FOUND)  # type: ignore[arg-type]  # planned alone
