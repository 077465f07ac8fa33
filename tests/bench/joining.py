"""A storm of arriving readers: what they cost to take in, and what each holds while nothing happens."""

from statistics import median

from tests.bench.figures import Row, spread
from tests.bench.machine import memory_bytes
from tests.bench.plan import Plan
from tests.bench.subject import Embedded, settle

FIRST = 50  # readers who come before the measurement, so that what is made once is there
COMMENTS = 10  # in the thread that they join


async def storm(plan: Plan) -> list[Row]:
    """A fresh server each time, since memory that was once had is not given back."""
    rates: list[float] = []
    sizes: list[float] = []
    for _ in range(plan.repeats):
        with Embedded() as subject:
            writer = await subject.writer()
            await writer.post(subject.thread, COMMENTS)
            writer.close()
            with subject.readers(FIRST):
                await settle()
            memory, cpu = memory_bytes(subject.server.pid), subject.cpu_ns()
            with subject.readers(plan.storm):
                rates.append(plan.storm / (subject.cpu_ns() - cpu) * 1e9)
                await settle()
                sizes.append((memory_bytes(subject.server.pid) - memory) / plan.storm / 1024)
    unit = {"reader_kib": median(sizes)}
    return [
        Row(f"readers accepted and joined, {plan.storm:,} at once", spread(rates, "/CPU s"), goal="≥ 10,000"),
        Row(f"memory per idle reader, of {plan.storm:,}", spread(sizes, "KiB"), goal="≤ 12 KiB", costs=unit),
    ]
