"""A tiny correct server, simulated, whose histories the checker must pass: commands and answers overlap, get lost and
are tried again, readers lag behind, leave, come back and are reset."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from tests.support.history.records import (
    Acknowledged,
    Entry,
    Events,
    History,
    Joined,
    Moderation,
    Observation,
    Outcome,
    Post,
    Reader,
    Refused,
    Reset,
    Shown,
    Snapshot,
    Storage,
    Unknown,
)

PAGE = 4  # comments in a snapshot
THREAD = "t"

Attempt = Post | Moderation


@dataclass(slots=True)
class _Flight:
    """An attempt under way; `outcome` once the server has decided."""

    attempt: Attempt
    outcome: Outcome | None = None


@dataclass(slots=True)
class _Following:
    """A reader: connected or not, its place, the snapshot it waits for, and which events it gets live."""

    name: str
    seen: list[Observation] = field(default_factory=list)
    place: int | None = None
    asked_at: float | None = None
    connected: bool = False
    live_from: int = 0


class Model:
    """Runs `steps` steps chosen by `random`; `history()` then lets everything finish and tells what was recorded."""

    def __init__(self, random: Random, steps: int) -> None:
        self._random = random
        self._clock = 0.0
        self._closed = False
        self._log: list[Entry] = []
        self._rows: dict[str, Shown] = {}
        self._words: dict[str, str] = {}
        self._flights: list[_Flight] = []
        self._attempts: list[Attempt] = []
        self._readers = [_Following(f"r{index}") for index in range(3)]
        actions: list[Callable[[], None]] = [
            *[self._post] * 5,
            self._retry,
            self._moderate,
            *[self._decide] * 6,
            *[self._answer] * 4,
            self._lose,
            *[self._read] * 8,
            self._disturb,
        ]
        for _ in range(steps):
            self._clock += 1
            random.choice(actions)()

    # Writers

    def _post(self) -> None:
        comment_id = f"c{len(self._words):03}"
        self._words[comment_id] = f"words{len(self._words):03}"
        self._begin(Post(comment_id, THREAD, self._words[comment_id], self._clock))

    def _retry(self) -> None:
        if self._words:
            comment_id = self._random.choice(sorted(self._words))
            self._begin(Post(comment_id, THREAD, self._words[comment_id], self._clock))

    def _moderate(self) -> None:
        kinds: tuple[Literal["close", "reopen", "remove", "restore"], ...] = ("close", "reopen", "remove", "restore")
        kind = self._random.choice(kinds)
        comment = None
        if kind in ("remove", "restore"):
            if not self._rows:
                return
            comment = self._random.choice(sorted(self._rows))
        self._begin(Moderation(kind, THREAD, self._clock, comment=comment))

    def _begin(self, attempt: Attempt) -> None:
        self._flights.append(_Flight(attempt))

    def _decide(self) -> None:
        waiting = [flight for flight in self._flights if flight.outcome is None]
        if waiting:
            flight = self._random.choice(waiting)
            attempt = flight.attempt
            flight.outcome = self._commit(attempt) if isinstance(attempt, Post) else self._change(attempt)

    def _commit(self, post: Post) -> Outcome:
        if post.id in self._rows:
            seq = next(e.seq for e in self._log if e.kind == "comment.posted" and e.comment and e.comment.id == post.id)
            return Acknowledged(self._rows[post.id].number, seq)
        if self._closed:
            return Refused("thread_closed")
        self._rows[post.id] = Shown(post.id, len(self._rows) + 1, f"<p>{post.body}</p>")
        return Acknowledged(len(self._rows), self._append("comment.posted", self._rows[post.id]))

    def _change(self, moderation: Moderation) -> Outcome:
        if moderation.comment is None:
            if self._closed == (moderation.kind == "close"):
                return Acknowledged()
            self._closed = not self._closed
            return Acknowledged(seq=self._append("thread.closed" if self._closed else "thread.reopened", None))
        row = self._rows[moderation.comment]
        if row.removed == (moderation.kind == "remove"):
            return Acknowledged()
        html = "" if moderation.kind == "remove" else f"<p>{self._words[row.id]}</p>"
        row = self._rows[row.id] = replace(row, removed=not row.removed, html=html)
        return Acknowledged(seq=self._append("comment.removed" if row.removed else "comment.restored", row))

    def _append(self, kind: str, comment: Shown | None) -> int:
        self._log.append(Entry(len(self._log) + 1, kind, comment))
        return len(self._log)

    def _answer(self) -> None:
        answered = [flight for flight in self._flights if flight.outcome is not None]
        if answered:
            flight = self._random.choice(answered)
            self._flights.remove(flight)
            assert flight.outcome is not None
            self._attempts.append(replace(flight.attempt, completed_at=self._clock, outcome=flight.outcome))

    def _lose(self) -> None:
        if self._flights:
            flight = self._flights.pop(self._random.randrange(len(self._flights)))
            self._attempts.append(replace(flight.attempt, outcome=Unknown()))

    # Readers

    def _read(self) -> None:
        reader = self._random.choice(self._readers)
        if not reader.connected:
            self._join(reader)
        elif reader.place is None:
            self._snapshot(reader)
        elif reader.place < len(self._log):
            self._deliver(reader, self._random.randint(1, len(self._log) - reader.place))

    def _join(self, reader: _Following) -> None:
        if reader.place is not None and self._random.random() < 0.2:
            reader.place = None
        reader.seen.append(Joined(self._clock, reader.place))
        reader.asked_at = self._clock
        reader.connected = True
        reader.live_from = len(self._log)

    def _snapshot(self, reader: _Following) -> None:
        assert reader.asked_at is not None
        newest = sorted(self._rows.values(), key=lambda row: -row.number)
        shot = Snapshot(reader.asked_at, "e", len(self._log), tuple(newest[:PAGE]), len(newest) > PAGE, self._clock)
        reader.seen.append(shot)
        reader.place = reader.live_from = len(self._log)

    def _deliver(self, reader: _Following, count: int) -> None:
        assert reader.place is not None
        entries = self._log[reader.place : reader.place + count]
        told = tuple(self._told(entry, live=entry.seq > reader.live_from) for entry in entries)
        reader.seen.append(Events(told, self._clock))
        reader.place += count

    def _told(self, entry: Entry, *, live: bool) -> Entry:
        """Live events carry the comment as it was; a replay tells it as it is."""
        if live or entry.comment is None:
            return entry
        return replace(entry, comment=self._rows[entry.comment.id])

    def _disturb(self) -> None:
        reader = self._random.choice(self._readers)
        if reader.connected and self._random.random() < 0.7:
            reader.connected = False
        elif reader.connected and reader.place is not None:
            reader.seen.append(Reset())
            reader.place = None
            reader.connected = False

    # The end

    def history(self) -> History:
        """Answers what can still be answered, lets all readers but the last catch up, and reads storage."""
        for _ in range(len(self._flights)):
            self._clock += 1
            self._answer()
        while self._flights:
            self._lose()
        for reader in self._readers[:-1]:
            while not reader.connected or reader.place != len(self._log):
                self._clock += 1
                if not reader.connected:
                    self._join(reader)
                elif reader.place is None:
                    self._snapshot(reader)
                else:
                    self._deliver(reader, len(self._log) - reader.place)
        stored = Storage(
            THREAD,
            "e",
            len(self._log),
            self._closed,
            tuple(self._told(entry, live=False) for entry in self._log),
            tuple(self._rows.values()),
        )
        readers = [Reader(reader.name, THREAD, tuple(reader.seen)) for reader in self._readers]
        return History(
            tuple(attempt for attempt in self._attempts if isinstance(attempt, Post)),
            tuple(attempt for attempt in self._attempts if isinstance(attempt, Moderation)),
            (*readers[:-1], replace(readers[-1], stays=False)),
            (stored,),
        )
