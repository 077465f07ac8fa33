"""Old snapshot + events = new snapshot, whatever happened, wherever the snapshots were taken, however events came."""

from dataclasses import dataclass, field
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hubbub.client.state import Gap, Reset, ThreadState
from hubbub.client.wire import decode
from hubbub.protocol.views import CommentView, EventView, ThreadView
from tests.support.views import AT, comment, posted, thread


@dataclass
class Model:
    """A thread's log as the server keeps it, with its state after each event."""

    comments: list[CommentView] = field(default_factory=list)
    state: ThreadView = field(default_factory=thread)
    log: list[EventView] = field(default_factory=list)
    history: list[tuple[ThreadView, list[CommentView]]] = field(default_factory=lambda: [(thread(), [])])

    def act(self, kind: str, choice: int) -> None:
        """Does something, if it can be done just now: `choice` says to which comment."""
        at = choice % len(self.comments) if self.comments else None
        if kind == "post":
            self._change("comment.posted", len(self.comments), comment(len(self.comments) + 1))
        elif kind == "close" and self.state.state == "open":
            self._switch("thread.closed", "closed", "enough")
        elif kind == "reopen" and self.state.state == "closed":
            self._switch("thread.reopened", "open", None)
        elif at is not None and kind == "edit" and not self.comments[at].removed:
            self._change("comment.edited", at, comment(at + 1, f"<p>{len(self.log)}</p>", edited=True))
        elif at is not None and kind == "remove" and not self.comments[at].removed:
            self._change("comment.removed", at, comment(at + 1, removed=True))
            if self.state.pinned == self.comments[at].id:
                self._pin(None)
        elif kind == "pin" and (at is None or not self.comments[at].removed):
            self._pin(None if at is None or self.comments[at].pinned else self.comments[at].id)
        elif at is not None and kind == "restore" and self.comments[at].removed:
            self._change("comment.restored", at, comment(at + 1, f"<p>{len(self.log)}</p>"))

    def _pin(self, id_: str | None) -> None:
        self.comments = [replace(known, pinned=known.id == id_) for known in self.comments]
        self.state = replace(self.state, head=len(self.log) + 1, pinned=id_)
        self._log(EventView(self.state.head, "thread.pinned", AT, thread=self.state))

    def _change(self, kind: str, index: int, new: CommentView) -> None:
        new = replace(new, pinned=new.id == self.state.pinned and not new.removed)
        self.comments[index : index + 1] = [new]
        shown = sum(not known.removed for known in self.comments)
        self.state = replace(self.state, head=len(self.log) + 1, comments=shown)
        self._log(EventView(self.state.head, kind, AT, comment=new))

    def _switch(self, kind: str, state: str, reason: str | None) -> None:
        self.state = replace(self.state, head=len(self.log) + 1, state=state, reason=reason)
        self._log(EventView(self.state.head, kind, AT, thread=self.state))

    def _log(self, event: EventView) -> None:
        self.log.append(event)
        self.history.append((self.state, list(self.comments)))

    def snapshot(self, seq: int, page: int) -> Reset:
        """The thread after event `seq` with its newest comments, newest first."""
        view, comments = self.history[seq]
        return Reset(view, comments[::-1][:page], len(comments) > page)

    def replay(self, seq: int, until: int, now: int) -> list[EventView]:
        """Events seq+1 to `until`, rendered from the rows as they were after event `now`."""
        view, comments = self.history[max(now, until)]
        return [self._rendered(event, view, comments) for event in self.log[seq:until]]

    def _rendered(self, event: EventView, view: ThreadView, comments: list[CommentView]) -> EventView:
        if isinstance(event.comment, CommentView):
            return replace(event, comment=comments[event.comment.number - 1])
        return replace(event, thread=view)


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["post", "post", "edit", "remove", "restore", "close", "reopen", "pin"]), st.integers(0, 50)
    ),
    min_size=1,
    max_size=40,
)


def model_of(actions: list[tuple[str, int]]) -> Model:
    model = Model()
    for kind, choice in actions:
        model.act(kind, choice)
    return model


def assert_same(state: ThreadState, snapshot: Reset) -> None:
    """`state` holds what `snapshot` shows, and agrees with it on all else."""
    assert state.view == snapshot.thread
    assert state.epoch == snapshot.thread.epoch
    held = {held.id: held for held in state.comments}
    for shown in snapshot.comments:
        if state.more and shown.number < state.comments[0].number:
            continue  # older than the page that was read first
        assert held[shown.id] == shown


@given(ACTIONS, st.data())
def test_old_snapshot_and_events_make_the_new_snapshot(actions: list[tuple[str, int]], data: st.DataObject) -> None:
    model = model_of(actions)
    head = len(model.log)
    old = data.draw(st.integers(0, head), "old")
    cut = data.draw(st.integers(old, head), "cut")
    now = data.draw(st.integers(cut, head), "read at")
    page = data.draw(st.integers(1, 8), "page")
    state = ThreadState(model.snapshot(old, page))
    for event in model.replay(old, cut, now):  # a resume shows things as they are by now
        assert state.apply(event)
    for event in model.log[cut:]:  # the live stream shows them as they were
        assert state.apply(event)
    assert_same(state, model.snapshot(head, page))


@given(ACTIONS, st.data())
def test_duplicates_change_nothing(actions: list[tuple[str, int]], data: st.DataObject) -> None:
    model = model_of(actions)
    head = len(model.log)
    once = ThreadState(model.snapshot(0, 50))
    often = ThreadState(model.snapshot(0, 50))
    for event in model.log:
        once.apply(event)
        often.apply(event)
        for seq in data.draw(st.lists(st.integers(1, event.seq), max_size=3)):
            assert not often.apply(model.log[seq - 1])
    assert (often.view, often.comments, often.seq) == (once.view, once.comments, head)


@given(ACTIONS, st.randoms(use_true_random=False))
def test_any_order_with_resends_ends_the_same(actions: list[tuple[str, int]], random: Random) -> None:
    model = model_of(actions)
    shuffled = list(model.log)
    random.shuffle(shuffled)
    state = ThreadState(model.snapshot(0, 50))
    while state.seq < len(model.log):
        for event in shuffled:
            if event.seq > state.seq + 1:
                with pytest.raises(Gap) as gap:
                    state.apply(event)
                assert (gap.value.expected, gap.value.got) == (state.seq + 1, event.seq)
            else:
                state.apply(event)
    assert_same(state, model.snapshot(len(model.log), 50))


def test_a_gap_changes_nothing() -> None:
    state = ThreadState(Reset(thread(), []))
    with pytest.raises(Gap, match="expected event 1, got 2"):
        state.apply(posted(2))
    assert (state.seq, state.comments, state.view) == (0, [], thread())


def test_an_edit_of_an_older_comment_is_counted_but_not_held() -> None:
    state = ThreadState(Reset(thread(9, 9), [comment(8), comment(9)], more=True))
    assert state.apply(EventView(10, "comment.removed", AT, comment=comment(3, removed=True)))
    assert [held.number for held in state.comments] == [8, 9]
    assert (state.view.comments, state.view.head, state.more) == (8, 10, True)


def test_unknown_kinds_of_event_are_stepped_over() -> None:
    state = ThreadState(Reset(thread(), []))
    assert state.apply(EventView(1, "thread.painted", AT))
    assert state.apply(posted(2, 1))
    assert state.seq == 2


def test_an_unknown_kind_of_event_about_an_older_comment_counts_nothing() -> None:
    state = ThreadState(Reset(thread(9, 9), [comment(8), comment(9)], more=True))
    assert state.apply(EventView(10, "comment.future", AT, comment=comment(3)))
    assert state.apply(EventView(11, "thread.future", AT, thread=thread(11, 0, closed=True)))
    assert (state.view.comments, state.view.state) == (9, "open")


def test_an_unknown_kind_of_event_may_have_any_form() -> None:
    known = {"seq": 1, "kind": "comment.posted", "at": AT, "comment": comment(1)}
    future = {"seq": 2, "kind": "thread.future", "at": AT, "comment": "c1", "thread": 7}
    message = {"push": "events", "thread": "t", "epoch": "e1", "events": [known, future]}
    events = decode(msgspec.msgpack.encode(message)).events
    assert events == [posted(1), EventView(2, "thread.future", AT)]
    for wrong in ({**future, "kind": "thread.closed"}, {"kind": "thread.future"}, 5):
        with pytest.raises(msgspec.ValidationError):
            decode(msgspec.msgpack.encode({**message, "events": [wrong]}))


def test_watching_outlasts_events() -> None:
    state = ThreadState(Reset(thread(), []))
    state.watch(7)
    state.apply(EventView(1, "thread.closed", AT, thread=thread(1, closed=True)))
    assert (state.view.watching, state.view.state) == (7, "closed")
