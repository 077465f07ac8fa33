"""One run: load from everybody on both nodes, the faults of a seed, the healing, and the checker's verdict."""

import asyncio
import traceback
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

import msgspec

from tests.chaos.deployment import Deployment, keep_logs
from tests.chaos.faults import strike
from tests.chaos.plan import Fault
from tests.support import history as h
from tests.support import plain_http
from tests.support.load import STILL, Load
from tests.support.load_held import HeldLoad
from tests.support.recorder import Recorder
from tests.support.waiting import until

THREADS = 2  # with everybody
GATES = 4  # more threads, which are closed and reopened all the time while a few write and read
QUIET = 32  # more threads with one reader, and one comment some time during the faults
SPREAD = 8.0  # s within which those comments come
DUE = 8  # more threads with one reader, which close by themselves within that time
HELD = (None, None, 1, 2)  # more threads that hold all comments back: until somebody decides, or for so many seconds
AFTER = 2.0  # s under load after all is well again: what came too late shows then
RESTLESS = {"bare 0.0", "bare 1.0"}  # readers who go by themselves now and then
PACE = 0.03  # s between comments of one writer: the machine has to carry all processes and this one
WAIT = 20.0  # s for what must be so before and after faults
HEAL = 10.0  # s for readers to be where storage is. The promise is 2 s, and the table shows the time it took; the rest
# is for a machine that does a hundred other things
KEPT = Path("test-results/chaos")


@dataclass(slots=True)
class Result:
    """What one run came to; `decided` comments were held back, and then let through or refused. Times in seconds:
    `silence` is the longest without any acknowledgement, `late` the longest from a comment's acknowledgement to a
    reader who was there; from the last healing on, `posting` until a comment that was begun after it was acknowledged,
    and `converged` until all readers were where storage was when it healed."""

    seed: int
    faults: Sequence[Fault]
    acknowledged: int = 0
    decided: int = 0
    deliveries: int = 0
    unavailable: int = 0
    silence: float = 0
    late: float = 0
    converged: float = 0
    posting: float = 0
    seconds: float = 0
    violations: list[str] = field(default_factory=list)


async def run(on: Deployment, seed: int, faults: Sequence[Fault]) -> Result:
    """One run with `faults`, its load drawn from `seed`. What went wrong is in the result."""
    result = Result(seed, faults)
    began = monotonic()
    history, trace = None, ""
    try:
        history = await _record(on, result, Recorder())
        _count(result, history)
        result.violations += map(str, h.check(history))
        result.violations += _not_closed_once(history)
    except Exception as error:
        trace = "".join(traceback.format_exception(error))
        result.violations.append(f"the run ended early: {_innermost(error)!r}")
    result.seconds = monotonic() - began
    if result.violations:
        _keep(on, result, history, trace)
    return result


async def _record(on: Deployment, result: Result, record: Recorder) -> h.History:
    keys = [
        f"/2026/11/22/chaos-{result.seed}-{monotonic()}-{index}"
        for index in range(THREADS + GATES + QUIET + DUE + len(HELD))
    ]
    every = [await asyncio.to_thread(_open, on, key) for key in keys]
    threads, held = every[: -len(HELD)], dict(zip(every[-len(HELD) :], keys[-len(HELD) :], strict=True))
    load = Load([on.url], record, on.token, PACE, Random(result.seed))
    holding = HeldLoad(load)
    for thread, delay in zip(held, HELD, strict=True):
        await holding.hold(thread, delay)
    async with asyncio.TaskGroup() as readers:
        first = len(threads)
        started = [*_readers(load, threads), *_readers_of_held(holding, held, first)]
        reading = [readers.create_task(reader) for reader in started]
        await until(lambda: len(load.places) == len(reading), "every reader has begun", WAIT)
        async with asyncio.TaskGroup() as others:
            for actor in (*_actors(load, threads), *_actors_of_held(holding, held, first)):
                others.create_task(actor)
            await until(lambda: len(record.acknowledged) > 20, "comments are acknowledged", WAIT)
            await _plan_closes(on, threads[-DUE:])
            await _torture(on, result.faults)
            await _heal(on, load, result, every)
            await _all_closed(on, threads[-DUE:])
            await asyncio.sleep(AFTER)
            load.enough.set()
        await _none_due(on, [thread for thread, delay in zip(held, HELD, strict=True) if delay is not None])
        await _settled(on, load, every)
        for task in reading:
            task.cancel()
    node, waiting = on.webs[Random(result.seed).randrange(2)], await asyncio.to_thread(on.held, list(held))
    return await asyncio.to_thread(record.history, node, [*held, *threads], waiting)


def _open(on: Deployment, key: str) -> str:
    """A page's thread. The last run's faults may still be felt: a page would ask again too."""
    deadline = monotonic() + WAIT
    while True:
        try:
            return on.webs[0].open_thread(key)
        except AssertionError:
            if monotonic() > deadline:
                raise
            sleep(0.2)


def _readers(load: Load, threads: Sequence[str]) -> Iterator[Coroutine[Any, Any, None]]:
    for index, thread in enumerate(threads[:THREADS]):
        for number in range(2):
            yield load.client_reader(f"client {index}.{number}", thread)
        for number in range(3):
            name = f"bare {index}.{number}"
            yield load.bare_reader(name, thread, restless=name in RESTLESS)
    for index, thread in enumerate(threads[THREADS:], THREADS):
        read = load.client_reader if index < THREADS + GATES else load.bare_reader
        yield read(f"single {index}.0", thread)


def _actors(load: Load, threads: Sequence[str]) -> Iterator[Coroutine[Any, Any, None]]:
    for index, thread in enumerate(threads[:THREADS]):
        for writer in (load.client_writer, load.client_writer, load.bare_writer, load.bare_writer, load.http_writer):
            yield writer(thread)
        yield load.sweeper(thread)
        yield load.voter(thread)
        yield load.voter(thread)
        yield load.poller(f"poller {index}", thread)
    yield load.gatekeeper(threads[0])
    for thread in threads[THREADS : THREADS + GATES]:
        yield load.bare_gatekeeper(thread)
        yield load.bare_writer(thread)
    for index, thread in enumerate(threads[THREADS + GATES : -DUE]):
        yield load.whisperer(thread, SPREAD * index / QUIET)


def _readers_of_held(load: HeldLoad, threads: Iterable[str], first: int) -> Iterator[Coroutine[Any, Any, None]]:
    for index, thread in enumerate(threads, first):
        yield load.author(f"author {index}.0", thread)
        yield load.load.bare_reader(f"bare {index}.1", thread)


def _actors_of_held(load: HeldLoad, threads: Mapping[str, str], first: int) -> Iterator[Coroutine[Any, Any, None]]:
    for index, (thread, key) in enumerate(threads.items(), first):
        yield load.writer(thread)
        yield load.moderator(thread)
        yield load.counter(f"counter {index}.2", thread, key)
        yield load.load.poller(f"poller {index}.3", thread)


async def _plan_closes(on: Deployment, threads: Sequence[str]) -> None:
    """Has the threads close by themselves, one after the other, while the faults strike."""
    headers = {"Authorization": f"Bearer {on.token}"}
    async with plain_http.async_client(headers=headers, base_url=on.webs[0].url) as http:
        for index, thread in enumerate(threads):
            at = datetime.now(UTC) + timedelta(seconds=1 + SPREAD * index / DUE)
            answer = await http.patch(f"/api/v1/threads/{thread}", json={"close_at": at.isoformat()})
            answer.raise_for_status()


def _not_closed_once(history: h.History) -> Iterator[str]:
    """What happened instead in the threads that were to close by themselves (G19)."""
    for thread in history.storage[-DUE:]:
        kinds = [entry.kind for entry in thread.events]
        if kinds != ["thread.mode", "thread.closed"]:
            yield f"G19: thread {thread.thread} was to close once by itself, and its events are {kinds}"


async def _torture(on: Deployment, faults: Sequence[Fault]) -> None:
    async with asyncio.TaskGroup() as group:
        for fault in faults:
            group.create_task(strike(on, fault))


async def _heal(on: Deployment, load: Load, result: Result, threads: Sequence[str]) -> None:
    """Everything is as it was: how long until readers and writers notice?"""
    healed = monotonic()
    heads = await asyncio.to_thread(on.heads)

    def posting() -> float | None:
        times = [p.completed_at for p in load.record.acknowledged if p.invoked_at > healed and p.completed_at]
        return min(times, default=None)

    async with asyncio.TaskGroup() as waiting:
        waiting.create_task(until(lambda: posting() is not None, "comments are acknowledged again", WAIT))
        converged = waiting.create_task(_converged(load, heads, threads))
    result.posting = (posting() or 0) - healed
    result.converged = converged.result() - healed


async def _all_closed(on: Deployment, threads: Sequence[str]) -> None:
    """Waits for the threads that close by themselves; `_not_closed_once` tells which never did."""
    with suppress(TimeoutError):
        async with asyncio.timeout(WAIT):
            while await asyncio.to_thread(on.open, threads):  # noqa: ASYNC110 (another process does it)
                await asyncio.sleep(0.1)


async def _none_due(on: Deployment, threads: Sequence[str]) -> None:
    """Waits for the delayed comments to be let through; the checker tells (G19) which never were."""
    with suppress(TimeoutError):
        async with asyncio.timeout(WAIT):
            while any((await asyncio.to_thread(on.held, threads)).values()):  # noqa: ASYNC110 (another process does it)
                await asyncio.sleep(0.1)


async def _settled(on: Deployment, load: Load, threads: Sequence[str]) -> None:
    """Waits for all readers to reach what storage has in the end: a command whose sender lost its connection at the
    last moment may still be under way."""
    heads: dict[str, int] = {}
    while heads != (now := await asyncio.to_thread(on.heads)):
        heads = now
        await _converged(load, heads, threads)
        await asyncio.sleep(STILL)


async def _converged(load: Load, heads: dict[str, int], threads: Sequence[str]) -> float:
    """Waits for all readers to reach `heads`; the time when they did, or when the waiting ended: the checker tells
    (G5) who never did."""

    def behind() -> list[str]:
        return [name for name, place in load.places.items() if place() < heads[threads[_index(name)]]]

    try:
        await until(lambda: not behind(), "every reader is where storage is", HEAL)
    except AssertionError as late:
        print(late, behind())
    return monotonic()


def _index(reader: str) -> int:
    """Which thread a reader reads: its name ends with "thread.number"."""
    return int(reader.split()[-1].split(".")[0])


def _count(result: Result, history: h.History) -> None:
    acknowledged = {p.id: p.completed_at for p in reversed(history.posts) if isinstance(p.outcome, h.Acknowledged)}
    result.acknowledged = len(acknowledged)
    held = {post.id for post in history.posts if isinstance(post.outcome, h.HeldBack)}
    settled = {one.comment for one in history.moderations if isinstance(one.outcome, h.Acknowledged)}
    result.decided = len(held & (settled | acknowledged.keys()))
    result.unavailable = sum(post.outcome == h.Refused("unavailable") for post in history.posts)
    times = sorted(at for at in acknowledged.values() if at is not None)
    result.silence = max((later - sooner for sooner, later in pairwise(times)), default=0)
    for reader in history.readers:
        pushes = [item for item in reader.seen if isinstance(item, h.Events)]
        result.deliveries += sum(len(push.entries) for push in pushes)
        if reader.stays and reader.name not in RESTLESS:
            result.late = max(result.late, _latest(pushes, acknowledged))


def _latest(pushes: Sequence[h.Events], acknowledged: dict[str, float | None]) -> float:
    """The longest from an acknowledgement to the event that told of the comment."""
    waits = (
        push.at - at
        for push in pushes
        for entry in push.entries
        if entry.kind == "comment.posted" and entry.comment is not None and push.at is not None
        if (at := acknowledged.get(entry.comment.id)) is not None
    )
    return max(waits, default=0)


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _keep(on: Deployment, result: Result, history: h.History | None, trace: str) -> None:
    """The record of a run that broke a promise, for a person to read."""
    directory = KEPT / f"seed-{result.seed}"
    keep_logs(on, directory)
    faults = [f"{fault.at:.2f} s, for {fault.lasts:.2f} s: {fault}" for fault in result.faults]
    (directory / "violations.txt").write_text("\n".join([*faults, *result.violations, trace]))
    (directory / "history.json").write_bytes(msgspec.json.encode(history))
