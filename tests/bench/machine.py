"""The machine: which core does what, what a process has cost, and the name under which figures are published."""

import os
import platform
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = {CORES[0]}
LOAD_CORES = set(CORES[1:]) or SERVER_CORE


@contextmanager
def on(cores: set[int]) -> Iterator[None]:
    """Processes and threads started inside run on `cores` alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def lift_file_limit() -> None:
    """Lets this process and its children open as many files as the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def cpu_ns(pid: int) -> int:
    """CPU time that all living threads of a process have had, kernel included, in ns."""
    return sum(int(schedule.split()[0]) for schedule in _of_each_thread(pid, "schedstat"))


def family_cpu_ns(pid: int) -> int:
    """CPU time of a process and its children, those that have ended included: PostgreSQL's come and go."""
    family = [pid, *(int(child) for children in _of_each_thread(pid, "children") for child in children.split())]
    ended = sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[13:15]))  # proc(5): 16, 17
    return sum(map(cpu_ns, family)) + ended * 10**9 // os.sysconf("SC_CLK_TCK")


def _of_each_thread(pid: int, name: str) -> Iterator[str]:
    for file in Path(f"/proc/{pid}/task").glob(f"*/{name}"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since it was listed
            yield file.read_text()


def memory_bytes(pid: int) -> int:
    """Proportional set size: what a process holds, with a fair share of what it holds together with others."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"expected a line `Pss:` in /proc/{pid}/smaps_rollup")


def description() -> str:
    """The machine in one sentence."""
    model = "unknown CPU"
    memory = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal"):
            memory = f", {int(line.split()[1]) / 2**20:.0f} GiB"
    cores = f"{len(CORES)} core" + ("s" if len(CORES) > 1 else "")
    virtual = " (virtual)" if "hypervisor" in Path("/proc/cpuinfo").read_text() else ""
    kernel = platform.release().split("-")[0]
    return f"{model}{virtual}, {cores}{memory}, Linux {kernel}, Python {platform.python_version()}"
