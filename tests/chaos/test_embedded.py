"""One process on SQLite whose disk is full for a while, and which is killed with -9 while it is."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import history as h
from tests.support.load import STILL, Load
from tests.support.recorder import Recorder
from tests.support.server import Server
from tests.support.waiting import until

SIZE = 16 << 20  # bytes: a data directory of a few MiB, and room to fill
WAIT = 20.0  # s for a condition while the server is under load
HEAL = 5.0  # s for readers to be where storage is: the promise is 2, the rest is for a busy machine


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that is soon full."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount the small file system that this fills")
    mounted = tmp_path / "data"
    mounted.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "hubbub-test", str(mounted)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no small file system to be had here: {done.stderr.strip()}")
    try:
        yield mounted
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


def fill(disk: Path) -> Path:
    """Fills the disk to its last byte with the file that is returned."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue  # once more with less
    return ballast


async def trouble(server: Server, load: Load, disk: Path) -> None:
    """Twice a full disk: once it is cleared under the running server, once after its violent end."""
    record = load.record
    for killed in (False, True):
        known = len(record.acknowledged)
        await until(lambda known=known: len(record.acknowledged) > known + 50, "comments", WAIT)  # type: ignore[misc]  # mypy can't infer lambdas with defaults
        ballast = fill(disk)
        refused = len(_unavailable(record))
        await until(lambda refused=refused: len(_unavailable(record)) > refused + 5, "refusals", WAIT)  # type: ignore[misc]  # as above
        if killed:
            server.kill()
        ballast.unlink()
        if killed:
            await asyncio.to_thread(server.start)
    known = len(record.acknowledged)
    await until(lambda: len(record.acknowledged) > known + 50, "comments again", WAIT)


def _unavailable(record: Recorder) -> list[h.Post]:
    return [post for post in record.posts if post.outcome == h.Refused("unavailable")]


async def test_a_full_disk_breaks_no_promise(small_disk: Path) -> None:
    with Server(small_disk) as server:
        thread = server.open_thread("/2026/11/22/full")
        gate = server.open_thread("/2026/11/22/gate")  # another: with no room to reopen, nobody could post to it
        load = Load([server.url], Recorder(), server.token())
        async with asyncio.TaskGroup() as readers:
            reading = [
                readers.create_task(load.client_reader("client", thread)),
                readers.create_task(load.bare_reader("bare", thread)),
            ]
            await until(lambda: len(load.places) == len(reading), "every reader has begun", WAIT)
            async with asyncio.TaskGroup() as others:
                for actor in (load.client_writer, load.bare_writer, load.http_writer, load.sweeper):
                    others.create_task(actor(thread))
                others.create_task(load.gatekeeper(gate))
                others.create_task(load.poller("poller", thread))
                await trouble(server, load, small_disk)
                load.enough.set()
            await asyncio.sleep(STILL)
            head = server.get("/api/v1/threads", thread=thread)["thread"]["head"]
            await until(lambda: min(place() for place in load.places.values()) >= head, "all have all", HEAL)
            for task in reading:
                task.cancel()
        history = load.record.history(server, [thread, gate])
    assert not h.check(history)
