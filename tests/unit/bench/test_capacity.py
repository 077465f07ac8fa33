"""The arithmetic and the simulations behind docs/scaling.md."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.capacity import (
    BACK,
    BUSY,
    CEILING,
    DELAY,
    Costs,
    Load,
    busy,
    frames_per_second,
    keep,
    main,
    need,
    readers_per_node,
    threads_on,
)
from tests.bench.drawing import Chart, Line, svg
from tests.bench.scaling_page import LOADS, charts
from tests.bench.simulate import BACKLOG, flushes, storm

COSTS = Costs(
    web_us_per_delivery=5,
    web_us_per_event=10,
    web_us_per_post=100,
    join_us=400,
    reader_kib=12,
    frame_bytes=400,
    worker_us_per_comment=60,
    redis_us_per_comment=20,
    redis_us_per_publication=30,
    redis_us_per_node=5,
    redis_us_per_count=3,
    postgresql_us_per_comment=50,
    postgresql_us_per_look=100,
    postgresql_us_per_head=2,
)
LOAD = st.builds(
    lambda readers, share, threads, together: Load(readers, readers * share, min(threads, readers), together),
    st.integers(1, 10**8),
    st.floats(1e-5, 1e-2),
    st.integers(1, 10**6),
    st.booleans(),
)


def test_a_quiet_hot_thread_needs_what_can_be_counted_by_hand() -> None:
    found = need(Load(100_000, 10), COSTS)
    assert found.bound == "latency"
    assert readers_per_node(Load(100_000, 10), COSTS)[0] == 16_666  # three flushes of 5 us each within 250 ms
    assert found.nodes == 8  # seven for the readers, and one may fail
    assert found.workers == 2
    assert found.redis == pytest.approx((10 * 20 + 10 * (30 + 8 * 5) + 8 / 2 * 3) / 1e6)
    assert found.postgresql == pytest.approx((10 * 50 + 8 * (100 + 2)) / 1e6)
    assert found.connections == 8 * 4 + 2 * 2
    assert found.gbit == pytest.approx(100_000 * (10 * 400 + 8 * 66) * 8 / 1e9)  # a flush and its rest: 125 ms


def test_many_comments_need_workers_by_their_cost() -> None:
    assert need(Load(1_000_000, 100_000, 1_000), COSTS).workers == 10  # 6 cores' work at 60 %


@given(LOAD)
def test_what_is_planned_keeps_to_its_limits(load: Load) -> None:
    found = need(load, COSTS)
    assert found.nodes >= 2
    assert found.readers_per_node <= CEILING
    assert busy(load.readers / found.nodes, load, COSTS) <= BUSY + 1e-6 or found.readers_per_node <= 1
    joins = load.readers / found.nodes * COSTS.join_us / 1e6 / (found.nodes - 1)
    assert joins <= BACK * (1 - BUSY) + COSTS.join_us / 1e6


@given(LOAD)
def test_dearer_deliveries_never_need_fewer_nodes(load: Load) -> None:
    dearer = replace(COSTS, web_us_per_delivery=2 * COSTS.web_us_per_delivery)
    assert need(load, dearer).nodes >= need(load, COSTS).nodes


def test_readers_meet_in_threads_as_chance_has_it() -> None:
    assert threads_on(1, Load(1, 1)) == 1
    assert threads_on(1_000_000, Load(10_000_000, 1, 10)) == pytest.approx(10)
    assert threads_on(100, Load(10_000_000, 1, 1_000_000)) == pytest.approx(100, rel=0.01)


def test_threads_kept_together_spare_redis() -> None:
    assert threads_on(100, Load(10_000, 1, 1_000, together=True)) == 10
    apart, together = (need(Load(10_000_000, 10_000, 10_000, choice), COSTS) for choice in (False, True))
    assert together.redis < apart.redis / 10


def test_a_node_never_writes_more_than_half_of_its_time_to_one_thread() -> None:
    assert frames_per_second(1_000, 10, COSTS) == 10
    assert frames_per_second(100_000, 10, COSTS) * 100_000 * 5 / 1e6 == pytest.approx(0.5)


@pytest.mark.parametrize("readers", [1_000, 10_000])
@pytest.mark.parametrize("rate", [1, 10])
def test_the_arithmetic_of_latency_holds_in_simulation(readers: int, rate: float) -> None:
    """An event waits for three flushes at worst, as long as its frames stay small."""
    found = flushes(readers, rate, COSTS.web_us_per_delivery)
    took = readers * COSTS.web_us_per_delivery / 1e6
    assert took <= found.last_p99 <= 3 * took + 0.01
    assert found.p50 < found.p99 <= found.last_p99
    assert found.busy <= 0.55


def test_a_node_rests_as_long_as_it_writes() -> None:
    assert flushes(10_000, 50, COSTS.web_us_per_delivery).busy == pytest.approx(0.5, abs=0.02)


def test_a_node_as_full_as_planned_keeps_the_delay() -> None:
    load = Load(1_000_000, 10)
    assert flushes(readers_per_node(load, COSTS)[0], 10, COSTS.web_us_per_delivery).last_p99 <= DELAY * 1.1


def test_a_storm_takes_as_long_as_its_joins() -> None:
    assert storm(1_000, 1, 0.0, 400) == pytest.approx(0.4)
    assert storm(1_000, 4, 0.0, 400) == pytest.approx(0.1)
    assert storm(1_000, 1, 0.0, 400, idle=0.5) == pytest.approx(0.8)
    assert storm(1_000, 1, 10.0, 400) == pytest.approx(10, rel=0.02)


def test_a_full_backlog_makes_readers_knock_again() -> None:
    assert storm(BACKLOG, 1, 0.0, 10) == pytest.approx(BACKLOG * 10e-6)
    assert storm(3 * BACKLOG, 1, 0.0, 10) > 1


def test_full_runs_keep_their_costs(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    path.write_text(json.dumps({"measured": "before", "join_us": 1.0, "reader_kib": 2.0}))
    keep({"join_us": 300.12345}, "today", path)
    assert json.loads(path.read_text()) == {"measured": "today", "join_us": 300.123, "reader_kib": 2.0}


def test_a_cost_that_nobody_asks_for_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "costs.json"
    path.write_text('{"measured": "before", "join_us": 1.0}')
    with pytest.raises(ValueError, match="joins_us"):
        keep({"joins_us": 300}, "today", path)


def test_the_kept_costs_are_whole_and_sensible() -> None:
    costs = Costs.load()
    assert all(getattr(costs, name) >= 0 for name in Costs.__slots__)
    assert costs.web_us_per_delivery > 1
    assert all(need(load, costs).nodes > 1 for _, load in LOADS)


def test_the_answer_names_what_is_fullest(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--readers", "100000000", "--comments", "100000", "--threads", "100000"])
    told = capsys.readouterr().out
    assert "100,000,000 readers" in told
    assert re.search(r"Redis \(one core\) \d+,?\d*", told)


def test_charts_draw_each_line_and_escape_names() -> None:
    drawn = svg(
        Chart("a < b", "x", "y", [Line("one", [(1, 1), (100, 10)]), Line("two", [(1, 5), (10, 5)])], (7, "full"))
    )
    assert drawn.count("<path") >= 4
    assert drawn.count("a &lt; b") == 2  # as the drawing's title, and written above it
    assert {"one", "two", "full", "100"} <= set(re.findall(r">([^<>]+)</text>", drawn))


def test_the_pages_charts_can_be_drawn() -> None:
    assert {name: svg(chart).startswith("<svg") for name, chart in charts(COSTS).items()} == {
        "nodes": True,
        "first": True,
        "hot": True,
    }
