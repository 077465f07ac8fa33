"""What the worker remembers of its answers, for commands that come twice or late."""

import msgspec
import pytest
from sqlalchemy import Connection, text

from hubbub.commands import AnyWrite
from hubbub.commands.base import Denied
from hubbub.commands.sites import PutSite, UseCode
from hubbub.domain.errors import ErrorCode
from hubbub.domain.times import now_ms
from hubbub.storage.idempotency import forget_handled, handled_before, insert_handled
from hubbub.worker import committer
from tests.unit.samples import (
    AT,
    BOB,
    OTHER,
    close,
    edit,
    ensure,
    post,
    put_thread,
    remove,
    reopen,
    restore,
    site,
    uuid,
)
from tests.unit.worker.tables import batch, count, done, everything, outcome, state

DAY = 24 * 3600 * 1000  # ms


def asked(command: AnyWrite, request: str) -> AnyWrite:
    """`command` as the transport marks it."""
    return msgspec.structs.replace(command, request=request)


def test_a_refusal_stands_although_the_reason_for_it_is_gone(db: Connection) -> None:
    """A worker that was frozen carries out its batch long after another refused it, and the sender was told so."""
    late = [
        asked(post(1), "a"),
        asked(edit(9, "x"), "b"),
        asked(remove(9), "c"),
        asked(put_thread("/x", site="s"), "d"),
    ]
    refused = batch(db, close("Enough."), *late).answers[1:]
    assert [outcome(answer)[0] for answer in refused] == ["denied"] * 4
    batch(db, reopen(), post(9), PutSite.of(site("s")))
    before = everything(db)
    assert batch(db, *late) == (refused, [])
    assert everything(db) == before


def test_what_the_version_before_noted_is_understood_and_the_other_way_round(db: Connection) -> None:
    """Both work side by side in a rolling upgrade. The refusals of comments are another matter: it knew none by id."""
    denied = Denied(ErrorCode.FORBIDDEN, "No.", None)
    insert_handled(db, {"a": msgspec.json.encode(denied).decode()})
    assert batch(db, asked(remove(9), "a")).answers == [denied]
    (answer,) = batch(db, asked(remove(9), "b")).answers
    kept = handled_before(db, ["b"])["b"]
    assert kept is not None
    assert msgspec.json.decode(kept, type=Denied) == answer


def insisted(command: AnyWrite, request: str, on: str) -> AnyWrite:
    """`command` by a sender who is there still, and knows of the refusal of the request `on`."""
    return msgspec.structs.replace(command, request=request, supersedes=on)


@pytest.mark.parametrize("together", [True, False])
def test_a_refusal_counts_for_other_attempts_unless_their_sender_is_there(db: Connection, together: bool) -> None:
    """One may have begun before the refused one, and come after it (G1): nobody can tell but who sent it."""
    orders = [close(), asked(post(1), "b"), reopen(), asked(post(1), "a"), asked(post(1, BOB), "x")]
    orders += [close(), insisted(post(1), "c", "b"), reopen(), asked(post(1), "b"), asked(post(1), "c")]
    orders += [insisted(post(1), "d", "c"), asked(post(1), "e"), asked(post(1), "c")]
    batches = [orders] if together else [[order] for order in orders]
    found = [outcome(answer) for one in batches for answer in batch(db, *one).answers]
    closed, doubted = ("denied", ErrorCode.THREAD_CLOSED), ("doubted", None)
    assert found == [
        *[("done", 1), closed, ("done", 2), doubted, doubted],
        *[("done", 3), closed, ("done", 4), doubted, closed],
        *[("done", 5)] * 3,
    ]
    assert count(db, "comment") == count(db, "handled") == 1


def test_who_insisted_on_an_older_refusal_is_late_as_well(db: Connection) -> None:
    """A worker that was cut off has it at hand, while another one refuses it and what its sender tried after that."""
    late = insisted(post(1), "b", "a")
    batch(db, close(), asked(post(1), "a"), late, insisted(post(1), "c", "b"), reopen())
    before = everything(db)
    assert [outcome(answer) for answer in batch(db, late).answers] == [("doubted", None)]
    assert everything(db) == before


def test_a_refused_comment_may_be_put_into_another_thread(db: Connection) -> None:
    batch(db, close(), asked(post(1), "a"))
    there = post(1, thread=OTHER)
    answers = batch(db, asked(there, "b"), insisted(there, "c", "a")).answers
    assert [outcome(answer) for answer in answers] == [("doubted", None), ("done", 1)]


@pytest.mark.parametrize("together", [True, False])
def test_a_request_is_carried_out_once(db: Connection, together: bool) -> None:
    batch(db, post(1))
    orders = [asked(remove(1), "a"), restore(1), asked(remove(1), "a"), asked(close("x"), "b"), reopen()]
    orders += [asked(close("x"), "b"), asked(ensure("/n"), "c"), asked(ensure("/n"), "c"), asked(post(2), "d")]
    orders += [asked(post(2), "d"), asked(put_thread(title="T"), "e"), asked(put_thread(title="T"), "e")]
    batches = [orders] if together else [[order] for order in orders]
    answers = [answer for one in batches for answer in batch(db, *one).answers]
    seqs = [2, 3, None, 4, 5, None, None, None, 6, 6, 7, None]
    assert [outcome(answer) for answer in answers] == [("done", seq) for seq in seqs]
    assert done(answers[6]).thread == done(answers[7]).thread
    found = state(db)
    assert (found.comments[uuid(1)].removed, found.thread.closed, found.thread.head) == (False, False, 7)


def test_a_code_is_good_once(db: Connection) -> None:
    use = UseCode(code="x")
    answers = batch(db, asked(use, "a"), asked(use, "b"), asked(use, "a")).answers
    answers += batch(db, asked(use, "c"), asked(use, "a")).answers
    refused = ("denied", ErrorCode.UNAUTHORIZED)
    assert [outcome(answer) for answer in answers] == [("done", None), refused, ("done", None), refused, ("done", None)]


def test_stored_comments_need_no_memory_of_their_requests(db: Connection) -> None:
    batch(db, asked(post(1), "a"), asked(ensure("/a"), "b"))
    assert count(db, "handled") == 1


def test_old_requests_are_forgotten_bit_by_bit(db: Connection) -> None:
    for number in range(5):
        insert_handled(db, {f"r{number}": None})
        grow_older(db, 1000)
    assert forget_handled(db, 1500, 3)
    assert not forget_handled(db, 1500, 3)
    assert handled_before(db, [f"r{number}" for number in range(5)]) == {"r4": None}


@pytest.mark.parametrize("clock", [0, 2 * AT])
def test_when_requests_are_forgotten_no_workers_clock_decides(
    db: Connection, monkeypatch: pytest.MonkeyPatch, clock: int
) -> None:
    """Neither the clock of the worker that stamps them."""
    monkeypatch.setattr(committer, "now_ms", lambda: clock)
    first, again, late = (asked(UseCode(code="x"), request) for request in "abc")
    batch(db, first)
    forget_handled(db, DAY)
    assert outcome(batch(db, again).answers[0]) == ("denied", ErrorCode.UNAUTHORIZED)
    grow_older(db, DAY + 2000)
    forget_handled(db, DAY)
    assert outcome(batch(db, late).answers[0]) == ("done", None)


def test_requests_are_stamped_in_ms(db: Connection) -> None:
    insert_handled(db, {"a": None})
    assert abs(db.execute(text("SELECT at FROM handled")).scalar_one() - now_ms()) < 60_000


def grow_older(db: Connection, ms: int) -> None:
    """Time passes for what is handled."""
    db.execute(text(f"UPDATE handled SET at = at - {ms}"))
    db.commit()
