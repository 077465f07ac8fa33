"""The rules of the worker against a reference model: any commands by anybody, in any order, cut into any batches."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from hubbub.commands import AnyWrite
from hubbub.commands.posting import PostComment
from hubbub.domain.actor import Actor
from hubbub.protocol.views import event_view
from hubbub.transport.base import Publication
from tests.unit.samples import ANN, AT, BOB, MAY, OPERATOR, close, edit, pin, post, remove, reopen, restore, uuid
from tests.unit.worker.merge import merge
from tests.unit.worker.model import EDIT_WINDOW_MS, Model
from tests.unit.worker.tables import State, batch, events, everything, outcome, state, tables

NOW = "hubbub.worker.committer.now_ms"

ids = st.integers(1, 4)  # few, so that commands meet
people = st.sampled_from([ANN, BOB, MAY, OPERATOR])
texts = st.sampled_from(["one", "two"])
reasons = st.sampled_from([None, "Enough."])


def _post(number: int, by: Actor, body: str, parent: int | None) -> PostComment:
    return post(number, by, body, parent=None if parent is None else uuid(parent))


posts = st.builds(_post, ids, people, texts, st.none() | ids)
changes = st.one_of(
    st.builds(edit, ids, texts, people),
    st.builds(remove, ids, people, reasons),
    st.builds(restore, ids, people),
    st.builds(close, reasons, people),
    st.builds(reopen, people),
    st.builds(pin, st.none() | ids, people),
)
commands = posts | changes


class Rules(RuleBasedStateMachine):
    """Commands wait until a cut; then worker and model must agree on every answer and on all that is stored."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.db = self.stack.enter_context(tables())
        self.now: int = AT
        self.stack.enter_context(patch(NOW, lambda: self.now))
        self.waiting: list[AnyWrite] = []
        self.sent: list[PostComment] = []
        self.model = Model()
        self.old: list[State] = [state(self.db)]
        self.live: State = self.old[0]

    def teardown(self) -> None:
        """Lets go of the database."""
        self.stack.close()

    @initialize(stream=st.lists(posts, min_size=3, max_size=8))
    def begin(self, stream: list[PostComment]) -> None:
        """The first comments."""
        self.send(stream)
        self.cut()

    @rule(stream=st.lists(commands, min_size=8, max_size=16))
    def send(self, stream: Sequence[AnyWrite]) -> None:
        """Some people post, edit, remove, restore, close or reopen."""
        self.waiting += stream
        self.sent += [command for command in stream if isinstance(command, PostComment)]

    @rule(stream=st.lists(commands, min_size=1, max_size=8))
    def send_and_cut(self, stream: Sequence[AnyWrite]) -> None:
        """The same, and the batch ends."""
        self.send(stream)
        self.cut()

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """Somebody who heard no answer posts the same again."""
        self.waiting.append(data.draw(st.sampled_from(self.sent)))

    @rule(ms=st.sampled_from([1, EDIT_WINDOW_MS, -5_000]))
    def pass_time(self, ms: int) -> None:
        """The clock moves, and not always forward."""
        self.now += ms

    @rule()
    def cut(self) -> None:
        """What waits is one batch."""
        before = self.old[-1].thread.head
        committed = batch(self.db, *self.waiting)
        wanted = [self.model.apply(command, self.now) for command in self.waiting]
        assert [outcome(answer) for answer in committed.answers] == wanted
        self.waiting.clear()
        new = state(self.db)
        self.check_stored(new)
        self.check_told(committed.publications, new, before)
        self.check_merged(new)
        self.old.append(new)

    def check_stored(self, now: State) -> None:
        """Numbers, texts, counts and the log are as the model has them."""
        thread, model = now.thread, self.model
        assert (thread.closed, thread.reason, thread.pinned) == (model.closed, model.reason, model.pinned)
        assert (thread.head, thread.last_number, thread.comments) == (len(model.log), len(model.comments), model.seen)
        assert {
            one.id: (
                one.number,
                one.seq,
                one.author.id,
                one.parent,
                one.body,
                one.html,
                one.at,
                one.edited_at,
                one.removed,
            )
            for one in now.comments.values()
        } == {
            key: (k.number, k.seq, k.first[0], k.first[1], k.body, f"<p>{k.body}</p>", k.at, k.edited_at, k.removed)
            for key, k in model.comments.items()
        }
        shown = [one.parent for one in now.comments.values() if not one.removed]
        assert all(one.counts.replies == shown.count(one.id) for one in now.comments.values())
        log = events(self.db)
        assert [event.seq for event in log] == list(range(1, thread.head + 1))
        assert [(event.kind, event.comment.id if event.comment else None) for event in log] == model.log

    def check_told(self, publications: Sequence[Publication], new: State, before: int) -> None:
        """What is told at once is what a replay tells, and whoever heard all of it has the new snapshot."""
        told = [event for publication in publications for event in publication.events]
        assert [event_view(event) for event in told] == [event_view(event) for event in events(self.db, before)]
        assert len(publications) == bool(told)
        self.live = merge(self.live, told)
        assert self.live == new

    def check_merged(self, new: State) -> None:
        """Whoever was away at any moment comes back to the same, even if told some events again."""
        for old in self.old:
            assert merge(old, events(self.db, old.thread.head)) == new
        assert merge(new, events(self.db)) == new, "all over again"
        assert merge(self.old[0], events(self.db)) == new, "from nothing"


# Over SQLite and PostgreSQL: each example writes some dozen batches.
FEWER = settings(settings.get_profile("unit"), max_examples=25)
Rules.TestCase.settings = settings(FEWER, stateful_step_count=20)
TestRules = Rules.TestCase


@contextmanager
def still() -> Iterator[None]:
    """Time stands still."""
    with patch(NOW, lambda: AT):
        yield


cuts = st.sets(st.integers(0, 20))


@FEWER
@given(st.lists(commands, min_size=8, max_size=20), cuts, cuts)
def test_where_batches_are_cut_does_not_matter(stream: list[AnyWrite], one: set[int], other: set[int]) -> None:
    assert run(stream, one) == run(stream, other)


def run(stream: Sequence[AnyWrite], cuts: set[int]) -> object:
    """All that is answered and stored after `stream`, cut into batches at `cuts`."""
    answers = []
    with tables() as db, still():
        edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
        for start, end in pairwise(edges):
            answers += [outcome(answer) for answer in batch(db, *stream[start:end]).answers]
        return answers, everything(db)


@FEWER
@given(st.lists(commands, min_size=8, max_size=20), st.data())
def test_a_retry_at_any_later_time_gets_the_same_answer_and_stores_nothing(
    stream: list[AnyWrite], data: st.DataObject
) -> None:
    with tables() as db, still():
        first = batch(db, *stream)
        stored = everything(db)
        for command, answer in zip(stream, first.answers, strict=True):
            if isinstance(command, PostComment) and outcome(answer)[0] == "done":
                again = batch(db, *[command] * data.draw(st.integers(1, 3)))
                assert {outcome(one) for one in again.answers} == {outcome(answer)}
                assert again.publications == []
        assert everything(db) == stored
