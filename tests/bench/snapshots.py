"""Reading a long thread over HTTP, beside a bare application that answers with as many bytes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.bench.fan_out import WINDOW
from tests.bench.figures import Row, spread, times
from tests.bench.machine import SERVER_CORE, cpu_ns, on
from tests.bench.native import http_load
from tests.bench.plan import Plan
from tests.bench.subject import KEY, Embedded
from tests.support.server import ROOT

PATIENCE = 20.0  # s
PATH = f"/api/v1/threads?site=demo&key={KEY}"


async def reads(plan: Plan) -> list[Row]:
    """The first page by default, the longest page, and the answer to who has it already."""
    with Embedded() as subject:
        writer = await subject.writer()
        await writer.post(subject.thread, plan.comments, WINDOW)
        writer.close()
        return _pages(plan, subject)


def _pages(plan: Plan, subject: Embedded) -> list[Row]:
    etag = httpx.get(f"{subject.server.url}{PATH}", trust_env=False).headers["etag"]
    pages = [
        ("first page, 50 comments", _request(PATH), "≥ 5,000/s"),
        ("page of 200 comments", _request(f"{PATH}&limit=200"), ""),
        ("unchanged (304)", _request(PATH, f"If-None-Match: {etag}\r\n"), "≥ 8,000/s"),
    ]
    return [_compare(plan, subject, what, request, goal) for what, request, goal in pages]


def _compare(plan: Plan, subject: Embedded, what: str, request: bytes, goal: str) -> Row:
    ours: list[float] = []
    theirs: list[float] = []
    size = http_load(subject.port, request, 0.2)  # also warms up
    with bare_application(size["bytes"] // size["answers"]) as (port, bare_pid):
        http_load(port, request, 0.2)
        for _ in range(plan.repeats):
            for rates, at, pid in ((ours, subject.port, subject.server.pid), (theirs, port, bare_pid)):
                before = cpu_ns(pid)
                told = http_load(at, request, plan.seconds)
                rates.append(told["answers"] / (cpu_ns(pid) - before) * 1e9)
    kilobytes = size["bytes"] / size["answers"] / 1000
    name = f"thread of {plan.comments:,}: {what}, {kilobytes:.1f} kB"
    return Row(name, spread(ours, "/CPU s"), f"bare uvicorn: {spread(theirs, '/CPU s')}", times(ours, theirs), goal)


@contextmanager
def bare_application(size: int) -> Iterator[tuple[int, int]]:
    """The port and process id of a running `hello`."""
    command = [sys.executable, "-m", "tests.bench.hello", str(size)]
    with on(SERVER_CORE):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=PATIENCE)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _request(path: str, headers: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n{headers}\r\n".encode()
