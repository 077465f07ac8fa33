"""Many nodes: from posting, over Redis, a worker and PostgreSQL, to every reader."""

from collections.abc import Iterator, Mapping
from statistics import median

from tests.bench.fan_out import Slice, bare_loop, latency_rows, our_slice, their_slice
from tests.bench.figures import Row, number, spread, times
from tests.bench.fleet import Fleet
from tests.bench.plan import Plan
from tests.bench.subject import settle


async def delivered(plan: Plan) -> list[Row]:
    """All readers on one web node, then on two."""
    return [row for webs in (1, 2) for row in await _delivered(plan, webs)]


async def _delivered(plan: Plan, webs: int) -> list[Row]:
    count, events, rate = plan.readers[-1], plan.events[-1], plan.rates[-1]
    ours: list[Slice] = []
    theirs: list[Slice] = []
    parts: list[Mapping[str, float]] = []
    with Fleet(webs) as fleet, fleet.readers(count) as readers, bare_loop(count) as (loop, bare):
        writer = await fleet.writer()
        await settle()
        for _ in range(plan.repeats):
            await our_slice(fleet, writer, readers, plan.warm_up, 2 * rate)
            before = fleet.spent_ns()
            ours.append(await our_slice(fleet, writer, readers, events, rate))
            parts.append({name: (spent - before[name]) / events / 1e6 for name, spent in fleet.spent_ns().items()})
            size = ours[-1].frame_bytes
            await their_slice(loop, bare, plan.warm_up, size, 2 * rate)
            theirs.append(await their_slice(loop, bare, events, size, rate))
        writer.close()
    told = f"{count:,} readers on {webs} node{'s' * (webs > 1)}, {rate:.0f} comments/s"
    return list(_rows(told, webs, ours, theirs, parts))


def _rows(
    told: str, webs: int, ours: list[Slice], theirs: list[Slice], parts: list[Mapping[str, float]]
) -> Iterator[Row]:
    cost, base = ([one.us_per_event for one in slices] for slices in (ours, theirs))
    beside = f"send() of {ours[-1].frame_bytes} bytes: {spread(base, 'µs')}"
    unit = {"web_us_per_delivery": median(cost), "frame_bytes": ours[-1].frame_bytes} if webs == 1 else {}
    yield Row(f"many nodes: web's CPU per delivery: {told}", spread(cost, "µs"), beside, times(cost, base), costs=unit)
    for row in latency_rows(f"many nodes: post → %s: {told}", ours, theirs):
        yield Row(row.what, row.figure, row.beside, goal="≤ 40 / ≤ 100 ms")
    shares = ", ".join(f"{name} {number(median(part[name] for part in parts))}" for name in parts[0])
    yield Row("· CPU ms a comment, by part", shares)
