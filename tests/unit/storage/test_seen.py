"""How far authors have read: what is kept is bounded."""

from hubbub.storage.seen import THREADS, Seen, forget_seen, put_seen, read_seen
from tests.unit.worker.tables import tables


def test_of_too_many_threads_those_go_that_were_read_longest_ago() -> None:
    with tables() as db:
        put_seen(db, "bob", "t0", Seen(1, 0))
        for at in range(THREADS + 1):
            put_seen(db, "ann", f"t{at}", Seen(1, at))
        assert read_seen(db, "ann", "t0") is None
        assert read_seen(db, "ann", "t1") == Seen(1, 1)
        assert read_seen(db, "bob", "t0") == Seen(1, 0)


def test_a_later_visit_counts_and_a_lower_number_does_not() -> None:
    with tables() as db:
        put_seen(db, "ann", "t", Seen(5, 1))
        put_seen(db, "ann", "t", Seen(5, 2))
        put_seen(db, "ann", "t", Seen(4, 3))
        assert read_seen(db, "ann", "t") == Seen(5, 2)


def test_what_is_old_is_forgotten() -> None:
    with tables() as db:
        for thread, at in (("old", 1), ("new", 2)):
            put_seen(db, "ann", thread, Seen(1, at))
        forget_seen(db, 2)
        assert [read_seen(db, "ann", thread) for thread in ("old", "new")] == [None, Seen(1, 2)]
