"""One thread, many readers: what an event costs and how long it takes, unhurried, flooded, in a burst, at a close."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, NamedTuple

from tests.bench.figures import Row, number, spread, times
from tests.bench.native import BareReaders, Readers, SendLoop
from tests.bench.plan import Plan
from tests.bench.posters import Poster
from tests.bench.subject import PATIENCE, Embedded, Subject, settle

WRITERS = 8  # connections, each with no more under way than the server takes from one
WINDOW = 60
CROWDED = 1.02  # comments a frame, from which on a figure says nothing: the machine was too busy to keep them apart
PAUSE = 0.15  # s between closing and reopening: longer than it takes to tell 5,000 readers


class Slice(NamedTuple):
    """What a run of unhurried events cost and how long it took, with readers.c's counts."""

    us_per_event: float
    counts: Any

    @property
    def frame_bytes(self) -> int:
        """Mean size of a frame."""
        return round(int(self.counts["bytes"]) / int(self.counts["frames"]))


async def unhurried(plan: Plan, place: int) -> list[Row]:
    """CPU per delivered event beside a bare send() loop, and the time from posting to delivery."""
    count, events, rate = plan.readers[place], plan.events[place], plan.rates[place]
    ours: list[Slice] = []
    theirs: list[Slice] = []
    unread: list[float] = []
    with Embedded() as subject, subject.readers(count) as readers, bare_loop(count) as (loop, bare):
        writer = await subject.writer()
        await settle()
        for _ in range(plan.repeats):
            # Warmed up right before: TCP acknowledges at once what comes after a silence, and the sender pays for it.
            await our_slice(subject, writer, readers, plan.warm_up, 2 * rate)
            ours.append(await our_slice(subject, writer, readers, events, rate))
            size = ours[-1].frame_bytes
            await their_slice(loop, bare, plan.warm_up, size, 2 * rate)
            theirs.append(await their_slice(loop, bare, events, size, rate))
            unread.append(await _unread_slice(subject, writer, events, rate) / count)
        writer.close()
    told = f"{count:,} readers, {rate:.0f} comments/s"
    batched = median(one.counts["events"] / one.counts["frames"] for one in ours)
    note = "" if batched < CROWDED else f" (crowded: {batched:.2f} comments a frame)"
    cost = [one.us_per_event for one in ours]
    alone = [whole - post for whole, post in zip(cost, unread, strict=True)]
    base = [one.us_per_event for one in theirs]
    beside = f"send() of {ours[-1].frame_bytes} bytes: {spread(base, 'µs')}"
    return [
        Row(
            f"CPU per delivery, all in: {told}{note}",
            spread(cost, "µs"),
            beside,
            times(cost, base),
            "≤ 1.5 ×, then 1.25",
        ),
        Row("· without what storing a comment costs", spread(alone, "µs"), beside, times(alone, base)),
        *latency_rows(f"post → %s: {told}", ours, theirs),
    ]


def latency_rows(what: str, ours: list[Slice], theirs: list[Slice]) -> Iterator[Row]:
    for name, key in (("each reader", "latency"), ("last reader", "all")):
        figures, beside = (
            " / ".join(spread([one.counts[key][at] / 1000 for one in slices]) for at in ("p50_us", "p99_us")) + " ms"
            for slices in (ours, theirs)
        )
        yield Row(f"{what % name}, p50 / p99", figures, f"send(): {beside}")


async def _unread_slice(subject: Subject, writer: Poster, events: int, rate: float) -> float:
    """What the same comments cost in a thread that nobody reads, in us each."""
    before = subject.cpu_ns()
    await subject.pace(writer, events, rate)
    return (subject.cpu_ns() - before) / events / 1000


async def our_slice(subject: Subject, writer: Poster, readers: Readers, events: int, rate: float) -> Slice:
    readers.mark(awake=True)
    before = subject.cpu_ns()
    await subject.pace(writer, events, rate, readers)
    spent = subject.cpu_ns() - before
    readers.expect(events, PATIENCE)
    counts = readers.counts(events)
    return Slice(spent / counts["events"] / 1000, counts)


async def their_slice(loop: SendLoop, readers: Readers, events: int, size: int, rate: float) -> Slice:
    readers.mark(awake=True)
    readers.expect(events, events / rate + PATIENCE)
    loop.start(events, size, rate)
    told = loop.hear()
    return Slice(told["cpu_ns"] / told["delivered"] / 1000, readers.counts(events))


@contextmanager
def bare_loop(count: int) -> Iterator[tuple[SendLoop, BareReaders]]:
    """The bare loop with its readers."""
    with SendLoop(count) as loop, BareReaders(loop.port, count) as readers:
        loop.hear()
        yield loop, readers


async def flooded(plan: Plan, place: int) -> list[Row]:
    """As many comments as can be stored, to all readers, on one core with the storing."""
    count, comments = plan.readers[place], plan.flood[place]
    rates, batches = [], []
    for _ in range(plan.repeats):
        with Embedded() as subject, subject.readers(count) as readers:
            writers = [await subject.writer() for _ in range(WRITERS)]
            await settle()
            readers.mark()
            readers.expect(comments, PATIENCE)
            await asyncio.gather(*(one.post(subject.thread, comments // WRITERS, WINDOW) for one in writers))
            counts = await asyncio.to_thread(readers.counts, comments)
        rates.append(counts["events"] / (counts["last_ns"] - counts["first_ns"]) * 1e3)
        batches.append(counts["events"] / counts["frames"])
    what = f"flood of {comments:,} comments to {count:,} readers: deliveries, {number(median(batches))} a frame"
    return [Row(what, spread(rates, "M/s"), goal="≥ 3 at 1,000, 1.5 at 5,000")]


async def burst(plan: Plan) -> list[Row]:
    """Many events at once, until the last reader has the last one."""
    taken = []
    with Embedded() as subject, subject.readers(plan.burst_readers) as readers:
        writers = [await subject.writer() for _ in range(WRITERS // 2)]
        await settle()
        for _ in range(plan.repeats):
            readers.mark()
            readers.expect(plan.burst, PATIENCE)
            begun = time.monotonic_ns()
            share = plan.burst // len(writers)
            await asyncio.gather(*(one.post(subject.thread, share, share) for one in writers))
            counts = await asyncio.to_thread(readers.counts, plan.burst)
            taken.append((counts["last_ns"] - begun) / 1e6)
    what = f"{plan.burst} comments at once → last of {plan.burst_readers:,} readers has the last"
    return [Row(what, spread(taken, "ms"), goal="≤ 100 ms")]


async def closing(plan: Plan) -> list[Row]:
    """From a moderator's close until the readers' pages know of it."""
    count = plan.readers[-1]
    every, last = [], []
    with Embedded() as subject, subject.readers(count) as readers:
        moderator = await subject.moderator()
        await settle()
        for _ in range(plan.repeats):
            readers.mark()
            readers.expect(2 * plan.closes, PATIENCE + 2 * plan.closes * PAUSE)
            for _ in range(plan.closes):
                await moderator.run(lambda: _close(subject.thread), 1)
                await asyncio.sleep(PAUSE)
                await moderator.run(lambda: {"cmd": "reopen", "thread": subject.thread}, 1)
                await asyncio.sleep(PAUSE)
            counts = await asyncio.to_thread(readers.counts, 2 * plan.closes)
            every.append(counts["latency"])
            last.append(counts["all"])
    rows = []
    for name, found in (("each reader", every), ("last reader", last)):
        told = " / ".join(spread([one[key] / 1000 for one in found]) for key in ("p50_us", "p99_us"))
        goal = "p99 ≤ 150 ms" if found is last else ""
        rows.append(Row(f"close → {name} of {count:,}, p50 / p99", f"{told} ms", goal=goal))
    return rows


def _close(thread: str) -> dict[str, Any]:
    return {"cmd": "close", "thread": thread, "reason": f"t={time.monotonic_ns()}"}
