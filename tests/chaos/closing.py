"""Closing under race: `python -m tests.chaos.closing --rounds 10000` closes and reopens threads while comments are
posted on both nodes all the time, and counts the comments that were accepted after a close was acknowledged.

A round: a moderator on one node closes the thread; the moment that is acknowledged, comments are posted on both nodes,
and some were on their way already; those posted after must all be refused; then the moderator, now on the other node,
reopens. In the end the log itself must hold no comment between a closing and the next reopening.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from uuid import uuid4

from tests.chaos import report
from tests.support import plain_http
from tests.support.history import VAGUE
from tests.support.many import Many, many
from tests.support.raw import Json, RawLive, raw_live
from tests.support.recorder import read_storage

THREADS = 24  # raced for at once, in all partitions
EARLY = 0.02  # s that comments may be ahead of the close
AFTER = 2  # comments posted on each node once the close is acknowledged
AGAIN = 0.1  # s until what was not decided is asked once more
FULL = 10_000


@dataclass(slots=True)
class Score:
    """What the rounds came to. `raced` comments were under way when the close was sent: either answer is right."""

    rounds: int = 0
    raced: int = 0
    won: int = 0  # of those, accepted
    refused: int = 0
    accepted: int = 0  # after the close: the promise is none
    seconds: float = 0

    def __str__(self) -> str:
        return (
            f"{self.rounds:,} rounds in {self.seconds:.0f} s: {self.refused + self.accepted:,} comments posted after an"
            f" acknowledged close, {self.accepted} accepted; {self.raced:,} posted at the same moment as a close,"
            f" {self.won:,} accepted before it, as they may be."
        )


class Race:
    """One thread, a writer and a moderator on each node."""

    def __init__(self, thread: str, writers: Sequence[RawLive], moderators: Sequence[RawLive], score: Score) -> None:
        self._thread = thread
        self._writers = writers
        self._moderators = moderators
        self._score = score

    async def round(self, number: int) -> None:
        """One round; the moderators take turns, so a close on one node is tried on the other too."""
        closer, opener = self._moderators[number % 2], self._moderators[(number + 1) % 2]
        racing = [asyncio.create_task(self._post(writer)) for writer in self._writers]
        await asyncio.sleep(random.uniform(0, EARLY))
        closed = await self._insist(closer, "close")
        assert closed["ok"], closed
        late = await asyncio.gather(*(self._post(writer) for writer in self._writers for _ in range(AFTER)))
        raced = await asyncio.gather(*racing)
        reopened = await self._insist(opener, "reopen")
        assert reopened["ok"], reopened
        self._score.rounds += 1
        self._score.raced += len(raced)
        self._score.won += sum(raced)
        self._score.accepted += sum(late)
        self._score.refused += len(late) - sum(late)

    async def _post(self, writer: RawLive) -> bool:
        """Whether a new comment is accepted."""
        reply = await self._insist(writer, "post", id=str(uuid4()), body="Me too")
        assert reply["ok"] or reply["error"]["code"] == "thread_closed", reply
        return bool(reply["ok"])

    async def _insist(self, live: RawLive, cmd: str, **fields: str) -> Json:
        """The answer that says whether it was done: while workers are held up, a node says `unavailable`."""
        while True:
            reply = await live.call(cmd, thread=self._thread, **fields)
            if reply["ok"] or reply["error"]["code"] not in VAGUE:
                return reply
            await asyncio.sleep(AGAIN)


async def race(on: Many, rounds: int, threads: int = THREADS) -> Score:
    """So many rounds, shared by the threads; AssertionError where the log shows what the answers did not."""
    score = Score()
    began = monotonic()
    ids = [on.webs[0].open_thread(f"/2026/11/22/race-{uuid4()}") for _ in range(threads)]
    guest, token = guest_token(on.webs[0].url), on.token()
    numbers = count()

    async def run(thread: str) -> None:
        async with (
            raw_live(on.webs[0].url) as writer, raw_live(on.webs[1].url) as other_writer,
            raw_live(on.webs[0].url) as moderator, raw_live(on.webs[1].url) as other_moderator,
        ):  # fmt: skip
            for live in (writer, other_writer):
                await live.call("hello", token=guest)
            for live in (moderator, other_moderator):
                await live.call("hello", token=token)
            here = Race(thread, (writer, other_writer), (moderator, other_moderator), score)
            while (number := next(numbers)) < rounds:
                await here.round(number)

    async with asyncio.TaskGroup() as group:
        for thread in ids:
            group.create_task(run(thread))
    score.seconds = monotonic() - began
    for thread in ids:
        check_log(on, thread)
    return score


def guest_token(url: str) -> str:
    """A reader's token."""
    answer = plain_http.post(f"{url}/api/v1/sessions", json={"site": "demo", "name": "Ada"})
    return str(answer.raise_for_status().json()["token"])


def check_log(on: Many, thread: str) -> None:
    """AssertionError if a comment stands between a closing and the reopening after it."""
    closed_by = None
    for event in read_storage(on.webs[0], thread).events:
        if event.kind == "thread.closed":
            closed_by = event.seq
        elif event.kind == "thread.reopened":
            closed_by = None
        assert closed_by is None or event.kind != "comment.posted", (
            f"event {event.seq} of thread {thread} posts a comment, and event {closed_by} closed it"
        )


def main() -> int:
    """The command; 1 if the promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.closing")
    parser.add_argument("--rounds", type=int, default=FULL)
    rounds = parser.parse_args().rounds
    with TemporaryDirectory(prefix="hubbub-race-") as directory, many(Path(directory)) as on:
        score = asyncio.run(race(on, rounds))
    print(score)
    if rounds >= FULL:
        report.write_closing(str(score))
    return int(score.accepted > 0)


if __name__ == "__main__":
    sys.exit(main())
